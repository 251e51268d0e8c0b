/**
 * An agent's terminal program as the real ones behave on the outside: alternate screen, mouse, focus and paste modes, questions to the
 * terminal, a title, a repaint on each change of size, synchronised frames; Enter sends, Escape interrupts, `/exit` or Ctrl-C twice
 * ends and says how to resume.
 */
import { once } from "node:events";
import { planAnswer, type Item } from "../answers/plan.ts";
import { tell } from "../telling.ts";
import { commandOf, runTool } from "../tool.ts";

export interface TerminalAgent {
  readonly title: string;
  readonly usesAlternateScreen: boolean;
  /** Said when it ends. */
  readonly farewell: string;
  items(): readonly Item[];
  add(item: Item): void;
  close(): void;
}

const ESCAPE = "\u001b";
const MODES = [1000, 1002, 1003, 1006, 1004, 2004];
/** Answers of the terminal, keys and pastes' brackets: whatever begins with an escape and is more than that. */
// eslint-disable-next-line no-control-regex
const SEQUENCES = /\u001b(?:\[[0-9;?>$]*[ -/]*[@-~]|[P\]][^\u0007\u001b]*(?:\u0007|\u001b\\))/g;

export async function runTerminal(agent: TerminalAgent): Promise<void> {
  const terminal = new Terminal(agent);
  // Before it shows anything: who sees its prompt may type, and change the size.
  process.stdin.setRawMode?.(true);
  process.stdin.on("data", (data: Buffer) => terminal.type(data.toString()));
  process.stdout.on("resize", () => terminal.draw());
  process.on("SIGINT", () => terminal.end());
  terminal.open();
  await once(process.stdin, "end");
  terminal.end();
}

class Terminal {
  readonly #agent: TerminalAgent;
  readonly #failures = new Map<string, number>();
  #input = "";
  #partial = "";
  #running: AbortController | null = null;
  #wantsToEnd = false;

  constructor(agent: TerminalAgent) {
    this.#agent = agent;
  }

  open(): void {
    const questions = `${ESCAPE}[c${ESCAPE}[>0q${ESCAPE}[?2026$p`;
    const screen = this.#agent.usesAlternateScreen ? `${ESCAPE}[?1049h` : "";
    process.stdout.write(`${screen}${modes("h")}${questions}${ESCAPE}]0;${this.#agent.title}\u0007`);
    this.draw();
  }

  type(text: string): void {
    const plain = text.replace(SEQUENCES, "");
    for (const key of plain) this.#key(key);
    if (!this.#wantsToEnd) this.draw();
  }

  draw(): void {
    const rows = process.stdout.rows ?? 24;
    const said = this.#agent.items().flatMap(({ by, text }) => (by === "user" ? [`> ${text}`] : [text]));
    const lines = [
      ...said,
      ...(this.#partial === "" ? [] : [this.#partial]),
      this.#running ? "* working" : "-".repeat(20),
      `> ${this.#input}`,
    ];
    const shown = lines.flatMap((line) => line.split("\n")).slice(-rows);
    process.stdout.write(`${ESCAPE}[?2026h${ESCAPE}[H${ESCAPE}[2J${shown.join("\r\n")}${ESCAPE}[?2026l`);
  }

  end(): void {
    this.#wantsToEnd = true;
    this.#running?.abort();
    const screen = this.#agent.usesAlternateScreen ? `${ESCAPE}[?1049l` : "\r\n";
    process.stdout.write(`${modes("l")}${screen}${this.#agent.farewell}\r\n`);
    this.#agent.close();
    process.exit(0);
  }

  #key(key: string): void {
    if (key === ESCAPE) this.#running?.abort();
    else if (key === "\u0003" && this.#input === "") this.end();
    else if (key === "\u0003") this.#input = "";
    else if (key === "\u0004") this.end();
    else if (key === "\u007f") this.#input = this.#input.slice(0, -1);
    else if (key === "\r") this.#send();
    else this.#input += key;
  }

  #send(): void {
    const text = this.#input.trim();
    this.#input = "";
    if (text === "/exit" || text === "/quit") this.end();
    if (text === "" || this.#running !== null) return;
    this.#agent.add({ by: "user", text });
    void this.#answer(text);
  }

  async #answer(text: string): Promise<void> {
    this.#running = new AbortController();
    const { signal } = this.#running;
    let plan = planAnswer(this.#agent.items(), this.#failures);
    while (plan.is === "call" && !signal.aborted) {
      for (const call of plan.calls) {
        const done = await runTool(commandOf(call), signal);
        this.#agent.add({ by: "tool", text: done.output.trim() });
      }
      plan = planAnswer(this.#agent.items(), this.#failures);
    }
    const said = plan.is === "error" ? `API Error: ${plan.status} made-up error ${plan.status}` : await this.#tell(plan, text, signal);
    this.#partial = "";
    this.#running = null;
    this.#agent.add({ by: "assistant", text: said });
    this.draw();
  }

  async #tell(plan: ReturnType<typeof planAnswer>, text: string, signal: AbortSignal): Promise<string> {
    const say = (chunk: string): void => {
      this.#partial += chunk;
      this.draw();
    };
    await tell(plan, text, { think: () => undefined, say }, signal);
    return this.#partial || "[Request interrupted by user]";
  }
}

function modes(set: "h" | "l"): string {
  return MODES.map((mode) => `${ESCAPE}[?${mode}${set}`).join("");
}

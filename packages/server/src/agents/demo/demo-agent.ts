/**
 * The demo agent: a small program that behaves as a coding agent does, without a key, an installation or a network, so that
 * everything can be tried and tested. It speaks lines of JSON (demo-lines.ts) over stdin and stdout:
 *
 *     → {"id":"p1","type":"hello","doubtful":["i1"]}
 *     ← {"type":"ready","conversation":"…","has":["i1"],"models":[…],"modes":[…],"commands":[…],…}
 *     → {"id":"p2","type":"prompt","input":"i2","text":"/approve"}
 *     ← {"type":"turn","turn":"t1","input":"i2"}            the message is on its disk now
 *     ← {"type":"message",…} {"type":"text",…} {"type":"tool",…} {"type":"approval","approval":"a1",…}
 *     → {"id":"p3","type":"answer","approval":"a1","option":"allow"}
 *     ← {"type":"approval-end",…} … {"type":"turn-end","turn":"t1","end":"completed",…}
 *
 * `interrupt` stops the turn that runs and keeps what was said; a `prompt` meanwhile waits; the same `input` again is the same
 * message: answered once (`duplicate`), or taken up again if its turn was cut. End of input: the turn is finished, then exit 0.
 *
 *     demo-agent --session ID | --resume ID [--model M] [--mode M] [--pace MS] [--start hang|crash|garbage|auth]
 */
import { setMaxListeners } from "node:events";
import { VERSION } from "../../platform/version.ts";
import { LineSplitter } from "../line-splitter.ts";
import { ConversationFile, conversationFile, demoDirectory, type KeptLine, readConversation } from "./conversation-file.ts";
import { type FromDemo, parseToDemo, type ToDemo } from "./demo-lines.ts";
import { COMMANDS, play, type Outcome, type Stage } from "./script.ts";
import { Teller } from "./teller.ts";

const PACE = "PERDURE_DEMO_PACE_MS";
const DEFAULT_PACE_MS = 15;
/** Prompts that wait; more are refused by ending. */
const MAX_WAITING = 100;
/** How much longer `late` waits than a word. */
const LATE_WORDS = 20;

const MODELS = [
  { id: "demo-brisk", label: "Demo Brisk", description: "Speaks at its own pace" },
  { id: "demo-calm", label: "Demo Calm", description: "Takes four times as long" },
];
const MODES = [
  { id: "ask", label: "Ask", description: "Asks before it runs anything" },
  { id: "auto", label: "Auto", description: "Allows itself everything; it only pretends anyway" },
];

type Prompt = Extract<ToDemo, { type: "prompt" }>;

class DemoAgent {
  readonly #file: ConversationFile;
  readonly #id: string;
  readonly #pace: number;
  readonly #said: { readonly id: string; readonly text: string }[] = [];
  readonly #answered = new Set<string>();
  readonly #waiting: Prompt[] = [];
  #model = "demo-brisk";
  #mode = "ask";
  #turns = 0;
  #running: { readonly teller: Teller; readonly stop: AbortController } | null = null;
  #later: ((teller: Teller) => Promise<void>) | null = null;
  #isDeaf = false;
  #isEnding = false;

  constructor(file: ConversationFile, id: string, kept: readonly KeptLine[], options: ReadonlyMap<string, string>) {
    this.#file = file;
    this.#id = id;
    this.#pace = Math.max(0, Number(options.get("pace") ?? process.env[PACE] ?? DEFAULT_PACE_MS) || 0);
    for (const line of kept) {
      if (line.type === "user") this.#said.push({ id: line.id, text: line.text });
      if (line.type === "answered") this.#answered.add(line.id);
      if (line.type === "settings") this.#choose(line);
    }
    this.#choose({ model: options.get("model"), mode: options.get("mode") });
  }

  async take(line: ToDemo): Promise<void> {
    if (this.#isDeaf) return;
    switch (line.type) {
      case "hello":
        return this.#ready(line.doubtful);
      case "prompt":
        return this.#enqueue(line);
      case "interrupt":
        return this.#running?.stop.abort();
      case "answer":
        return this.#running?.teller.answer(line.approval, line);
      case "set-model":
        return this.#change({ model: line.model });
      case "set-mode":
        return this.#change({ mode: line.mode });
    }
  }

  end(): void {
    this.#isEnding = true;
    void this.#next();
  }

  async #ready(doubtful: readonly string[]): Promise<void> {
    const has = doubtful.filter((input) => this.#said.some(({ id }) => id === input));
    const settings = { model: this.#model, mode: this.#mode, models: MODELS, modes: MODES, commands: COMMANDS };
    await say({ type: "ready", conversation: this.#id, version: VERSION, has, ...settings });
  }

  #choose({ model, mode }: { readonly model?: string | undefined; readonly mode?: string | undefined }): void {
    if (MODELS.some(({ id }) => id === model)) this.#model = model as string;
    if (MODES.some(({ id }) => id === mode)) this.#mode = mode as string;
  }

  async #change(choice: { readonly model?: string; readonly mode?: string }): Promise<void> {
    this.#choose(choice);
    const settings = { type: "settings", model: this.#model, mode: this.#mode } as const;
    this.#file.append(settings);
    await say(settings);
  }

  async #enqueue(prompt: Prompt): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING) quit(1, "Error: too many messages wait.");
    this.#waiting.push(prompt);
    await this.#next();
  }

  /** Begins what waits, unless something runs. */
  async #next(): Promise<void> {
    if (this.#running !== null) return;
    const prompt = this.#waiting.shift();
    const later = this.#later;
    if (prompt !== undefined) return this.#answer(prompt);
    this.#later = null;
    if (later !== null) return this.#speak(later);
    if (this.#isEnding) this.#quit();
  }

  async #answer(prompt: Prompt): Promise<void> {
    const { input, text } = prompt;
    if (this.#answered.has(input)) {
      await say({ type: "duplicate", input });
      return this.#next();
    }
    if (!this.#said.some(({ id }) => id === input)) {
      this.#said.push({ id: input, text });
      this.#file.append({ type: "user", id: input, at: Date.now(), text });
      if (this.#said.length === 1) await this.#entitle(text);
    }
    await this.#turn(input, async (teller) => {
      const said = this.#said.map((one) => one.text);
      const known = { said, preamble: prompt.preamble ?? null, cwd: process.cwd(), model: this.#model, mode: this.#mode };
      return play(text, teller, known, this.#stage());
    });
  }

  async #entitle(text: string): Promise<void> {
    const title = text.trim().split("\n", 1)[0]?.slice(0, 80) ?? "";
    this.#file.append({ type: "title", title });
    await say({ type: "title", title });
  }

  /** A turn of its own. */
  async #speak(tell: (teller: Teller) => Promise<void>): Promise<void> {
    await this.#turn(null, async (teller) => {
      await tell(teller);
      return { end: "completed" };
    });
  }

  async #turn(input: string | null, run: (teller: Teller) => Promise<Outcome>): Promise<void> {
    this.#turns += 1;
    const turn = `t${this.#turns}`;
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const teller = new Teller(say, () => this.#pace * (this.#model === "demo-calm" ? 4 : 1), stop.signal);
    this.#running = { teller, stop };
    await say({ type: "turn", turn, ...(input === null ? {} : { input }) });
    const outcome = await run(teller).catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
      return { end: "interrupted", cause: "stopped" } as const;
    });
    await teller.endMessage();
    const told = teller.finish();
    if (told) this.#file.append({ type: "assistant", at: Date.now(), ...told });
    if (input !== null) {
      this.#answered.add(input);
      this.#file.append({ type: "answered", id: input });
    }
    await say({ type: "turn-end", turn, ...outcome, usage: usage(this.#said.length, told?.text ?? "") });
    this.#running = null;
    await this.#next();
  }

  #stage(): Stage {
    return {
      raw: write,
      die: (how) => {
        if (how === "kill") process.kill(process.pid, "SIGKILL");
        return quit(70, "The demo agent has crashed, as it was asked to.");
      },
      deafen: () => {
        this.#isDeaf = true;
      },
      later: (told) => {
        this.#later = async (teller) => {
          await teller.pause(LATE_WORDS);
          await told(teller);
        };
      },
    };
  }

  #quit(): never {
    this.#file.close();
    process.exit(0);
  }
}

function usage(
  messages: number,
  text: string,
): { readonly inputTokens: number; readonly outputTokens: number; readonly cachedTokens: number } {
  return { inputTokens: 10 * messages, outputTokens: Math.ceil(text.length / 4), cachedTokens: 10 * (messages - 1) };
}

async function write(text: string | Uint8Array): Promise<void> {
  if (process.stdout.write(text)) return;
  await new Promise((resolve) => process.stdout.once("drain", resolve));
}

async function say(line: FromDemo): Promise<void> {
  await write(`${JSON.stringify(line)}\n`);
}

function quit(code: number, text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}

/** `--name value` pairs. */
function readOptions(args: readonly string[]): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (let at = 0; at < args.length; at += 2) {
    const name = args[at] ?? "";
    if (!name.startsWith("--")) quit(2, `Error: unknown argument ${name}`);
    options.set(name.slice(2), args[at + 1] ?? "");
  }
  return options;
}

/** Ways to fail before anything was said. */
async function misbehave(how: string | undefined): Promise<void> {
  if (how === "crash") quit(70, "The demo agent has crashed at its start, as it was asked to.");
  if (how === "auth") quit(1, "Error: the demo agent is signed out.");
  if (how === "garbage") await write("Welcome!\n\u001b[2Jnot JSON\n");
  if (how !== "hang") return;
  process.stdin.resume();
  await new Promise(() => undefined);
}

function openConversation(directory: string, options: ReadonlyMap<string, string>): DemoAgent {
  const resumed = options.get("resume");
  const id = resumed ?? options.get("session") ?? "";
  if (conversationFile(directory, id) === null) quit(1, `Error: Invalid session ID: ${id}`);
  const kept = readConversation(directory, id);
  if (resumed !== undefined && kept === null) quit(1, `No conversation found with session ID: ${id}`);
  if (resumed === undefined && kept !== null) quit(1, `Error: Session ID ${id} is already in use.`);
  const opened = ConversationFile.open(directory, id);
  if (!opened.ok) quit(1, `Error: Session ID ${id} already has an active writer (process ${opened.pid}).`);
  if (kept === null) opened.file.append({ type: "conversation", id, cwd: process.cwd(), at: Date.now() });
  return new DemoAgent(opened.file, id, kept ?? [], options);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  await misbehave(options.get("start"));
  const agent = openConversation(demoDirectory(process.env), options);
  const splitter = new LineSplitter(0);
  for await (const data of process.stdin as AsyncIterable<Uint8Array>) {
    for (const line of splitter.push(data)) {
      const parsed = line.is === "line" ? parseToDemo(line.text) : null;
      // Not awaited: a turn takes its time, and what stops it is read meanwhile.
      if (parsed) agent.take(parsed).catch((error: unknown) => quit(70, `Error: ${String(error)}`));
    }
  }
  agent.end();
}

await main();

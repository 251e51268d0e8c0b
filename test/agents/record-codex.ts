// Records conversations of the real codex with the driver and the fake model, for the driver's tests:
//
//   node --conditions=@perdure/source test/agents/record-codex.ts [name...]
//
// Each recording is a file of packages/server/src/agents/codex/fixtures; scratch paths, ports and the system's name are taken out.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { DriverEvent } from "@perdure/protocol";
import type { RecordedInput } from "../../packages/server/src/agents/acceptance.ts";
import { codexDriver } from "../../packages/server/src/agents/codex/driver.ts";
import type { CodexState } from "../../packages/server/src/agents/codex/state.ts";
import type { DriverCommand, DriverInput, DriverSetup, Step } from "../../packages/server/src/agents/driver.ts";
import { LineSplitter } from "../../packages/server/src/agents/line-splitter.ts";
import { FakeModel } from "./fake-model.ts";
import { agentPackages, install } from "./install.ts";
import { makeScratchHome, type ScratchHome } from "./scratch-home.ts";

const FIXTURES = path.join(import.meta.dirname, "../../packages/server/src/agents/codex/fixtures");
const WAIT_MS = 20_000;
const SCRATCH = "/scratch";

type Wanted = (event: DriverEvent) => boolean;

/** One run of codex, driven and written down. */
class RecordedRun {
  readonly inputs: RecordedInput[] = [];
  readonly setup: DriverSetup;
  readonly #time = Date.now();
  readonly #program: ChildProcess;
  readonly #events: DriverEvent[] = [];
  readonly #splitter = new LineSplitter(0);
  #state: CodexState;
  #seen = 0;

  constructor(program: string, home: ScratchHome, setup: Partial<DriverSetup>) {
    this.setup = {
      run: "run-1",
      number: 1,
      cwd: home.cwd,
      conversation: { is: "new", pinned: null },
      model: null,
      mode: null,
      doubtful: [],
      knownMessages: [],
      ...setup,
    };
    this.#program = spawn(program, ["app-server"], { cwd: home.cwd, env: home.env, stdio: "pipe" });
    this.#program.stdout!.on("data", (data: Buffer) => this.#read(data));
    this.#program.stderr!.on("data", (data: Buffer) => this.#take({ is: "stderr", time: Date.now(), text: data.toString() }));
    const first = codexDriver.begin(this.setup, this.#time);
    this.#state = first.state;
    this.#apply(first);
  }

  get thread(): string {
    return this.#state.thread!;
  }

  do(command: DriverCommand): void {
    this.#take({ is: "command", time: Date.now(), command });
  }

  prompt(number: number, text: string): void {
    this.do({ is: "prompt", input: `input-${number}`, turn: `turn-${number}`, text });
  }

  /** The first event that fits since the last that was waited for. */
  async until(fits: Wanted): Promise<DriverEvent> {
    const end = Date.now() + WAIT_MS;
    for (;;) {
      const at = this.#events.findIndex((event, index) => index >= this.#seen && fits(event));
      if (at !== -1) {
        this.#seen = at + 1;
        return this.#events[at]!;
      }
      if (Date.now() > end) throw new Error(`not seen in time: ${JSON.stringify(this.#events.slice(-5))}`);
      await pause(2);
    }
  }

  async ask(number: number, text: string): Promise<void> {
    this.prompt(number, text);
    await this.until(isEnd);
  }

  async approval(): Promise<string> {
    const event = await this.until(({ type }) => type === "approval.requested");
    return event.type === "approval.requested" ? event.approval : "";
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const closed = once(this.#program, "close");
    this.#program.kill(signal);
    const [code, by] = (await closed) as [number | null, string | null];
    this.#take({ is: "exit", time: Date.now(), end: { is: "exited", code, signal: by } });
  }

  write(name: string, scrub: (text: string) => string): void {
    const head = { setup: this.setup, time: this.#time };
    const text = [head, ...this.inputs].map((line) => `${scrub(JSON.stringify(line))}\n`).join("");
    writeFileSync(path.join(FIXTURES, `${name}.jsonl`), text);
    console.log(`${name}: ${this.inputs.length} inputs, ${text.length} bytes`);
  }

  #read(data: Buffer): void {
    const time = Date.now();
    for (const line of this.#splitter.push(data)) {
      if (line.is !== "line") continue;
      this.inputs.push({ is: "output", time, text: `${line.text}\n` });
      this.#step({ ...line, time });
    }
  }

  #take(input: Exclude<DriverInput, { is: "line" | "long-line" }>): void {
    this.inputs.push(input);
    this.#step(input);
  }

  #step(input: DriverInput): void {
    this.#apply(codexDriver.step(this.#state, input));
  }

  #apply({ state, events, sends }: Step<CodexState>): void {
    this.#state = state;
    this.#events.push(...events);
    for (const { text } of sends) this.#program.stdin!.write(`${text}\n`);
  }
}

const isReady: Wanted = ({ type }) => type === "agent.ready";
const isEnd: Wanted = ({ type }) => type === "turn.ended";
const isDelta: Wanted = ({ type }) => type === "part.delta";
const isFailure: Wanted = ({ type }) => type === "agent.failed";
const hasModels: Wanted = (event) => event.type === "agent.settings" && event.models !== undefined;

const command = (cmd: string): string => `#tool exec_command ${JSON.stringify({ cmd, login: false })}`;
const patch = (...lines: readonly string[]): string =>
  command(["apply_patch <<'EOF'", "*** Begin Patch", ...lines, "*** End Patch", "EOF"].join("\n"));

interface Scene {
  readonly run: (setup?: Partial<DriverSetup>) => RecordedRun;
  readonly write: (name: string, run: RecordedRun) => void;
}

const SCENES: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  async conversation({ run, write }) {
    const one = run();
    await one.until(hasModels);
    await one.ask(1, "hello #think");
    await one.ask(2, "and again");
    await one.end("SIGTERM");
    write("conversation", one);
  },

  async approvals({ run, write }) {
    const one = run({ mode: "ask" });
    await one.until(isReady);
    one.prompt(1, command("touch a && echo one; sleep 0.3; echo two"));
    one.do({ is: "answer", approval: await one.approval(), option: "accept" });
    await one.until(isEnd);
    one.prompt(2, command("touch b"));
    one.do({ is: "answer", approval: await one.approval(), option: "decline", note: "use c instead" });
    await one.until(isEnd);
    one.prompt(3, command("touch d"));
    one.do({ is: "answer", approval: await one.approval(), option: "cancel" });
    await one.until(isEnd);
    one.do({ is: "set-mode", mode: "full-access" });
    await one.ask(4, command("echo unasked"));
    await one.end("SIGTERM");
    write("approvals", one);
  },

  async changes({ run, write }) {
    const one = run({ mode: "ask" });
    await one.until(isReady);
    one.prompt(1, patch("*** Add File: new.txt", "+hello", "+world"));
    one.do({ is: "answer", approval: await one.approval(), option: "acceptForSession" });
    await one.until(isEnd);
    await one.ask(2, patch("*** Update File: new.txt", "@@", " hello", "-world", "+there"));
    await one.end("SIGTERM");
    write("changes", one);
  },

  async interrupts({ run, write }) {
    const one = run({ mode: "ask" });
    await one.until(isReady);
    one.prompt(1, "#slow 200 50");
    await one.until(isDelta);
    one.do({ is: "interrupt" });
    await one.until(isEnd);
    one.prompt(2, "#slow 200 50");
    one.do({ is: "interrupt" });
    await one.until(isEnd);
    one.prompt(3, command("touch a"));
    await one.approval();
    one.do({ is: "interrupt" });
    await one.until(isEnd);
    await one.ask(4, "still there?");
    await one.end("SIGTERM");
    write("interrupts", one);
  },

  async failures({ run, write }) {
    const one = run();
    await one.until(isReady);
    await one.ask(1, "#cut 3 1 please");
    await one.ask(2, "#error 401");
    await one.ask(3, "#error 429");
    await one.ask(4, "fine again");
    await one.end("SIGTERM");
    write("failures", one);
  },

  async resumes({ run, write }) {
    const one = run({ mode: "ask" });
    await one.until(isReady);
    await one.ask(1, "remember me");
    one.prompt(2, "#slow 200 50");
    await one.until(isDelta);
    await one.end("SIGKILL");
    write("killed", one);
    const conversation = { is: "resume", resumeId: one.thread } as const;
    const two = run({ run: "run-2", number: 2, conversation, doubtful: ["input-2", "input-3"], mode: "ask" });
    await two.until(isReady);
    await two.ask(3, "who am I?");
    two.prompt(4, command("touch a"));
    await two.approval();
    const three = run({ run: "run-3", number: 3, conversation });
    await three.until(isFailure);
    await three.end("SIGTERM");
    write("locked", three);
    await two.end("SIGKILL");
    write("resumed", two);
  },

  async unknown({ run, write }) {
    const resumeId = "634538f4-becd-4084-a40e-b61d822f16d2";
    const one = run({ conversation: { is: "resume", resumeId } });
    await one.until(isFailure);
    await one.end("SIGTERM");
    write("unknown", one);
    const two = run({ conversation: { is: "resume", resumeId: "garbage" } });
    await two.until(isFailure);
    await two.end("SIGTERM");
    write("garbage", two);
  },
};

const installed = await install(agentPackages.find(({ agent }) => agent === "codex")!);
if (!installed.ok) throw new Error(installed.reason);
const wanted = process.argv.slice(2);
for (const [name, scene] of Object.entries(SCENES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const model = await FakeModel.start();
  const home = makeScratchHome(model.url, { codex: installed.program });
  const scrub = (text: string): string =>
    text
      .replaceAll(path.dirname(home.cwd), SCRATCH)
      .replaceAll(new URL(model.url).host, "127.0.0.1:1")
      .replaceAll(/\(([^()"]*); [\w]+\)[^"]*?(?=\\")/g, "(Linux)")
      .replaceAll(/(serverName\\":\\")[^"\\]*/g, "$1machine")
      .replaceAll(/(installationId\\":\\")[^"\\]*/g, "$1installation")
      .replaceAll(os.tmpdir(), "/temporary");
  try {
    await scene({
      run: (setup = {}) => new RecordedRun(installed.program, home, setup),
      write: (file, run) => run.write(file, scrub),
    });
  } finally {
    await model.close();
    home.remove();
  }
}

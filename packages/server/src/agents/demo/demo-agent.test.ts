import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type Conversation, type DriverEvent, EMPTY_CONVERSATION, reduce } from "@perdure/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DriverCommand, DriverInput, Step } from "../driver.ts";
import { LineSplitter } from "../line-splitter.ts";
import { demoAgent } from "./agent.ts";
import { demoDriver, type DemoState } from "./driver.ts";

let directory: string;
const running = new Set<ChildProcessWithoutNullStreams>();

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-demo-"));
});

afterEach(async () => {
  for (const child of running) {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
  running.clear();
  fs.rmSync(directory, { recursive: true, force: true });
});

const place = (): { cwd: string; env: Record<string, string> } => ({ cwd: directory, env: { PERDURE_DEMO_DIR: directory } });

/** A run of the real program with its driver, as a session has it, without a store or a host. */
class Run {
  conversation: Conversation = EMPTY_CONVERSATION;
  readonly events: DriverEvent[] = [];
  readonly child: ChildProcessWithoutNullStreams;
  readonly #number: number;
  readonly #splitter = new LineSplitter(0);
  #state: DemoState;
  #waiting: (() => void)[] = [];
  readonly #exited: Promise<unknown>;

  constructor(number: number, id: string, options: { resume?: boolean; doubtful?: string[]; flags?: string[] } = {}) {
    const resumeId = options.resume ? id : null;
    const flags = ["--pace", "0", ...(options.flags ?? [])];
    const setup = { newId: id, resumeId, model: null, mode: null, flags, program: path.join(import.meta.dirname, "demo-agent.ts") };
    const { command, env } = demoAgent.chat({ ...place(), ...setup });
    this.#number = number;
    this.child = spawn(command[0] ?? "", command.slice(1), { cwd: directory, env: { ...process.env, ...env } });
    running.add(this.child);
    const conversation = resumeId === null ? ({ is: "new", pinned: id } as const) : ({ is: "resume", resumeId } as const);
    const about = { run: `run${number}`, number, cwd: directory, model: null, mode: null, knownMessages: [] };
    const begun = demoDriver.begin({ ...about, conversation, doubtful: options.doubtful ?? [] }, 0);
    this.#state = begun.state;
    this.#apply(begun);
    this.child.stdin.on("error", () => undefined);
    this.child.stdout.on("data", (data: Buffer) => {
      for (const line of this.#splitter.push(data)) this.step({ time: 0, ...line });
    });
    this.child.stderr.on("data", (data: Buffer) => this.step({ is: "stderr", time: 0, text: data.toString() }));
    this.#exited = this.#close();
  }

  async #close(): Promise<void> {
    const [code, signal] = (await once(this.child, "close")) as [number | null, string | null];
    this.step({ is: "exit", time: 0, end: { is: "exited", code, signal } });
  }

  step(input: DriverInput): void {
    this.#apply(demoDriver.step(this.#state, input));
  }

  command(command: DriverCommand): void {
    this.step({ is: "command", time: 0, command });
  }

  say(input: string, text: string): void {
    this.conversation = reduce(this.conversation, [
      { at: 0, type: "input.accepted", input, text },
      { at: 0, type: "input.dispatched", input, run: `run${this.#number}` },
    ]);
    this.command({ is: "prompt", input, turn: `turn-${this.#number}-${input}`, text });
  }

  /** Says it and waits for the end of the turn; the text of the answer. */
  async ask(input: string, text: string): Promise<string> {
    const seen = this.events.length;
    this.say(input, text);
    await this.until(() => this.events.slice(seen).some(({ type }) => type === "turn.ended"));
    return this.text();
  }

  /** What the agent said in the last turn. */
  text(): string {
    const messages = Object.values(this.conversation.messages).filter(({ turn }) => turn === this.conversation.lastTurn);
    return messages.flatMap(({ parts }) => parts.map((part) => (part.kind === "text" ? part.text : ""))).join("");
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async ready(): Promise<this> {
    await this.until(() => this.events.some(({ type }) => type === "agent.ready" || type === "agent.failed"));
    return this;
  }

  async exit(): Promise<void> {
    await this.#exited;
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exit();
  }

  #apply({ state, events, sends }: Step<DemoState>): void {
    this.#state = state;
    this.events.push(...events);
    this.conversation = reduce(
      this.conversation,
      events.map((event) => ({ at: 0, ...event })),
    );
    for (const { text } of sends) this.child.stdin.write(`${text}\n`);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

test("it answers in Markdown, knows its commands and says that it is there", async () => {
  const run = await new Run(1, "one").ready();
  expect(run.conversation.resumeId).toBe("one");
  expect(run.conversation.settings.models.map(({ id }) => id)).toEqual(["demo-brisk", "demo-calm"]);
  expect(await run.ask("i1", "good morning")).toContain('You said: "good morning"');
  expect(run.conversation.title).toBe("good morning");
  expect(run.conversation.inputs["i1"]?.state).toBe("answered");
  expect(run.conversation.usage.inputTokens).toBe(10);
});

test("the tour shows reasoning, a plan, a tool with its output and a diff", async () => {
  const run = await new Run(1, "one").ready();
  await run.ask("i1", "/tour");
  const parts = Object.values(run.conversation.messages).flatMap((message) => message.parts);
  expect(new Set(parts.map(({ kind }) => kind))).toEqual(new Set(["text", "reasoning", "plan", "tool"]));
  const tools = parts.filter((part) => part.kind === "tool");
  expect(tools.map(({ status, output }) => [status, output])).toEqual([
    ["completed", "README.md\npackage.json\nsrc\n"],
    ["completed", ""],
  ]);
  expect(tools[1]?.diffs[0]?.path).toBe(path.join(directory, "src/greet.ts"));
  expect(Object.values(run.conversation.messages).every(({ isOpen }) => !isOpen)).toBe(true);
});

test.each([
  ["allow", "You said yes"],
  ["reject", 'You said no: "not today"'],
])("an approval is asked for, and %s is heard", async (option, words) => {
  const run = await new Run(1, "one").ready();
  run.say("i1", "/approve");
  await run.until(() => run.conversation.openApprovals.length === 1);
  const [approval = ""] = run.conversation.openApprovals;
  run.command({ is: "answer", approval, option, note: "not today" });
  await run.until(() => run.conversation.runningTurn === null);
  expect(run.text()).toContain(words);
});

test("a stop keeps what was said, and what was asked is answered with no", async () => {
  const run = await new Run(1, "one").ready();
  run.say("i1", "/hang");
  await run.until(() => run.text().includes("nothing."));
  run.command({ is: "interrupt" });
  await run.until(() => run.conversation.runningTurn === null);
  run.say("i2", "/approve");
  await run.until(() => run.conversation.openApprovals.length === 1);
  run.command({ is: "interrupt" });
  await run.until(() => run.conversation.runningTurn === null);
  expect(Object.values(run.conversation.turns).map(({ state, cause }) => [state, cause])).toEqual([
    ["interrupted", "stopped"],
    ["interrupted", "stopped"],
  ]);
  expect(Object.values(run.conversation.approvals)[0]?.state).toMatchObject({ is: "expired", told: "no" });
  expect((await demoAgent.history("one", place()))?.messages.at(1)?.text).toContain("From here on I say nothing.");
});

test("a conversation goes on in another process, and remembers", async () => {
  const first = await new Run(1, "one").ready();
  await first.ask("i1", "blue is my colour");
  await first.kill();
  const second = await new Run(2, "one", { resume: true }).ready();
  expect(await second.ask("i2", "What did I say first?")).toContain("blue is my colour");
  expect((await demoAgent.history("one", place()))?.messages.map(({ role, id }) => (role === "user" ? id : role))).toEqual([
    "i1",
    "assistant",
    "i2",
    "assistant",
  ]);
});

test("the same message twice is answered once, and one whose turn was cut is taken up again", async () => {
  const first = await new Run(1, "one").ready();
  await first.ask("i1", "once");
  const seen = first.events.length;
  await first.ask("i1", "once");
  expect(first.events.slice(seen).map(({ type }) => type)).toEqual(["turn.started", "input.consumed", "turn.ended"]);
  first.say("i2", "/crash kill");
  await first.exit();
  expect(first.conversation.turns["turn-1-i2"]).toMatchObject({ state: "interrupted", cause: "agent-ended" });
  const second = await new Run(2, "one", { resume: true, doubtful: ["i2", "i3"] }).ready();
  const doubts = second.events.filter(({ type }) => type === "input.consumed" || type === "input.unseen");
  expect(doubts).toEqual([
    { type: "input.consumed", input: "i2" },
    { type: "input.unseen", input: "i3" },
  ]);
  expect(await second.ask("i2", "now answer")).toContain("now answer");
  const said = (await demoAgent.history("one", place()))?.messages.filter(({ role }) => role === "user");
  expect(said?.map(({ id }) => id)).toEqual(["i1", "i2"]);
});

test("an id that nobody knows is said so, by the free check and by the agent", async () => {
  expect(await demoAgent.validate("none", place())).toEqual({ is: "unknown-conversation" });
  expect(await demoAgent.validate("../../etc/passwd", place())).toEqual({ is: "unknown-conversation" });
  const run = await new Run(1, "none", { resume: true }).ready();
  const text = "No conversation found with session ID: none";
  expect(run.events).toEqual([{ type: "agent.failed", run: "run1", reason: "unknown-conversation", text }]);
  await run.exit();
});

test("two processes do not write one conversation", async () => {
  const first = await new Run(1, "one").ready();
  expect(await demoAgent.validate("one", place())).toEqual({ is: "locked", pid: first.child.pid });
  const second = await new Run(2, "one", { resume: true }).ready();
  expect(second.events).toMatchObject([{ type: "agent.failed", reason: "locked" }]);
  await first.kill();
  expect(await demoAgent.validate("one", place())).toEqual({ is: "ok" });
});

test("it crashes with a word, in mid-line, and at its start", async () => {
  const first = await new Run(1, "one").ready();
  first.say("i1", "/crash line");
  await first.exit();
  expect(first.conversation.runningTurn).toBeNull();
  expect(first.text()).toContain("I was going to say something");
  const second = new Run(2, "one", { resume: true, flags: ["--start", "crash"] });
  await second.exit();
  expect(second.events).toMatchObject([{ type: "agent.failed", reason: "crashed" }]);
});

test("garbage is passed over with a warning, and the answer goes on", async () => {
  const run = await new Run(1, "one").ready();
  expect(await run.ask("i1", "/garbage 17000000")).toContain("and go on");
  expect(Object.values(run.conversation.notices).map(({ level }) => level)).toEqual(["warning", "warning", "warning"]);
});

test("a turn fails with its reason, and the next one does not", async () => {
  const run = await new Run(1, "one").ready();
  await run.ask("i1", "/fail limit");
  expect(run.conversation.turns["turn-1-i1"]).toMatchObject({ state: "failed", cause: "limit" });
  expect(await run.ask("i2", "hello")).toContain("message **2**");
});

test("what it says by itself is a turn of its own", async () => {
  const run = await new Run(1, "one").ready();
  await run.ask("i1", "/late");
  await run.until(() => Object.values(run.conversation.turns).filter(({ state }) => state === "completed").length === 2);
  expect(run.text()).toContain("without having been asked");
});

test("model and mode are chosen, and kept with the conversation", async () => {
  const first = await new Run(1, "one").ready();
  first.command({ is: "set-mode", mode: "auto" });
  first.command({ is: "set-model", model: "demo-calm" });
  await first.until(() => first.conversation.settings.model === "demo-calm");
  expect(await first.ask("i1", "/approve")).toContain("You said yes");
  await first.kill();
  const second = await new Run(2, "one", { resume: true }).ready();
  expect(second.conversation.settings).toMatchObject({ model: "demo-calm", mode: "auto" });
});

test("its conversations are listed by directory, newest first", async () => {
  const run = await new Run(1, "one").ready();
  await run.ask("i1", "hello");
  const [found] = await demoAgent.conversations(place(), { anywhere: false, limit: 5 });
  expect(found).toMatchObject({ resumeId: "one", title: "hello", cwd: directory, messages: 1 });
  expect(await demoAgent.conversations({ ...place(), cwd: "/" }, { anywhere: false, limit: 5 })).toEqual([]);
});

test("a program that says nothing at its start is given up in time", () => {
  const setup = { run: "r", number: 1, cwd: "/", conversation: { is: "new", pinned: null }, model: null, mode: null } as const;
  const { state } = demoDriver.begin({ ...setup, doubtful: [], knownMessages: [] }, 1000);
  const [timer] = demoDriver.timers(state);
  expect(timer).toEqual({ id: "ready", at: 31_000 });
  const step = demoDriver.step(state, { is: "timer", time: 31_000, id: "ready" });
  expect(step.events).toMatchObject([{ type: "agent.failed", reason: "unknown" }]);
  expect(demoDriver.timers(step.state)).toEqual([]);
});

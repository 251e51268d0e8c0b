/**
 * A function with its run and its driver as a session has them, without a store or sessions: what it yields is folded into a
 * conversation. Everything is recorded, so that the suite of all drivers can be tried on it.
 */
import { EMPTY_CONVERSATION, reduce, type ChatEvent, type Conversation, type DriverEvent } from "@perdure/protocol";
import type { Recording, RecordedInput } from "../agents/acceptance.ts";
import type { Driver, DriverCommand, DriverInput, DriverSetup, DriverState, Step } from "../agents/driver.ts";
import { functionAgent } from "../agents/function/function-agent.ts";
import type { FunctionAgentOptions } from "../agents/function/function-parts.ts";
import type { InProcessRun } from "../agents/in-process.ts";
import { FakeClock } from "./fake-clock.ts";

type Options = Omit<FunctionAgentOptions, "id" | "name"> & Partial<FunctionAgentOptions>;

export class ScratchFunction {
  readonly clock = new FakeClock();
  readonly driver: Driver;
  readonly warnings: string[] = [];
  readonly events: ChatEvent[] = [];
  conversation: Conversation = EMPTY_CONVERSATION;
  /** Set: lines wait for room until it is called. */
  holdsBack = false;
  readonly #inputs: RecordedInput[] = [];
  readonly #setup: DriverSetup;
  readonly #run: InProcessRun;
  #state: DriverState;
  #sent = 0;
  #waiting: (() => void)[] = [];
  #look: () => void = () => undefined;

  constructor(options: Options) {
    const agent = functionAgent({ id: "mine", name: "Mine", ...options });
    if (!agent.inProcess) throw new Error("it is no function");
    this.driver = agent.driver;
    const conversation = { is: "new", pinned: "c1" } as const;
    this.#setup = { run: "run1", number: 1, cwd: "/", conversation, model: null, mode: null, doubtful: [], knownMessages: [] };
    this.tell({ type: "run.started", run: "run1", number: 1, agent: "mine", view: "chat", origin: "new" });
    const begun = this.driver.begin(this.#setup, this.clock.now());
    this.#state = begun.state;
    this.#run = agent.inProcess.begin({
      session: "s",
      run: "run1",
      cwd: "/",
      clock: this.clock,
      log: { info: () => undefined, warn: (_, text) => this.warnings.push(text), error: (_, text) => this.warnings.push(text) },
      conversation: () => this.conversation,
      write: (line) => this.#written(line),
    });
    this.#apply(begun);
  }

  /** Events of the session. */
  tell(...events: readonly DriverEvent[]): void {
    const stamped = events.map((event): ChatEvent => ({ at: this.clock.now(), ...event }));
    this.events.push(...stamped);
    this.conversation = reduce(this.conversation, stamped);
  }

  /** A user's message, as the session sends it. Answers the turn's id. */
  prompt(text: string, input = `i${(this.#sent += 1)}`, preamble?: string): string {
    const turn = `t${this.#sent}.${input}`;
    this.tell({ type: "input.accepted", input, text }, { type: "input.dispatched", input, run: "run1" });
    this.command({ is: "prompt", input, turn, text, ...(preamble === undefined ? {} : { preamble }) });
    return turn;
  }

  command(command: DriverCommand): void {
    if (command.is === "answer") this.tell({ type: "approval.answered", approval: command.approval, option: command.option });
    this.#step({ is: "command", time: this.clock.now(), command });
  }

  stop(): void {
    this.command({ is: "interrupt" });
  }

  /** There is room for more lines, once. */
  makeRoom(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each();
  }

  end(graceMs = 1_000): Promise<void> {
    return this.#run.end(graceMs);
  }

  exit(): void {
    this.#step({ is: "exit", time: this.clock.now(), end: { is: "exited", code: 0, signal: null } });
  }

  /** Resolves when it holds; looked at whenever something was said. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  /** Resolves with the turn when it has ended. */
  async ended(turn: string): Promise<Conversation["turns"][string]> {
    await this.until(() => this.conversation.turns[turn]?.state !== "running");
    return this.conversation.turns[turn]!;
  }

  /** The text of the turn's answer. */
  text(turn: string): string {
    const messages = Object.values(this.conversation.messages).filter((message) => message.turn === turn);
    return messages.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === "text" ? [part.text] : []))).join("");
  }

  get notices(): string[] {
    return Object.values(this.conversation.notices).map(({ text }) => text);
  }

  get recording(): Recording {
    return { setup: this.#setup, time: 0, inputs: this.#inputs };
  }

  #written(line: string): Promise<void> {
    const text = `${line}\n`;
    this.#step({ is: "line", time: this.clock.now(), from: 0, to: Buffer.byteLength(text), text: line });
    if (!this.holdsBack) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #step(input: DriverInput): void {
    if (input.is === "line") this.#inputs.push({ is: "output", time: input.time, text: `${input.text}\n` });
    else if (input.is !== "long-line") this.#inputs.push(input);
    this.#apply(this.driver.step(this.#state, input));
  }

  #apply({ state, events, sends }: Step<DriverState>): void {
    this.#state = state;
    this.tell(...events);
    for (const { text } of sends) queueMicrotask(() => this.#run.take(text));
    queueMicrotask(() => this.#look());
  }
}

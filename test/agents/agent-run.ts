// One run of an agent as the session layer has it, without host, store and server: the agent's own launch, its driver's machine, real
// pipes, real timers. Everything that goes in is kept as a recording in the form of the drivers' acceptance suite.

import { randomUUID } from "node:crypto";
import { EMPTY_CONVERSATION, reduce, type Conversation, type DriverEvent } from "@perdure/protocol";
import type { RecordedInput, Recording } from "../../packages/server/src/agents/acceptance.ts";
import type { Agent, AgentPlace } from "../../packages/server/src/agents/agent.ts";
import type { DriverCommand, DriverInput, DriverSetup, DriverState, Step } from "../../packages/server/src/agents/driver.ts";
import { LineSplitter } from "../../packages/server/src/agents/line-splitter.ts";
import { within } from "../harness/until.ts";
import { LineProcess } from "./line-process.ts";

export interface AgentRunOptions {
  readonly agent: Agent;
  readonly place: AgentPlace;
  readonly program: string;
  readonly resumeId?: string | null;
  readonly number?: number;
  readonly model?: string | null;
  readonly mode?: string | null;
  readonly doubtful?: readonly string[];
  readonly knownMessages?: readonly string[];
}

interface Watcher {
  readonly fits: (event: DriverEvent) => boolean;
  readonly seen: PromiseWithResolvers<DriverEvent>;
}

/** Longer than any agent takes to start or to answer here; gemini and opencode need seconds. */
const EVENT_MS = 45_000;

type Ended = Extract<DriverEvent, { readonly type: "turn.ended" }>;

export class AgentRun {
  readonly events: DriverEvent[] = [];
  readonly pinned: string | null;
  readonly #agent: Agent;
  readonly #setup: DriverSetup;
  readonly #program: LineProcess;
  readonly #began: number;
  readonly #inputs: RecordedInput[] = [];
  readonly #splitter = new LineSplitter(0);
  readonly #watchers = new Set<Watcher>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly ended: Promise<void>;
  #state: DriverState;
  #conversation: Conversation = EMPTY_CONVERSATION;

  constructor(options: AgentRunOptions) {
    const { agent, place, program, resumeId = null, number = 1, model = null, mode = null } = options;
    this.#agent = agent;
    const launch = agent.chat({ ...place, program, resumeId, newId: randomUUID(), model, mode, flags: [] });
    this.pinned = launch.pinned;
    const conversation = resumeId === null ? ({ is: "new", pinned: launch.pinned } as const) : ({ is: "resume", resumeId } as const);
    const { doubtful = [], knownMessages = [] } = options;
    this.#setup = { run: `run-${number}`, number, cwd: place.cwd, conversation, model, mode, doubtful, knownMessages };
    this.#began = Date.now();
    this.#program = new LineProcess({
      command: launch.command,
      cwd: place.cwd,
      env: { ...place.env, ...launch.env },
      onOutput: (data) => this.#output(data),
      onError: (text) => this.#record({ is: "stderr", time: Date.now(), text }),
    });
    const first = agent.driver.begin(this.#setup, this.#began);
    this.#state = first.state;
    this.#take(first);
    this.ended = this.#untilEnd();
  }

  get conversation(): Conversation {
    return this.#conversation;
  }

  /** The id of the conversation as the agent said it, or as we chose it. */
  get resumeId(): string {
    const id = this.#conversation.resumeId ?? this.pinned;
    if (id === null) throw new Error("the agent has not said the id of the conversation");
    return id;
  }

  get recording(): Recording {
    return { setup: this.#setup, time: this.#began, inputs: this.#inputs };
  }

  get stderr(): string {
    return this.#program.stderr;
  }

  get pid(): number {
    return this.#program.pid;
  }

  async ready(): Promise<void> {
    if (this.events.some(({ type }) => type === "agent.ready")) return;
    const event = await this.next("agent.ready", ({ type }) => type === "agent.ready" || type === "agent.failed");
    if (event.type === "agent.failed") throw new Error(`${this.#agent.id} failed: ${event.reason}: ${event.text}\n${this.stderr}`);
  }

  /** The first event from now on that fits. */
  async next(what: string, fits: (event: DriverEvent) => boolean): Promise<DriverEvent> {
    const watcher: Watcher = { fits, seen: Promise.withResolvers() };
    this.#watchers.add(watcher);
    return within(EVENT_MS, `${this.#agent.id}: ${what}`, watcher.seen.promise, () => this.#report());
  }

  command(command: DriverCommand): void {
    this.#record({ is: "command", time: Date.now(), command });
  }

  /** Says it; resolves with the end of its turn. The same `input` again is the same message. */
  async prompt(text: string, input: string = randomUUID()): Promise<Ended> {
    const turn = `t${this.#setup.number}.${input}`;
    const ended = this.next(`the end of the turn of ${text.slice(0, 60)}`, (event) => event.type === "turn.ended" && event.turn === turn);
    this.command({ is: "prompt", input, turn, text });
    return (await ended) as Ended;
  }

  /** What the agent said in its last turn. */
  get lastText(): string {
    const { lastTurn, messages } = this.#conversation;
    const parts = Object.values(messages).flatMap((message) => (message.turn === lastTurn && !message.isSuperseded ? message.parts : []));
    return parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
  }

  /** Some agents are two processes: SIGKILL of all that it started in its group. */
  kill(): void {
    process.kill(-this.#program.pid, "SIGKILL");
  }

  /** Ends the process and all of its group. */
  async close(): Promise<void> {
    await this.#program.close();
    await this.ended;
  }

  async #untilEnd(): Promise<void> {
    const { code, signal } = await this.#program.ended;
    const rest = this.#splitter.end();
    if (rest?.is === "line") this.#step({ ...rest, time: Date.now() });
    this.#record({ is: "exit", time: Date.now(), end: { is: "exited", code, signal } });
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #output(data: Buffer): void {
    const time = Date.now();
    this.#inputs.push({ is: "output", time, bytes: data.toString("base64") });
    for (const line of this.#splitter.push(data)) {
      this.#step(line.is === "line" ? { ...line, time } : { is: "long-line", bytes: line.bytes, time });
    }
  }

  #record(input: Exclude<DriverInput, { readonly is: "line" | "long-line" }>): void {
    this.#inputs.push(input);
    this.#step(input);
  }

  #step(input: DriverInput): void {
    this.#take(this.#agent.driver.step(this.#state, input));
  }

  #take({ state, events, sends }: Step<DriverState>): void {
    this.#state = state;
    for (const { text } of sends) this.#program.send(text);
    for (const event of events) this.#heard(event);
    this.#setTimers();
  }

  #heard(event: DriverEvent): void {
    this.events.push(event);
    this.#conversation = reduce(this.#conversation, [{ at: Date.now(), ...event }]);
    for (const watcher of this.#watchers) {
      if (!watcher.fits(event)) continue;
      this.#watchers.delete(watcher);
      watcher.seen.resolve(event);
    }
  }

  #setTimers(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const { id, at } of this.#agent.driver.timers(this.#state)) {
      const fire = (): void => this.#record({ is: "timer", time: Date.now(), id });
      this.#timers.set(id, setTimeout(fire, Math.max(0, at - Date.now())).unref());
    }
  }

  #report(): string {
    const last = this.events.slice(-12).map((event) => JSON.stringify(event).slice(0, 300));
    return [...last, this.stderr.slice(-1_000)].join("\n");
  }
}

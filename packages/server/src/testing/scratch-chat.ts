/**
 * One conversation on a real database, without sessions, host or program: a test says what the agent's program writes, sees what
 * would go to it, and what is committed when. Its agent does what its lines say: see {@link ScriptLine}.
 */
import { PerdureError, type ChatEvent, type ChatSummary, type DriverEvent, type RunOrigin } from "@perdure/protocol";
import type { Agent } from "../agents/agent.ts";
import type { Driver, DriverInput, DriverSend, DriverSetup, DriverState, DriverTimer, Step } from "../agents/driver.ts";
import { FIRST_RUN } from "../agents/recordings.ts";
import type { Batch } from "../sessions/records.ts";
import { Chat } from "../sessions/chat/chat.ts";
import type { ChatHome } from "../sessions/chat/chat-home.ts";
import type { EndOfRun } from "../sessions/chat/ladder.ts";
import { emptyStream } from "../sessions/streams.ts";
import type { StreamState, Write } from "../store/store.ts";
import { EngineStore } from "../store/sqlite/engine-fixture.ts";
import { FakeClock } from "./fake-clock.ts";

/** A line of the scripted agent's program, as JSON. `{"throws": true}`: its driver has a fault. */
export interface ScriptLine {
  readonly events?: readonly DriverEvent[];
  readonly sends?: readonly DriverSend[];
  readonly timers?: readonly DriverTimer[];
  readonly throws?: boolean;
}

interface ScriptState extends DriverState {
  readonly timers: readonly DriverTimer[];
}

export const STARTUP_MS = 30_000;

/** Each command is one send; a prompt begins its turn. `hello`: what the agent is told first. */
export function scriptDriver(version = 1, hello = "hello"): Driver<ScriptState> {
  const step = (state: ScriptState, input: DriverInput): Step<ScriptState> => {
    const does: ScriptLine = input.is === "line" ? (JSON.parse(input.text) as ScriptLine) : doneFor(input);
    if (does.throws) throw new Error("a fault of the driver");
    const { events = [], sends = [], timers = state.timers } = does;
    return { state: { sent: state.sent + sends.length, timers }, events, sends };
  };
  return {
    version,
    begin: (_, time) => ({
      state: { sent: 1, timers: [{ id: "startup", at: time + STARTUP_MS }] },
      events: [],
      sends: [{ text: hello, cause: hello }],
    }),
    step,
    timers: ({ timers }) => timers,
  };
}

function doneFor(input: DriverInput): ScriptLine {
  if (input.is === "timer") {
    return { timers: [], events: [{ type: "notice", notice: `timer.${input.id}`, level: "info", code: "timer", text: input.id }] };
  }
  if (input.is !== "command") return {};
  const { command } = input;
  if (command.is !== "prompt")
    return { sends: [{ text: command.is, cause: command.is === "answer" ? `answer:${command.approval}` : command.is }] };
  const { turn, input: id, preamble } = command;
  const text = preamble === undefined ? command.text : JSON.stringify([preamble, command.text]);
  return { events: [{ type: "turn.started", turn, run: "run-1", input: id }], sends: [{ text, cause: `prompt:${id}` }] };
}

function scriptAgent(driver: Driver): Agent {
  return {
    id: "script",
    name: "Script",
    program: null,
    howToGet: "",
    driver,
    knowsInputs: false,
    find: async () => ({ is: "missing" }),
    chat: () => ({ command: ["script"], env: {}, pinned: null }),
    terminal: () => null,
    validate: async () => ({ is: "undecided" }),
    conversations: async () => [],
    history: async () => null,
    classify: () => null,
    watchTerminal: async () => null,
  };
}

export class ScratchChat {
  readonly clock = new FakeClock();
  readonly store: EngineStore;
  chat: Chat;
  /** The home of the conversation, as it is now. */
  isAlive = false;
  view: "chat" | "terminal" = "chat";
  isEnding = false;
  usesDigest = false;
  /** For drivers of tests: fail where the test says. */
  isFaulty = true;
  /** What the next commits reject with. */
  fails: ((writes: readonly Write[]) => string | null) | null = null;
  readonly sent: string[] = [];
  readonly shown: ChatEvent[] = [];
  readonly summaries: ChatSummary[] = [];
  readonly warnings: unknown[] = [];
  readonly wants: string[] = [];
  wakes = 0;
  ends: string[] = [];
  #records = 0;
  #driver: Driver;

  constructor(file: string, driver: Driver = scriptDriver()) {
    this.store = new EngineStore({ file, bootId: "boot", version: "0" }, this.clock, () => undefined);
    this.#driver = driver;
    this.chat = this.#open(emptyStream({ session: "s", stream: "wire" }));
  }

  /** A session in the registry and the first run of its agent. */
  async begin(run = "run-1", origin: RunOrigin = "new"): Promise<void> {
    const at = this.clock.now();
    const put = { op: "put-session", session: { id: "s", name: "s", createdAt: at, lastActivityAt: at, details: "{}" } } as const;
    const marks = { baseOffset: this.chat.wireTail, appliedRecord: 0, appliedOffset: 0 };
    const row = {
      op: "put-run",
      run: { id: run, session: "s", number: Number(run.slice(-1)), kind: "pipe", ...marks, state: "{}", isOpen: true },
    } as const;
    const event: ChatEvent = { type: "run.started", run, number: Number(run.slice(-1)), agent: "script", view: "chat", origin, at };
    this.isAlive = true;
    this.isEnding = false;
    const launch = { command: ["script"], env: {}, pinned: null };
    await this.chat.begin({ launch, setup: setupOf(run), events: [event], line: null }, () => [put, row]);
    this.chat.hostHasRun();
  }

  /** The program writes these lines. */
  async says(...lines: readonly (ScriptLine | string)[]): Promise<void> {
    await this.writes(lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""));
  }

  /** The program writes so much, complete lines or not. */
  writes(text: string): Promise<void> {
    return this.chat.fold(this.#batch(text), () => [], null);
  }

  async exits(end: Partial<EndOfRun> = {}): Promise<void> {
    const at = this.clock.now();
    const batch = { ...this.#batch(""), runEnd: { end: { is: "exited", code: 0, signal: null } as const, at } };
    await this.chat.fold(batch, () => [], {
      run: "run-1",
      cause: "agent-ended",
      text: "It ended.",
      wasAsked: false,
      knowsInputs: false,
      at,
      ...end,
    });
    this.isAlive = false;
    this.chat.pump();
  }

  /** Another server takes over: what was committed is all it has. */
  async restart(driver: Driver = this.#driver): Promise<void> {
    this.chat.close();
    this.#driver = driver;
    const wire = await this.store.streamState({ session: "s", stream: "wire" });
    this.chat = this.#open(wire ?? emptyStream({ session: "s", stream: "wire" }));
  }

  /** Everything that nobody waits for is done. */
  async settled(): Promise<void> {
    await this.chat.events.exclusively(async () => undefined);
    await this.chat.events.exclusively(async () => undefined);
  }

  async close(): Promise<void> {
    this.chat.close();
    await this.store.close();
  }

  #batch(text: string): Batch {
    const data = Buffer.from(text);
    const [start, time] = [this.chat.wireTail, this.clock.now()];
    const pieces = text === "" ? [] : [{ is: "data", offset: start, time, data } as const];
    const records = text === "" ? [] : [{ kind: "output", time, data } as const];
    this.#records += 1;
    return { start, end: start + data.length, pieces, records, nextRecord: this.#records, runEnd: null };
  }

  #open(wire: StreamState): Chat {
    return new Chat(this.#home(), wire, null);
  }

  #home(): ChatHome {
    // eslint-disable-next-line unicorn/no-this-assignment, typescript/no-this-alias
    const bed = this;
    return {
      session: "s",
      agent: scriptAgent(this.#driver),
      store: this.store,
      clock: this.clock,
      log: { info: () => undefined, warn: (about) => this.warnings.push(about), error: () => undefined },
      get usesDigest() {
        return bed.usesDigest;
      },
      get isAlive() {
        return bed.isAlive;
      },
      get isEnding() {
        return bed.isEnding;
      },
      get view() {
        return bed.view;
      },
      sendToHost: (_run, seq, data) => this.sent.push(`${seq} ${Buffer.from(data).toString().trim()}`) > 0,
      commit: (writes, durability, summary) => this.#commit(writes, durability, summary),
      show: (batch) => {
        for (const piece of batch.pieces)
          if (piece.is === "data") this.shown.push(JSON.parse(Buffer.from(piece.data).toString()) as ChatEvent);
      },
      used: () => undefined,
      want: (reason) => this.wants.push(reason),
      wake: () => (this.wakes += 1),
      endRun: (cause) => {
        this.ends.push(cause);
        this.isEnding = true;
      },
    };
  }

  async #commit(writes: readonly Write[], durability: "full" | "normal", summary: ChatSummary | null): Promise<void> {
    const code = this.fails?.(writes);
    if (code) throw new PerdureError(code as "storage-full");
    const result = await this.store.commit(writes, durability);
    if (!result.ok) throw new Error(`refused: ${result.reason}`);
    if (summary) this.summaries.push(summary);
  }
}

function setupOf(run: string): DriverSetup {
  return { ...FIRST_RUN, run };
}

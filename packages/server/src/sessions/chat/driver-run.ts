/**
 * A driver at work on one run: its state, the part of a line that is not complete, and what its steps come to. Nothing here is
 * committed: whoever calls commits what was prepared, all of it or nothing, and then says so.
 */
import { MAX_ERROR_TEXT, type ChatEvent, type DriverEvent } from "@perdure/protocol";
import type { Driver, DriverCommand, DriverInput, DriverSend, DriverSetup, DriverState, DriverTimer, Step } from "../../agents/driver.ts";
import { LineSplitter, type SplitLine } from "../../agents/line-splitter.ts";
import type { SendRow } from "../../store/store.ts";
import type { Batch } from "../records.ts";

/** What is kept of a driver between two servers, as JSON, with the place in the run's output up to which lines are folded. */
export interface KeptDriver {
  readonly run: string;
  readonly version: number;
  /** Bytes of the program's own output that are folded, up to the end of a line. */
  readonly folded: number;
  /** Where in the wire stream the line begins that is not complete. */
  readonly wire: number;
  /** Ledger rows up to this one are with the host. */
  readonly delivered: number;
  readonly state: DriverState;
}

/** What a driver is told that does not stand in the program's output. With the output it makes the whole history of a driver. */
export type Asked =
  | { readonly is: "begin"; readonly time: number; readonly setup: DriverSetup }
  | Extract<DriverInput, { is: "command" | "timer" }>;

/** What some inputs come to. */
export interface Folded {
  readonly events: readonly ChatEvent[];
  readonly sends: readonly SendRow[];
  readonly kept: KeptDriver;
  /** The input, if it is none that the output tells. */
  readonly asked: Asked | null;
  /** Where the program's lines stand behind it. */
  readonly splitter: LineSplitter;
}

const TRIED: Readonly<Record<DriverCommand["is"], string>> = {
  prompt: "The message could not be given to the agent",
  interrupt: "The agent could not be told to stop",
  answer: "The answer could not be given to the agent",
  "set-model": "The agent could not be told to use another model",
  "set-mode": "The agent could not be told to work in another mode",
};

/** The driver could not carry out a command: a fault of this program, and nothing was sent. */
export class DriverFault extends Error {
  constructor(command: DriverCommand, cause: unknown) {
    super(`${TRIED[command.is]} because of a fault in perdure (${cause instanceof Error ? cause.message : String(cause)}).`, { cause });
    this.name = "DriverFault";
  }
}

/** Deltas of one part that came together are one event, up to so many characters. */
const MAX_DELTA = 4096;

export class DriverRun {
  readonly #driver: Driver;
  #splitter: LineSplitter;
  #kept: KeptDriver;

  /** `splitter`: stands at `kept.folded`, and has what is in the log of a line without its end. */
  constructor(driver: Driver, kept: KeptDriver, splitter: LineSplitter = new LineSplitter(kept.folded)) {
    this.#driver = driver;
    this.#kept = kept;
    this.#splitter = splitter;
  }

  /** The first step of a run. */
  static begin(driver: Driver, setup: DriverSetup, wire: number, time: number): Folded {
    const step = driver.begin(setup, time);
    const kept = { run: setup.run, version: driver.version, folded: 0, wire, delivered: 0, state: step.state };
    const sends = rows(setup.run, 0, step.sends);
    return { events: stamp(step.events, time), sends, kept, asked: { is: "begin", time, setup }, splitter: new LineSplitter(0) };
  }

  get run(): string {
    return this.#kept.run;
  }

  get kept(): KeptDriver {
    return this.#kept;
  }

  get timers(): readonly DriverTimer[] {
    return this.#driver.timers(this.#kept.state);
  }

  /** The host has the ledger up to here; kept with the next commit. */
  noteDelivered(seq: number): void {
    if (seq > this.#kept.delivered) this.#kept = { ...this.#kept, delivered: seq };
  }

  /** A batch of the run's output. What was not committed may come again. */
  fold(batch: Batch): Folded {
    const inputs: DriverInput[] = [];
    const splitter = this.#splitter.copy();
    let { wire } = this.#kept;
    for (const [index, piece] of batch.pieces.entries()) {
      if (piece.is !== "data") continue;
      const { time, data } = piece;
      const wasBetween = splitter.pendingBytes === 0;
      const isError = batch.records[index]?.kind === "error";
      const lines = isError ? [] : splitter.push(data);
      if (isError) inputs.push({ is: "stderr", time, text: Buffer.from(data).toString() });
      // One by one: there may be more than a call takes arguments.
      for (const line of lines) inputs.push(inputOf(line, time));
      if (wasBetween || lines.length > 0) wire = piece.offset + data.length - splitter.pendingBytes;
    }
    if (batch.runEnd) {
      const { end, at: time } = batch.runEnd;
      const rest = splitter.end();
      if (rest) inputs.push(inputOf(rest, time));
      inputs.push({ is: "exit", time, end });
    }
    return this.#steps(inputs, wire, splitter);
  }

  /** A command, a timer, or an end that nobody saw. */
  step(input: DriverInput): Folded {
    const folded = this.#steps([input], this.#kept.wire, this.#splitter);
    return input.is === "command" || input.is === "timer" ? { ...folded, asked: input } : folded;
  }

  /** What {@link fold} or {@link step} prepared is committed. */
  committed({ kept, splitter }: Folded): void {
    this.#splitter = splitter;
    this.#kept = { ...kept, delivered: Math.max(kept.delivered, this.#kept.delivered) };
  }

  /** What a program says must not end the server, whatever it is: a fault of the driver is told, and the input passed over. */
  #stepOf(state: DriverState, input: DriverInput): Step<DriverState> {
    if (input.is === "command") return this.#driver.step(state, input);
    try {
      return this.#driver.step(state, input);
    } catch (error) {
      const text = `What the agent wrote was not understood: ${error instanceof Error ? error.message : String(error)}`;
      const notice = { type: "notice", notice: `fault.${this.run}`, level: "warning", code: "driver-fault" } as const;
      return { state, events: [{ ...notice, text: text.slice(0, MAX_ERROR_TEXT) }], sends: [] };
    }
  }

  #steps(inputs: readonly DriverInput[], wire: number, splitter: LineSplitter): Folded {
    let { state } = this.#kept;
    const sends: SendRow[] = [];
    const events: ChatEvent[] = [];
    for (const input of inputs) {
      const step = this.#stepOf(state, input);
      sends.push(...rows(this.run, state.sent, step.sends));
      events.push(...stamp(step.events, input.time));
      state = step.state;
    }
    const kept = { ...this.#kept, folded: splitter.consumed, wire, state };
    return { events: joinDeltas(events), sends, splitter, asked: null, kept };
  }
}

function inputOf(line: SplitLine, time: number): DriverInput {
  return line.is === "line" ? { ...line, time } : { is: "long-line", bytes: line.bytes, time };
}

function rows(run: string, sent: number, sends: readonly DriverSend[]): SendRow[] {
  return sends.map(({ text, cause }, index) => ({ run, seq: sent + index + 1, bytes: Buffer.from(`${text}\n`), cause }));
}

/** In this order, so that the type is what a person reads first in the log. */
function stamp(events: readonly DriverEvent[], at: number): ChatEvent[] {
  return events.map((event) => ({ ...event, at }));
}

/** Neighbouring deltas of the same part become one. */
export function joinDeltas(events: readonly ChatEvent[]): ChatEvent[] {
  const joined: ChatEvent[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    const isMore = event.type === "part.delta" && last?.type === "part.delta" && last.part === event.part && last.message === event.message;
    if (isMore && last.text.length + event.text.length <= MAX_DELTA) joined[joined.length - 1] = { ...last, text: last.text + event.text };
    else joined.push(event);
  }
  return joined;
}

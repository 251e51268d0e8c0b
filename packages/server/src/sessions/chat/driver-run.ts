/**
 * A driver at work on one run: its state, the part of a line that is not complete, and what its steps come to. Nothing here is
 * committed: whoever calls commits what was prepared, all of it or nothing, and then says so.
 */
import type { ChatEvent, DriverEvent } from "@perdure/protocol";
import type { Driver, DriverInput, DriverSend, DriverSetup, DriverState, DriverTimer, Step } from "../../agents/driver.ts";
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
  readonly setup: DriverSetup;
  readonly state: DriverState;
}

/** What some inputs come to. */
export interface Folded {
  readonly events: readonly ChatEvent[];
  readonly sends: readonly SendRow[];
  readonly kept: KeptDriver;
}

/** Deltas of one part that came together are one event, up to so many characters. */
const MAX_DELTA = 4096;

export class DriverRun {
  readonly #driver: Driver;
  readonly #splitter: LineSplitter;
  #kept: KeptDriver;

  /** `rest`: the program's own output from `kept.wire` on that is in the log already, a line without its end. */
  constructor(driver: Driver, kept: KeptDriver, rest: Uint8Array) {
    this.#driver = driver;
    this.#kept = kept;
    this.#splitter = new LineSplitter(kept.folded);
    if (this.#splitter.push(rest).length > 0) throw new Error("the rest of a line has complete lines");
  }

  /** The first step of a run. */
  static begin(driver: Driver, setup: DriverSetup, wire: number, time: number): Folded {
    const step = driver.begin(setup, time);
    const kept = { run: setup.run, version: driver.version, folded: 0, wire, delivered: 0, setup, state: step.state };
    return { events: stamp(step.events, time), sends: rows(setup.run, 0, step.sends), kept };
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

  /** A batch of the run's output. Must be committed: the bytes of an incomplete line are taken. */
  fold(batch: Batch): Folded {
    const inputs: DriverInput[] = [];
    let { wire } = this.#kept;
    for (const [index, piece] of batch.pieces.entries()) {
      if (piece.is !== "data") continue;
      const { time, data } = piece;
      const wasBetween = this.#splitter.pendingBytes === 0;
      const isError = batch.records[index]?.kind === "error";
      const lines = isError ? [] : this.#splitter.push(data);
      if (isError) inputs.push({ is: "stderr", time, text: Buffer.from(data).toString() });
      inputs.push(...lines.map((line) => inputOf(line, time)));
      if (wasBetween || lines.length > 0) wire = piece.offset + data.length - this.#splitter.pendingBytes;
    }
    if (batch.runEnd) {
      const { end, at: time } = batch.runEnd;
      const rest = this.#splitter.end();
      if (rest) inputs.push(inputOf(rest, time));
      inputs.push({ is: "exit", time, end });
    }
    return this.#steps(inputs, wire);
  }

  /** A command, a timer, or an end that nobody saw. */
  step(input: DriverInput): Folded {
    return this.#steps([input], this.#kept.wire);
  }

  /** What {@link fold} or {@link step} prepared is committed. */
  committed({ kept }: Folded): void {
    this.#kept = { ...kept, delivered: Math.max(kept.delivered, this.#kept.delivered) };
  }

  #steps(inputs: readonly DriverInput[], wire: number): Folded {
    let { state } = this.#kept;
    const sends: SendRow[] = [];
    const events: ChatEvent[] = [];
    for (const input of inputs) {
      const step: Step<DriverState> = this.#driver.step(state, input);
      sends.push(...rows(this.run, state.sent, step.sends));
      events.push(...stamp(step.events, input.time));
      state = step.state;
    }
    return { events: joinDeltas(events), sends, kept: { ...this.#kept, folded: this.#splitter.consumed, wire, state } };
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

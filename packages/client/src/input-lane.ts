/**
 * The numbered input of one writer for one run: what is not acknowledged yet, in order. Numbers start at 1 and have no gaps;
 * a number keeps its bytes for ever, so sending it again is harmless.
 */
import type { PendingInputRecord } from "./pending-input.ts";

export class InputLane {
  readonly run: number;
  readonly runId: string;
  readonly writer: string;
  /** Made by this view: new input may be added. Others were found in the store and are only finished. */
  readonly isOwn: boolean;
  /** The server may have seen some of it. */
  wasSent = false;
  /** Refused for good; new input needs a new writer. */
  isOver = false;
  #waiting: PendingInputRecord[] = [];
  #bytes = 0;
  #nextSeq = 1;
  /** Highest number sent on the present connection. */
  #sentSeq = 0;

  constructor(run: number, runId: string, writer: string, isOwn: boolean) {
    this.run = run;
    this.runId = runId;
    this.writer = writer;
    this.isOwn = isOwn;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  get frames(): number {
    return this.#waiting.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get firstSeq(): number | undefined {
    return this.#waiting[0]?.seq;
  }

  /** Adds new input under the next number. */
  add(session: string, bytes: Uint8Array): PendingInputRecord {
    const record = { session, runId: this.runId, run: this.run, writer: this.writer, seq: this.#nextSeq, bytes };
    this.restore(record);
    return record;
  }

  /** Adds input that has its number. */
  restore(record: PendingInputRecord): void {
    this.#waiting.push(record);
    this.#bytes += record.bytes.length;
    this.#nextSeq = record.seq + 1;
  }

  /** What has not been sent on this connection; the caller sends it. */
  takeUnsent(): readonly PendingInputRecord[] {
    const unsent = this.#waiting.filter((record) => record.seq > this.#sentSeq);
    this.#sentSeq = this.#waiting.at(-1)?.seq ?? this.#sentSeq;
    this.wasSent ||= unsent.length > 0;
    return unsent;
  }

  /** Everything that waits will be sent again. */
  rewind(): void {
    this.#sentSeq = 0;
  }

  /** Forgets what is acknowledged; tells whether there was something. */
  dropThrough(seq: number): boolean {
    const kept = this.#waiting.findIndex((record) => record.seq > seq);
    const dropped = this.#waiting.splice(0, kept === -1 ? this.#waiting.length : kept);
    for (const record of dropped) this.#bytes -= record.bytes.length;
    return dropped.length > 0;
  }

  /** Gives everything back, in order. */
  takeAll(): readonly PendingInputRecord[] {
    const all = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    return all;
  }
}

/**
 * What one run in this process has written and the log does not have yet, as records like those of the host. Who writes waits while
 * more than a bound is not committed: nothing is dropped, and memory does not grow.
 */
import type { HostRecord, RunEnd } from "../host/wire.ts";
import type { Clock } from "../platform/clock.ts";

/** A writer waits while so much is not committed. */
const MAX_WAITING_BYTES = 64 * 1024;

export class InProcessLines {
  readonly #clock: Clock;
  readonly #emit: (records: readonly HostRecord[]) => void;
  #waiting: HostRecord[] = [];
  #bytes = 0;
  #index = 0;
  #offset = 0;
  /** Somebody takes the records. */
  #isRead = false;
  #isClosed = false;
  #room: (() => void)[] = [];

  constructor(clock: Clock, emit: (records: readonly HostRecord[]) => void) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Sends what is kept from this record on, and whatever comes. */
  read(from: number): void {
    this.#isRead = true;
    const records = this.#waiting.filter(({ index }) => index >= from);
    if (records.length > 0) this.#emit(records);
  }

  /** Takes a line without its line feed, at once; resolves when there is room for the next. Dropped behind {@link close}. */
  write(line: string): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    const data = Buffer.from(`${line}\n`);
    this.#add({ is: "data", channel: "output", data }, data.length);
    if (this.#bytes <= MAX_WAITING_BYTES) return Promise.resolve();
    return new Promise((resolve) => this.#room.push(resolve));
  }

  /** Everything before this record is committed. */
  ack(upTo: number): void {
    const count = this.#waiting.findLastIndex(({ index }) => index < upTo) + 1;
    for (const record of this.#waiting.splice(0, count)) if (record.is === "data") this.#bytes -= record.data.length;
    if (this.#bytes <= MAX_WAITING_BYTES) this.#release();
  }

  /** Takes no more lines; nobody waits for room. What was taken is still sent. */
  close(): void {
    this.#isClosed = true;
    this.#release();
  }

  /** The last record. */
  end(end: RunEnd): void {
    this.close();
    this.#add({ is: "end", end }, 0);
  }

  #add(
    body: { readonly is: "data"; readonly channel: "output"; readonly data: Uint8Array } | { readonly is: "end"; readonly end: RunEnd },
    bytes: number,
  ): void {
    const record: HostRecord = { index: this.#index, offset: this.#offset, time: this.#clock.now(), ...body };
    this.#index += 1;
    this.#offset += bytes;
    this.#bytes += bytes;
    this.#waiting.push(record);
    if (this.#isRead) this.#emit([record]);
  }

  #release(): void {
    const room = this.#room;
    this.#room = [];
    for (const each of room) each();
  }
}

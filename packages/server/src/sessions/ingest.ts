/**
 * The way of a run's output into the log: records of the host are gathered, shown and committed. What is only bytes is shown
 * first: it is in the host's spool, which outlives this server, and the next one commits it at the same offsets. Whatever means
 * more than that counts when it is committed. One commit of a session is under way at a time; what arrives meanwhile is the next.
 * A lone record is committed at once, a stream of them every 4 ms or 64 KiB. Nothing is lost: what cannot be committed stays
 * unacknowledged with the host. While the disk is full little is kept here, and nothing is shown before it is committed; the rest
 * is asked for again when there is room.
 */
import { PerdureError } from "@perdure/protocol";
import type { HostRecord } from "../host/wire.ts";
import type { Clock } from "../platform/clock.ts";
import { crashPoint } from "../platform/crash.ts";
import { toBatch, type Batch } from "./records.ts";

const BUSY_GAP_MS = 4;
const BUSY_BYTES = 64 * 1024;
/** Most data of one commit: a keystroke of another session waits behind at most this. */
const MAX_BATCH_BYTES = 256 * 1024;
/** While somebody types elsewhere: half a megabyte a second, far more than can be read, in pieces that hold up little. */
const YIELDING_GAP_MS = 32;
const YIELDING_BYTES = 16 * 1024;
/** So little output, as the echo of a key, is kept a moment after it was shown: on few processors its viewer would wait for those who keep it. */
const PATIENT_BYTES = 256;
const PATIENCE_MS = 2;
const RETRY_MS = 1000;

/** What the ingest of one run needs from its session. */
export interface IngestTarget {
  /** The stream's committed end: where the next batch begins. */
  tail(): number;
  /** The batch is nothing but output and about to be committed: it may be shown. Whether somebody saw it. */
  showAhead(batch: Batch): boolean;
  /** Commits; rejects `storage-full` (tried again) or anything else (fatal). */
  commit(batch: Batch): Promise<void>;
  /** The batch is committed: show it. */
  committed(batch: Batch): void;
  /** Resolves when the screen engine is close enough behind to be given more; at once in the common case. */
  ready(): Promise<void> | null;
  /** Somebody types in another session: a flood makes room for the echo. */
  yields(): boolean;
  /** The disk is full, or no longer. */
  storageFull(isFull: boolean): void;
  /** So many bytes more, or fewer, are held here. */
  holds(bytes: number): void;
  /** The records from this one on were not kept here: the host must send them again. */
  readAgain(from: number): void;
  /** The log can no longer be written by this server. */
  fatal(error: unknown): void;
}

/** Gathers and commits the records of one run. */
export class Ingest {
  readonly #target: IngestTarget;
  readonly #clock: Clock;
  #next: number;
  #waiting: HostRecord[] = [];
  #waitingBytes = 0;
  #isCommitting = false;
  #cancelTimer: (() => void) | null = null;
  #lastBatchAt = 0;
  #endMoment: () => void = () => undefined;
  #isClosed = false;
  #isDiskFull = false;
  /** `left`: what came behind {@link #next} was not kept. `asked`: it is being sent again. */
  #rest: "none" | "left" | "asked" = "none";
  #underWay: Promise<void> = Promise.resolve();

  /** `next`: index of the first record that is not committed yet. */
  constructor(target: IngestTarget, clock: Clock, next: number) {
    this.#target = target;
    this.#clock = clock;
    this.#next = next;
  }

  /**
   * Takes records in order. Those that were taken before are left out, but for the end: a host that lost its last records in a
   * power cut gives the end a number that was used before. A gap is a fault of the host and fatal.
   */
  take(records: readonly HostRecord[]): void {
    if (this.#isClosed) return;
    for (const record of records) {
      if (record.index < this.#next && record.is !== "end") continue;
      if (record.index > this.#next && this.#rest !== "none") continue;
      if (record.index > this.#next) {
        this.#target.fatal(new PerdureError("internal", `The host sent record ${record.index}, ${this.#next} was expected.`));
        return;
      }
      if (this.#isDiskFull && this.#waitingBytes >= MAX_BATCH_BYTES) this.#rest = "left";
      else this.#keep(record);
    }
    crashPoint("server-after-receive");
    this.#schedule();
  }

  /** The host no longer has the records before `index`: go on from there. */
  skipTo(index: number): void {
    this.#next = Math.max(this.#next, index);
  }

  /** Takes nothing more; a commit under way is finished and shown. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.#target.holds(-this.#waitingBytes);
    this.#waitingBytes = 0;
    this.#cancelTimer?.();
    this.#endMoment();
  }

  /** Closes and waits for the commit under way. */
  async stop(): Promise<void> {
    this.close();
    await this.#underWay;
  }

  #keep(record: HostRecord): void {
    this.#rest = "none";
    this.#next = Math.max(this.#next, record.index + 1);
    this.#waiting.push(record);
    this.#waitingBytes += sizeOf(record);
    this.#target.holds(sizeOf(record));
  }

  #schedule(): void {
    if (this.#isCommitting || this.#waiting.length === 0 || this.#isClosed) return;
    if (this.#isDiskFull && this.#cancelTimer) return;
    const waitMs = this.#lastBatchAt + this.#gapMs - this.#clock.now();
    if (waitMs <= 0) this.#underWay = this.#commitNext();
    else if (!this.#cancelTimer) this.#wait(waitMs);
  }

  /** Not once the program has ended: somebody may wait for that, and little is left. */
  get #yields(): boolean {
    return this.#target.yields() && this.#waiting.at(-1)?.is !== "end";
  }

  get #gapMs(): number {
    if (this.#waitingBytes < BUSY_BYTES) return BUSY_GAP_MS;
    return this.#yields ? YIELDING_GAP_MS : 0;
  }

  #wait(ms: number): void {
    this.#cancelTimer = this.#clock.after(ms, () => {
      this.#cancelTimer = null;
      if (!this.#isCommitting && this.#waiting.length > 0) this.#underWay = this.#commitNext();
    });
  }

  async #commitNext(): Promise<void> {
    this.#isCommitting = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    try {
      const ready = this.#target.ready();
      if (ready) await ready;
      if (this.#isClosed) return;
      const records = this.#takeBatch();
      this.#lastBatchAt = this.#clock.now();
      const batch = toBatch(records, this.#target.tail());
      const isSeen = !this.#isDiskFull && isOutput(batch) && this.#target.showAhead(batch);
      if (isSeen && batch.end - batch.start <= PATIENT_BYTES) await this.#aMoment();
      crashPoint("server-before-commit");
      if (!(await this.#commit(batch))) return this.#putBack(records);
      crashPoint("server-after-commit");
      this.#target.holds(-dataBytes(records));
      this.#target.committed(batch);
    } catch (error) {
      this.#target.fatal(error);
      this.close();
    } finally {
      this.#isCommitting = false;
    }
    if (this.#rest === "left" && this.#waiting.length === 0 && !this.#isClosed) {
      this.#rest = "asked";
      this.#target.readAgain(this.#next);
    }
    this.#schedule();
  }

  /** Not longer than until it is closed. */
  async #aMoment(): Promise<void> {
    if (this.#isClosed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#endMoment = resolve;
    const cancel = this.#clock.after(PATIENCE_MS, resolve);
    await promise;
    cancel();
  }

  async #commit(batch: Batch): Promise<boolean> {
    try {
      await this.#target.commit(batch);
      this.#isDiskFull = false;
      this.#target.storageFull(false);
      return true;
    } catch (error) {
      if (!(error instanceof PerdureError && error.code === "storage-full")) throw error;
      this.#isDiskFull = true;
      this.#target.storageFull(true);
      return false;
    }
  }

  #putBack(records: HostRecord[]): void {
    if (this.#isClosed) return this.#target.holds(-dataBytes(records));
    this.#waiting = [...records, ...this.#waiting];
    this.#waitingBytes += dataBytes(records);
    this.#wait(RETRY_MS);
  }

  /** The waiting records up to the limit, at least one. An adoption begins a batch: it is judged by what was committed before it. */
  #takeBatch(): HostRecord[] {
    const maxBytes = this.#yields ? YIELDING_BYTES : MAX_BATCH_BYTES;
    let bytes = 0;
    let count = 0;
    for (const record of this.#waiting) {
      const length = sizeOf(record);
      if (count > 0 && (bytes + length > maxBytes || record.is === "adopted")) break;
      bytes += length;
      count += 1;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }
}

/** Every server reads the same from the spool: what a new size, an adoption or an end brings about is decided when it is committed. */
function isOutput({ pieces, runEnd, adopted }: Batch): boolean {
  return runEnd === null && !adopted && pieces.every(({ is }) => is === "data");
}

function dataBytes(records: readonly HostRecord[]): number {
  return records.reduce((sum, record) => sum + sizeOf(record), 0);
}

function sizeOf(record: HostRecord): number {
  return record.is === "data" ? record.data.length : 0;
}

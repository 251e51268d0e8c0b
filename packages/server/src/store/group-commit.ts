/**
 * Group commit: commits that arrive in the same moment, or while a transaction is being written, share the next one. One
 * transaction is in flight; an idle store starts at once. A transaction takes what is waiting in order of arrival, up to
 * 256 KiB of data or 1,000 writes, so that a small commit waits little behind a firehose.
 *
 * The queue itself has no bound: whoever commits bounds what it has in flight, and its promise resolves later under load.
 */
import { PerdureError } from "@perdure/protocol";
import type { CommitOutcome } from "./calls.ts";
import type { CommitResult, Durability, Write } from "./store.ts";

/** A transaction takes no further commit once it has this many bytes of data or this many writes; one larger commit goes alone. */
export const MAX_BATCH_BYTES = 256 * 1024;
export const MAX_BATCH_WRITES = 1_000;

/** A batch ready for the worker: all its bytes lie in one buffer, which can be transferred; the caller's own are untouched. */
export interface Batch {
  readonly commits: readonly (readonly Write[])[];
  readonly durability: Durability;
  readonly buffer: ArrayBuffer;
}

interface Waiting {
  readonly writes: readonly Write[];
  readonly durability: Durability;
  readonly bytes: number;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit {
  readonly #send: (batch: Batch) => Promise<readonly CommitOutcome[]>;
  #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;

  constructor(send: (batch: Batch) => Promise<readonly CommitOutcome[]>) {
    this.#send = send;
  }

  /** Queues a commit. Its buffers must stay as they are until the promise settles. */
  commit(writes: readonly Write[], durability: Durability): Promise<CommitResult> {
    const bytes = writes.reduce((sum, write) => sum + bytesOf(write), 0);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ writes, durability, bytes, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is waiting or in flight. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    // Lets the commits of this moment join before the first transaction starts.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#runBatch(this.#waiting.splice(0, batchLength(this.#waiting)));
    this.#running = null;
  }

  async #runBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#send(packBatch(batch));
      for (const [index, each] of batch.entries()) settle(each, outcomes[index]);
    } catch (error) {
      for (const each of batch) each.reject(error);
    }
  }
}

function settle(waiting: Waiting, outcome: CommitOutcome | undefined): void {
  if (!outcome) waiting.reject(new PerdureError("internal", "The store's worker gave no outcome for a commit."));
  else if ("failure" in outcome) waiting.reject(new PerdureError(outcome.failure.code, outcome.failure.message));
  else waiting.resolve(outcome);
}

/** How many of the waiting commits the next transaction takes: at least one. */
function batchLength(waiting: readonly Waiting[]): number {
  let bytes = 0;
  let writes = 0;
  for (const [index, each] of waiting.entries()) {
    bytes += each.bytes;
    writes += each.writes.length;
    if (index > 0 && (bytes > MAX_BATCH_BYTES || writes > MAX_BATCH_WRITES)) return index;
  }
  return waiting.length;
}

function packBatch(batch: readonly Waiting[]): Batch {
  const pool = new Uint8Array(batch.reduce((sum, each) => sum + each.bytes, 0));
  let used = 0;
  const place = (data: Uint8Array): Uint8Array => {
    pool.set(data, used);
    used += data.length;
    return pool.subarray(used - data.length, used);
  };
  return {
    commits: batch.map((each) => each.writes.map((write) => mapBytes(write, place))),
    durability: batch.some((each) => each.durability === "full") ? "full" : "normal",
    buffer: pool.buffer,
  };
}

function bytesOf(write: Write): number {
  if (write.op === "append") return write.records.reduce((sum, record) => sum + record.data.length, 0);
  if (write.op === "put-snapshot") return write.snapshot.data.length;
  return write.op === "append-send" ? write.send.bytes.length : 0;
}

function mapBytes(write: Write, place: (data: Uint8Array) => Uint8Array): Write {
  if (write.op === "append") return { ...write, records: write.records.map((record) => ({ ...record, data: place(record.data) })) };
  if (write.op === "put-snapshot") return { ...write, snapshot: { ...write.snapshot, data: place(write.snapshot.data) } };
  if (write.op === "append-send") return { ...write, send: { ...write.send, bytes: place(write.send.bytes) } };
  return write;
}

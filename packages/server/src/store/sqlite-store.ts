/**
 * The SQLite engine as the main thread sees it: one worker owns the database; commits go to it in groups, reads one by one.
 * Nothing here blocks. If the worker dies, every waiting and later call rejects with `internal`.
 */
import type { Worker } from "node:worker_threads";
import { PerdureError } from "@perdure/protocol";
import type { Call, CommitOutcome, Failure, FromWorker, ThreadCalls, WorkerStart } from "./calls.ts";
import { type Batch, GroupCommit } from "./group-commit.ts";
import { StoreThread } from "./store-thread.ts";
import type * as store from "./store.ts";

export interface SqliteStoreOptions extends WorkerStart {
  /** The worker's entry: `store-worker`; or its thread, if it was started before. */
  readonly worker: URL | StoreThread;
  /** Gives up opening. */
  readonly signal?: AbortSignal;
}

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Opens the database, making, migrating or recovering it as needed. Rejects with `home-unusable`, `database-newer` or `storage-full`. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<store.Store> {
  options.signal?.throwIfAborted();
  const { file, bootId, version, epochFloor = 0 } = options;
  const start: WorkerStart = { file, bootId, version, epochFloor };
  const thread = options.worker instanceof StoreThread ? options.worker : new StoreThread(options.worker);
  const { worker } = thread;
  try {
    const opened = await opening(thread, start, options.signal);
    return new SqliteStore(worker, opened.epoch, opened.report);
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

type Opened = Extract<FromWorker, { type: "opened" }>;

async function opening(thread: StoreThread, start: WorkerStart, signal: AbortSignal | undefined): Promise<Opened> {
  const { worker } = thread;
  const settled = new AbortController();
  try {
    return await new Promise<Opened>((resolve, reject) => {
      const onMessage = (message: FromWorker) => {
        if (message.type === "opened") resolve(message);
        else if (message.type === "not-opened") reject(errorOf(message.failure));
      };
      const onError = (cause: unknown) => reject(new PerdureError("internal", "The store's worker could not start.", { cause }));
      const onExit = () => reject(new PerdureError("internal", "The store's worker ended while it opened the database."));
      worker.on("message", onMessage).on("error", onError).on("exit", onExit);
      signal?.addEventListener("abort", () => reject(signal.reason as Error), { signal: settled.signal });
      settled.signal.addEventListener("abort", () => worker.off("message", onMessage).off("error", onError).off("exit", onExit));
      try {
        thread.open(start);
      } catch (cause) {
        onError(cause);
      }
    });
  } finally {
    settled.abort();
  }
}

class SqliteStore implements store.Store {
  readonly epoch: number;
  readonly report: store.OpenReport;
  readonly lost: Promise<Error>;
  readonly #onLost: (error: Error) => void;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #groups = new GroupCommit((batch) => this.#commitBatch(batch));
  #lastId = 0;
  #broken: Error | null = null;
  #closing: Promise<void> | null = null;

  constructor(worker: Worker, epoch: number, report: store.OpenReport) {
    this.#worker = worker;
    this.epoch = epoch;
    this.report = report;
    ({ promise: this.lost, resolve: this.#onLost } = Promise.withResolvers<Error>());
    worker.on("message", (message: FromWorker) => this.#onMessage(message));
    worker.on("error", (cause) => this.#break(new PerdureError("internal", "The store's worker failed; restart the server.", { cause })));
    worker.on("exit", () => this.#break(new PerdureError("internal", "The store is closed.")));
  }

  commit(writes: readonly store.Write[], durability: store.Durability): Promise<store.CommitResult> {
    if (this.#closing) return Promise.reject(new PerdureError("internal", "The store is closed."));
    return this.#groups.commit(writes, durability);
  }

  read(key: store.StreamKey, from: number, maxBytes: number): Promise<store.ReadResult> {
    return this.#call("read", [key, from, maxBytes]);
  }

  streamState(key: store.StreamKey): Promise<store.StreamState | null> {
    return this.#call("streamState", [key]);
  }

  snapshot(key: store.StreamKey, kind: string, atOrBefore: number): Promise<store.Snapshot | null> {
    return this.#call("snapshot", [key, kind, atOrBefore]);
  }

  snapshotMarks(key: store.StreamKey, kind: string): Promise<readonly store.SnapshotMark[]> {
    return this.#call("snapshotMarks", [key, kind]);
  }

  keptSessions(): Promise<readonly store.KeptSession[]> {
    return this.#call("keptSessions", []);
  }

  sessions(): Promise<readonly store.SessionRow[]> {
    return this.#call("sessions", []);
  }

  runs(session?: string): Promise<readonly store.RunRow[]> {
    return this.#call("runs", [session ?? null]);
  }

  sends(run: string, after: number): Promise<readonly store.SendRow[]> {
    return this.#call("sends", [run, after]);
  }

  writerNumber(key: store.StreamKey, writer: string): Promise<number> {
    return this.#call("writerNumber", [key, writer]);
  }

  keyResult(key: string): Promise<{ readonly request: string; readonly result: string } | null> {
    return this.#call("keyResult", [key]);
  }

  devices(): Promise<readonly store.DeviceRow[]> {
    return this.#call("devices", []);
  }

  setting(name: string): Promise<string | null> {
    return this.#call("setting", [name]);
  }

  trim(key: store.StreamKey, retention: store.Retention, now: number): Promise<number> {
    return this.#call("trim", [key, retention, now]);
  }

  stats(): Promise<store.StoreStats> {
    return this.#call("stats", []);
  }

  async releaseMemory(): Promise<void> {
    await this.#call("releaseMemory", []);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#groups.idle();
    try {
      if (!this.#broken) await this.#call("close", []);
    } finally {
      await this.#worker.terminate();
    }
  }

  #commitBatch(batch: Batch): Promise<readonly CommitOutcome[]> {
    return this.#call("commit", [batch.commits, batch.durability, batch.buffer], [batch.buffer]);
  }

  #call<M extends keyof ThreadCalls>(
    method: M,
    args: Parameters<ThreadCalls[M]>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ReturnType<ThreadCalls[M]>> {
    if (this.#broken) return Promise.reject(this.#broken);
    this.#lastId += 1;
    const call = { id: this.#lastId, method, args } as Call;
    return new Promise<ReturnType<ThreadCalls[M]>>((resolve, reject) => {
      this.#worker.postMessage(call, [...transfer]);
      this.#pending.set(call.id, { resolve, reject });
    });
  }

  #onMessage(message: FromWorker): void {
    if (message.type !== "answer" && message.type !== "failed") return;
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === "answer") pending?.resolve(message.result as never);
    else this.#fail(message.failure, pending);
  }

  #fail(failure: Failure, pending: Pending | undefined): void {
    const error = errorOf(failure);
    pending?.reject(error);
    if (failure.isLasting) this.#onLost(error);
  }

  #break(error: Error): void {
    this.#broken ??= error;
    if (!this.#closing) this.#onLost(error);
    for (const pending of this.#pending.values()) pending.reject(this.#broken);
    this.#pending.clear();
  }
}

function errorOf(failure: Failure): PerdureError {
  return new PerdureError(failure.code, failure.message);
}

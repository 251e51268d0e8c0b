/**
 * The store's thread, on its way. It takes some 40 ms until it can open a file, so it may be started before it is known which one: a server
 * starts it first of all, and loads itself meanwhile.
 */
import { Worker } from "node:worker_threads";
import { workerFlags } from "../platform/entry-flags.ts";
import type { WorkerStart } from "./calls.ts";

export class StoreThread {
  readonly worker: Worker;
  #failure: { readonly error: unknown } | null = null;

  /** `entry`: the file of `store-worker`. */
  constructor(entry: URL) {
    this.worker = new Worker(entry, { ...workerFlags(entry), name: "perdure-store" });
    this.worker.on("error", (error) => (this.#failure ??= { error }));
    this.worker.on("exit", () => (this.#failure ??= { error: new Error("the store's worker ended before it was used") }));
  }

  /** Has it open the file; once. Throws what it has failed with meanwhile. */
  open(start: WorkerStart): void {
    if (this.#failure) throw this.#failure.error;
    this.worker.postMessage(start, []);
  }
}

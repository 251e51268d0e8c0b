/**
 * Opens the store for a server. A predecessor that was frozen in the middle of a transaction holds the database's lock and will
 * not let go; it is ended, by its verified process, because the work does not depend on any server.
 */
import { PerdureError } from "@perdure/protocol";
import { readEpoch } from "../host/epoch.ts";
import type { Home } from "../platform/home.ts";
import type { Log } from "../platform/log.ts";
import { bootId, isProcessAlive, signalProcess } from "../platform/processes.ts";
import { readServerFile } from "../platform/server-file.ts";
import { openSqliteStore } from "../store/sqlite-store.ts";
import type { StoreThread } from "../store/store-thread.ts";
import type { Store } from "../store/store.ts";

export interface StoreOptions {
  readonly home: Home;
  readonly worker: URL;
  /** One that was started before, for the first attempt. */
  readonly thread: StoreThread | null;
  readonly version: string;
  readonly log: Log;
}

/** Rejects with a `PerdureError` that says what to do. */
export async function openStore(options: StoreOptions): Promise<Store> {
  try {
    return await open(options, options.thread ?? options.worker);
  } catch (error) {
    if (!(error instanceof PerdureError && error.code === "home-unusable") || !endPredecessor(options)) throw error;
    return open(options, options.worker);
  }
}

function open({ home, version }: StoreOptions, worker: URL | StoreThread): Promise<Store> {
  const epochFloor = readEpoch(home.hostDirectory);
  return openSqliteStore({ file: home.database, worker, bootId: bootId(), version, epochFloor });
}

/** `false` if there is none. */
function endPredecessor({ home, log }: StoreOptions): boolean {
  const file = readServerFile(home);
  if (!file || file.pid === process.pid) return false;
  const { pid, startTime } = file;
  if (!isProcessAlive({ pid, startTime })) return false;
  log.warn({ pid }, "the last server is frozen and holds the database; it is ended");
  signalProcess({ pid, startTime }, "SIGKILL");
  return true;
}

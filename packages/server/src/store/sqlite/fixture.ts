/** Arranges SQLite stores for tests: a directory of their own, opened as often as wanted, all closed and removed in the end. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { openSqliteStore } from "../sqlite-store.ts";
import type { NewRecord, Store, StreamKey, Write } from "../store.ts";

const WORKER = new URL("../store-worker.ts", import.meta.url);

export interface StoreDirectory extends AsyncDisposable {
  readonly path: string;
  readonly file: string;
  /** Opens the store there; a boot id of its own if none is given. */
  open(bootId?: string): Promise<Store>;
  /** Names of the files there. */
  files(): string[];
}

/** A fresh directory below that of the system, or at `parent`. */
export function storeDirectory(parent: string = os.tmpdir()): StoreDirectory {
  const directory = fs.mkdtempSync(path.join(parent, "perdure-store-"));
  const file = path.join(directory, "perdure.db");
  const opened: Store[] = [];
  return {
    path: directory,
    file,
    async open(bootId = "boot-1") {
      const store = await openSqliteStore({ file, worker: WORKER, bootId, version: "0.0.0-test" });
      opened.push(store);
      return store;
    },
    files: () => fs.readdirSync(directory),
    async [Symbol.asyncDispose]() {
      for (const store of opened) await store.close();
      fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The terminal stream of session "s". */
export const TERMINAL: StreamKey = { session: "s", stream: "terminal" };

export function putSession(id = "s"): Write {
  return { op: "put-session", session: { id, name: id, createdAt: 1, lastActivityAt: 1, details: "{}" } };
}

export function putRun(id = "r", session = "s"): Write {
  return {
    op: "put-run",
    run: { id, session, number: 1, kind: "pty", baseOffset: 0, appliedRecord: 0, appliedOffset: 0, state: "{}", isOpen: true },
  };
}

export function output(data: string | Uint8Array, time = 1_000): NewRecord {
  return { kind: "output", time, data: typeof data === "string" ? Buffer.from(data) : data };
}

export function append(records: readonly NewRecord[], key: StreamKey = TERMINAL): Write {
  return { op: "append", ...key, records };
}

export function screen(offset: number, data = "screen", key: StreamKey = TERMINAL): Write {
  return { op: "put-snapshot", snapshot: { ...key, kind: "screen", version: 1, offset, cols: 80, rows: 24, data: Buffer.from(data) } };
}

/** All bytes of a stream from an offset on, read in pages. */
export async function readText(store: Store, key: StreamKey = TERMINAL, from = 0): Promise<string> {
  const parts: Uint8Array[] = [];
  for (let offset = from; ;) {
    const page = await store.read(key, offset, 1024 * 1024);
    if (!page.ok) throw new Error(`cannot read: ${page.reason}`);
    for (const record of page.records) parts.push(record.data);
    const bytes = page.records.reduce((sum, record) => sum + record.data.length, 0);
    offset += bytes;
    if (offset >= page.state.tail || bytes === 0) return Buffer.concat(parts).toString("latin1");
  }
}

/** Bytes that repeat for the same seed and do not compress to nothing. */
export function noise(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const next = random(seed);
  for (let index = 0; index < length; index += 1) bytes[index] = 32 + Math.floor(next() * 64);
  return bytes;
}

/** Numbers from 0 to 1 that repeat for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A store without a thread, for tests: an engine whose every answer is followed by what the test does with the time after it, so that
 * compaction can come between any two calls.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { PerdureError } from "@perdure/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { WorkerStart } from "../calls.ts";
import type * as store from "../store.ts";
import { Engine } from "./engine.ts";
import { type StoreDirectory, append, noise, output, random } from "./fixture.ts";

export class EngineStore implements store.Store {
  readonly epoch: number;
  readonly report: store.OpenReport;
  readonly lost = new Promise<Error>(() => undefined);
  readonly #engine: Engine;
  readonly #afterwards: () => void;
  #isClosed = false;

  constructor(start: WorkerStart, clock: Clock, afterwards: () => void) {
    this.#engine = new Engine(start, clock);
    this.#afterwards = afterwards;
    this.epoch = this.#engine.epoch;
    this.report = this.#engine.report;
  }

  async commit(writes: readonly store.Write[], durability: store.Durability): Promise<store.CommitResult> {
    const outcome = await this.#call(() => this.#engine.commit([writes], durability)[0]);
    if (!outcome || "failure" in outcome) throw new PerdureError(outcome?.failure.code ?? "internal", outcome?.failure.message ?? "");
    return outcome;
  }

  read(key: store.StreamKey, from: number, maxBytes: number): Promise<store.ReadResult> {
    return this.#call(() => this.#engine.read(key, from, maxBytes));
  }

  streamState(key: store.StreamKey): Promise<store.StreamState | null> {
    return this.#call(() => this.#engine.streamState(key));
  }

  snapshot(key: store.StreamKey, kind: string, atOrBefore: number): Promise<store.Snapshot | null> {
    return this.#call(() => this.#engine.snapshot(key, kind, atOrBefore));
  }

  snapshotMarks(key: store.StreamKey, kind: string): Promise<readonly store.SnapshotMark[]> {
    return this.#call(() => this.#engine.snapshotMarks(key, kind));
  }

  keptSessions(): Promise<readonly store.KeptSession[]> {
    return this.#call(() => this.#engine.keptSessions());
  }

  sessions(): Promise<readonly store.SessionRow[]> {
    return this.#call(() => this.#engine.sessions());
  }

  runs(session?: string): Promise<readonly store.RunRow[]> {
    return this.#call(() => this.#engine.runs(session ?? null));
  }

  sends(run: string, after: number): Promise<readonly store.SendRow[]> {
    return this.#call(() => this.#engine.sends(run, after));
  }

  writerNumber(key: store.StreamKey, writer: string): Promise<number> {
    return this.#call(() => this.#engine.writerNumber(key, writer));
  }

  keyResult(key: string): Promise<{ readonly request: string; readonly result: string } | null> {
    return this.#call(() => this.#engine.keyResult(key));
  }

  devices(): Promise<readonly store.DeviceRow[]> {
    return this.#call(() => this.#engine.devices());
  }

  setting(name: string): Promise<string | null> {
    return this.#call(() => this.#engine.setting(name));
  }

  trim(key: store.StreamKey, retention: store.Retention, now: number): Promise<number> {
    return this.#call(() => this.#engine.trim(key, retention, now));
  }

  stats(): Promise<store.StoreStats> {
    return this.#call(() => this.#engine.stats());
  }

  releaseMemory(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (!this.#isClosed) this.#engine.close();
    this.#isClosed = true;
    return Promise.resolve();
  }

  /** Answers as the worker does, then lets time pass. */
  #call<T>(work: () => T): Promise<T> {
    if (this.#isClosed) return Promise.reject(new PerdureError("internal", "The store is closed."));
    try {
      return Promise.resolve(work());
    } catch (error) {
      const { code, message } = this.#engine.failed(error);
      return Promise.reject(new PerdureError(code, message));
    } finally {
      this.#engine.afterAnswer();
      this.#afterwards();
    }
  }
}

/** Opens a store in a directory; `afterwards` runs after each answer. */
export function openEngine(directory: StoreDirectory, clock: Clock, afterwards = (): void => undefined, bootId = "boot-1"): EngineStore {
  return new EngineStore({ file: directory.file, bootId, version: "0.0.0-test" }, clock, afterwards);
}

export interface RowFound {
  readonly id: number;
  readonly offset: number;
  readonly length: number;
  readonly encoding: number;
  readonly kind: string;
}

/** The rows with bytes of the terminal stream, in order. Checks on the way that they leave no gap and are not too large. */
export function rowsOf(file: string): RowFound[] {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const stream = db.prepare("SELECT * FROM stream WHERE session = 's' AND kind = 'terminal'").get();
    const rows = db
      .prepare("SELECT id, offset, length, encoding, kind FROM chunk WHERE stream = ? AND length > 0 ORDER BY offset, id")
      .all(stream?.["id"] ?? 0) as unknown as RowFound[];
    let end = rows[0]?.offset ?? 0;
    assert.ok(end <= Number(stream?.["trimmed"]));
    for (const row of rows) {
      assert.equal(row.offset, end);
      end += row.length;
    }
    assert.equal(end, stream?.["tail"]);
    const rawBytes = Number(stream?.["raw_bytes"]);
    assert.ok(rawBytes === 0 || Number(stream?.["raw_offset"]) + rawBytes === end);
    return rows;
  } finally {
    db.close();
  }
}

export function lengthsOf(file: string): number[] {
  return rowsOf(file).map((row) => row.length);
}

/** What lines are made of: seen again within some 100 KiB, as names and phrases of a program's output are. */
const PHRASES = Array.from({ length: 1_500 }, (_, index) => Buffer.from(noise(index, 60)).toString());

/** Lines that compress as output does. */
export function lines(seed: number, bytes: number): string {
  const next = random(seed);
  let text = "";
  while (text.length < bytes) text += `\u001b[32m${PHRASES[Math.floor(next() * PHRASES.length)] ?? ""}\u001b[0m\r\n`;
  return text.slice(0, bytes);
}

/** Appends such lines, one piece a commit, a millisecond apart. Returns all. */
export async function print(store: store.Store, count: number, bytes: number, from = 0): Promise<string> {
  let all = "";
  for (let index = from; index < from + count; index += 1) {
    const text = lines(index, bytes);
    await store.commit([append([output(text, 1_000 + index)])], "normal");
    all += text;
  }
  return all;
}

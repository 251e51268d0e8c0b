/**
 * The property every engine has: whatever is appended, trimmed and reopened, a stream reads like a list of bytes in memory. Pieces
 * of output may come back cut or joined, so both sides are compared with neighbours of one kind and time joined.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AcceptancePlace } from "./rows.ts";
import type { NewRecord, Store, StreamKey, StreamRecord } from "../store.ts";

type Step =
  | { readonly do: "append"; readonly records: readonly NewRecord[] }
  | { readonly do: "snapshot" }
  | { readonly do: "trim"; readonly maxBytes: number }
  | { readonly do: "drop" }
  | { readonly do: "read"; readonly at: number; readonly pageBytes: number }
  | { readonly do: "reopen" };

const size = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 3, arbitrary: fc.integer({ min: 10_000, max: 40_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 150_000 }) },
);

const byteRecord: fc.Arbitrary<NewRecord> = fc
  .tuple(
    fc.constantFrom("output", "output", "output", "error", "notice", "event"),
    size,
    fc.integer({ min: -3, max: 50 }),
    fc.integer({ min: 0, max: 255 }),
  )
  .map(([kind, length, time, seed]) => ({ kind: kind as NewRecord["kind"], time: 1_000_000 + time, data: patterned(length, seed) }));

const resize: fc.Arbitrary<NewRecord> = fc
  .integer({ min: 1, max: 500 })
  .map((cols) => ({ kind: "resize", time: 1_000_000, data: new Uint8Array(0), size: { cols, rows: 24 } }));

const record = fc.oneof({ weight: 8, arbitrary: byteRecord }, { weight: 1, arbitrary: resize });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant("append" as const), records: fc.array(record, { maxLength: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("snapshot" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("drop" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("trim" as const), maxBytes: fc.integer({ min: 0, max: 200_000 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("read" as const),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      pageBytes: fc.integer({ min: 500, max: 200_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen" as const) }) },
);

function patterned(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * (seed + 1)) % 251);
}

/** Declares the property test. */
export function modelProperty(place: () => AcceptancePlace): void {
  test("a stream reads like a list of bytes, after any steps", { timeout: 60_000 }, async () => {
    let number = 0;
    let store = await place().open();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        number += 1;
        const run = new ModelRun(place(), store, { session: `m${number}`, stream: "terminal" });
        await run.begin();
        for (const each of steps) await run.take(each);
        await run.compare(run.trimmed, 100_000);
        ({ store } = run);
      }),
      { numRuns: 20, seed: 20_240_607 },
    );
    expect(number).toBeGreaterThanOrEqual(20);
  });
}

class ModelRun {
  readonly #place: AcceptancePlace;
  readonly #key: StreamKey;
  readonly #records: StreamRecord[] = [];
  store: Store;
  trimmed = 0;
  #tail = 0;

  constructor(place: AcceptancePlace, store: Store, key: StreamKey) {
    this.#place = place;
    this.store = store;
    this.#key = key;
  }

  async begin(): Promise<void> {
    const session = { id: this.#key.session, name: "", createdAt: 0, lastActivityAt: 0, details: "" };
    await this.store.commit(
      [
        { op: "put-session", session },
        { op: "append", ...this.#key, records: [] },
      ],
      "normal",
    );
  }

  async take(each: Step): Promise<void> {
    switch (each.do) {
      case "append":
        return this.#append(each.records);
      case "snapshot":
        return this.#snapshot();
      case "trim":
        return this.#trim(each.maxBytes);
      case "drop":
        return this.#drop();
      case "read":
        return this.compare(this.trimmed + Math.floor(each.at * (this.#tail - this.trimmed)), each.pageBytes);
      case "reopen":
        return this.#reopen();
      default:
        return each satisfies never;
    }
  }

  /** Reads to the tail in pages and compares with the model. */
  async compare(from: number, pageBytes: number): Promise<void> {
    const found = joined(await this.#readAll(from, pageBytes));
    const expected = joined(this.#records.flatMap((one) => cutBefore(one, from)));
    assert.deepEqual(found.map(comparable), expected.map(comparable));
  }

  async #append(records: readonly NewRecord[]): Promise<void> {
    assert.deepEqual(await this.store.commit([{ op: "append", ...this.#key, records, expectedTail: this.#tail }], "normal"), { ok: true });
    for (const one of records) {
      if (one.kind === "resize" || one.data.length > 0) this.#records.push({ ...one, offset: this.#tail });
      this.#tail += one.data.length;
    }
  }

  async #snapshot(): Promise<void> {
    const snapshot = { ...this.#key, kind: "screen", version: 1, offset: this.#tail, cols: 1, rows: 1, data: new Uint8Array(3) };
    assert.deepEqual(await this.store.commit([{ op: "put-snapshot", snapshot }], "normal"), { ok: true });
  }

  async #drop(): Promise<void> {
    await this.store.commit([{ op: "drop-stream", ...this.#key }], "normal");
    this.trimmed = this.#tail;
  }

  async #trim(maxBytes: number): Promise<void> {
    const dropped = await this.store.trim(this.#key, { maxBytes, maxAgeMs: Number.MAX_SAFE_INTEGER / 2 }, 2_000_000);
    this.trimmed += dropped;
    if (dropped === 0) return;
    assert.ok(this.#tail - this.trimmed >= Math.min(maxBytes, this.#tail));
    const gone = await this.store.read(this.#key, this.trimmed - 1, 1);
    assert.ok(!gone.ok && gone.reason === "gone");
    assert.equal(gone.snapshot?.offset, this.trimmed);
  }

  async #reopen(): Promise<void> {
    await this.store.close();
    this.store = await this.#place.open();
  }

  async #readAll(from: number, pageBytes: number): Promise<StreamRecord[]> {
    const all: StreamRecord[] = [];
    for (let offset = from; ;) {
      const page = await this.store.read(this.#key, offset, pageBytes);
      if (!page.ok) throw new Error(`page at ${offset}: ${page.reason}`);
      assert.deepEqual([page.state.trimmed, page.state.tail], [this.trimmed, this.#tail]);
      all.push(...page.records);
      offset += page.records.reduce((sum, one) => sum + one.data.length, 0);
      if (offset >= this.#tail) return all;
    }
  }
}

function comparable(one: StreamRecord): unknown {
  return { ...one, data: Buffer.from(one.data).toString("base64") };
}

function cutBefore(one: StreamRecord, from: number): StreamRecord[] {
  if (one.kind === "resize") return one.offset >= from ? [one] : [];
  const missed = Math.max(from - one.offset, 0);
  return missed < one.data.length ? [{ ...one, offset: one.offset + missed, data: one.data.subarray(missed) }] : [];
}

/** Neighbouring output (or error output) of one time as one record. */
function joined(records: readonly StreamRecord[]): StreamRecord[] {
  const result: StreamRecord[] = [];
  for (const one of records) {
    const last = result.at(-1);
    const isJoinable = (one.kind === "output" || one.kind === "error") && last?.kind === one.kind && last.time === one.time;
    if (last && isJoinable) result[result.length - 1] = { ...last, data: Buffer.concat([last.data, one.data]) };
    else result.push(one);
  }
  return result;
}

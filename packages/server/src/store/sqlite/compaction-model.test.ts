/** Random steps over compaction, compared with the bytes in memory; after each the rows must be in order and without a gap. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FakeClock } from "../../testing/fake-clock.ts";
import { type EngineStore, lengthsOf, lines, openEngine, rowsOf } from "./engine-fixture.ts";
import { type StoreDirectory, TERMINAL, append, noise, putSession, screen, storeDirectory } from "./fixture.ts";

const KIB = 1024;
const LONG_MS = 60_000;
const KEEP_ALL_AGES = Number.MAX_SAFE_INTEGER / 2;

type Step =
  | { readonly do: "append"; readonly sizes: readonly number[]; readonly noisy: boolean; readonly kind: "output" | "error" | "event" }
  | { readonly do: "resize" }
  | { readonly do: "trim"; readonly kept: number; readonly back: number }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "read"; readonly at: number; readonly bytes: number }
  | { readonly do: "reopen" };

const size = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 5_000, max: 30_000 }), fc.integer({ min: 60_000, max: 300_000 }));
const kind = fc.constantFrom(
  "output" as const,
  "output" as const,
  "output" as const,
  "output" as const,
  "error" as const,
  "event" as const,
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant("append" as const), sizes: fc.array(size, { maxLength: 8 }), noisy: fc.boolean(), kind }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "resize" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("trim" as const), kept: fc.nat(600_000), back: fc.nat(100_000) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(1, 99, 101, 103, 2_500, 15_000) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("read" as const), at: fc.double({ min: 0, max: 1, noNaN: true }), bytes: fc.nat(400_000) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "reopen" as const }) },
);

test("whatever is appended, compacted, trimmed and read, the bytes are those of a list in memory", { timeout: 60_000 }, async () => {
  let largest = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50 }), async (steps) => {
      await using directory = storeDirectory();
      const model = new Model(directory);
      await model.begin();
      for (const each of steps) await model.take(each);
      await model.take({ do: "pass", ms: LONG_MS });
      await model.take({ do: "read", at: 0, bytes: 10_000_000 });
      largest = Math.max(largest, ...lengthsOf(directory.file));
      await model.end();
    }),
    { numRuns: 25, seed: 11 },
  );
  expect(largest).toBeGreaterThan(200 * KIB);
});

class Model {
  readonly #directory: StoreDirectory;
  readonly #clock = new FakeClock();
  #store: EngineStore;
  #bytes = Buffer.alloc(0);
  #trimmed = 0;
  #number = 0;

  constructor(directory: StoreDirectory) {
    this.#directory = directory;
    this.#store = openEngine(directory, this.#clock);
  }

  async begin(): Promise<void> {
    await this.#store.commit([putSession(), append([])], "full");
  }

  async end(): Promise<void> {
    await this.#store.close();
  }

  async take(each: Step): Promise<void> {
    const [store, clock] = [this.#store, this.#clock];
    this.#number += 1;
    switch (each.do) {
      case "append":
        await this.#append(each);
        break;
      case "resize":
        await store.commit(
          [append([{ kind: "resize", time: this.#number, data: new Uint8Array(0), size: { cols: 9, rows: 9 } }])],
          "normal",
        );
        break;
      case "trim":
        await store.commit([screen(Math.max(this.#bytes.length - each.back, this.#trimmed))], "normal");
        this.#trimmed += await store.trim(TERMINAL, { maxBytes: each.kept, maxAgeMs: KEEP_ALL_AGES }, 1);
        break;
      case "pass":
        clock.advance(each.ms);
        break;
      case "read":
        await this.#read(each);
        break;
      case "reopen":
        await store.close();
        this.#store = openEngine(this.#directory, clock);
        break;
      default:
        each satisfies never;
    }
    rowsOf(this.#directory.file);
  }

  async #append({ sizes, noisy, kind: given }: Extract<Step, { do: "append" }>): Promise<void> {
    for (const [index, bytes] of sizes.entries()) {
      const seed = this.#number * 10 + index;
      const data = noisy ? Buffer.from(noise(seed, bytes)) : Buffer.from(lines(seed, bytes));
      await this.#store.commit([append([{ kind: given, time: seed, data }])], "normal");
      this.#bytes = Buffer.concat([this.#bytes, data]);
    }
  }

  async #read({ at, bytes }: Extract<Step, { do: "read" }>): Promise<void> {
    const from = this.#trimmed + Math.floor(at * (this.#bytes.length - this.#trimmed));
    const page = await this.#store.read(TERMINAL, from, bytes);
    if (!page.ok) throw new Error(page.reason);
    assert.deepEqual([page.state.trimmed, page.state.tail], [this.#trimmed, this.#bytes.length]);
    const found = Buffer.concat(page.records.map((record) => record.data));
    assert.ok(found.equals(this.#bytes.subarray(from, from + found.length)));
    assert.ok(found.length >= Math.min(bytes, this.#bytes.length - from));
  }
}

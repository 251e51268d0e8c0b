import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { FakeClock } from "../../testing/fake-clock.ts";
import { storeAcceptance } from "../acceptance.ts";
import type { NewRecord, Store } from "../store.ts";
import { lengthsOf, lines, openEngine, print, rowsOf } from "./engine-fixture.ts";
import { type StoreDirectory, TERMINAL, append, output, putSession, readText, storeDirectory } from "./fixture.ts";

const KIB = 1024;
const LONG_MS = 60_000;

/** Opens a store whose time passes only as `afterwards` and the test say. */
function openAt(directory: StoreDirectory, afterwards: (clock: FakeClock) => void = () => undefined, bootId = "boot-1") {
  const clock = new FakeClock();
  return { clock, store: openEngine(directory, clock, () => afterwards(clock), bootId) };
}

storeAcceptance("SQLite, compacted between any two calls", () => {
  const directory = storeDirectory();
  const opened: Store[] = [];
  return Promise.resolve({
    open: (bootId) => {
      const { store } = openAt(directory, (clock) => clock.advance(LONG_MS), bootId);
      opened.push(store);
      return Promise.resolve(store);
    },
    remove: async () => {
      for (const store of opened) await store.close();
      await directory[Symbol.asyncDispose]();
    },
  });
});

describe("a stream that prints", () => {
  test("is compacted behind itself in rows of up to 256 KiB, however it prints", async () => {
    for (const bytes of [700, 9_000, 100_000]) {
      await using directory = storeDirectory();
      // Calls never rest.
      const { store } = openAt(directory, (clock) => clock.advance(90));
      await store.commit([putSession()], "full");
      const text = await print(store, Math.ceil(1_500_000 / bytes), bytes);
      const lengths = lengthsOf(directory.file);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(256 * KIB);
      expect(lengths.filter((length) => length > 190 * KIB).length).toBeGreaterThanOrEqual(bytes === 100_000 ? 0 : 3);
      expect((await readText(store)) === text).toBe(true);
      await store.close();
    }
  });

  test("is left alone while it does", async () => {
    await using directory = storeDirectory();
    const { store, clock } = openAt(directory, () => clock.advance(1));
    await store.commit([putSession()], "full");
    await print(store, 100, 9_000);
    expect(Math.max(...lengthsOf(directory.file))).toBe(64 * KIB);
    clock.advance(200);
    expect(Math.max(...lengthsOf(directory.file))).toBe(256 * KIB);
    await store.close();
  });
});

describe("a stream that is quiet", () => {
  test("is compacted once, to its end, and takes less than before", async () => {
    await using directory = storeDirectory();
    const { store, clock } = openAt(directory);
    await store.commit([putSession()], "full");
    const text = await print(store, 70, 10_000);
    const before = await store.stats();
    clock.advance(LONG_MS);
    const rows = rowsOf(directory.file);
    expect(rows.every((row) => row.encoding === 1)).toBe(true);
    expect(rows).toHaveLength(3);
    const after = await store.stats();
    expect(after.storedBytes).toBeLessThan(before.storedBytes * 0.7);
    clock.advance(60 * LONG_MS);
    expect(rowsOf(directory.file)).toEqual(rows);
    expect(clock.pending).toBe(0);
    expect((await readText(store)) === text).toBe(true);
    await store.close();
  });

  test("that prints a little now and then is not written anew each time", async () => {
    await using directory = storeDirectory();
    const { store, clock } = openAt(directory);
    await store.commit([putSession()], "full");
    let written = 0;
    let known = new Map<number, string>();
    for (let index = 0; index < 400; index += 1) {
      await print(store, 1, 500, index);
      clock.advance(LONG_MS);
      const rows = new Map(rowsOf(directory.file).map((row) => [row.id, JSON.stringify(row)]));
      for (const row of rowsOf(directory.file)) if (row.encoding === 1 && known.get(row.id) !== rows.get(row.id)) written += row.length;
      known = rows;
    }
    expect(lengthsOf(directory.file).length).toBeLessThan(30);
    expect(written / 200_000).toBeLessThan(10);
    await store.close();
  });

  test("of single keystrokes becomes few rows, a bounded number at a time", async () => {
    await using directory = storeDirectory();
    const { store, clock } = openAt(directory);
    await store.commit([putSession()], "full");
    const text = await print(store, 1_500, 3);
    expect(lengthsOf(directory.file)).toHaveLength(1_500);
    clock.advance(LONG_MS);
    expect(lengthsOf(directory.file).length).toBeLessThan(16);
    const all = await store.read(TERMINAL, 0, 10_000);
    expect(all.ok && all.records.map((record) => record.time)).toEqual(Array.from({ length: 1_500 }, (_, index) => 1_000 + index));
    expect((await readText(store)) === text).toBe(true);
    await store.close();
  });

  test("is found by the next life, too", async () => {
    await using directory = storeDirectory();
    const first = openAt(directory).store;
    await first.commit([putSession()], "full");
    const text = await print(first, 70, 10_000);
    await first.close();
    const { store, clock } = openAt(directory);
    await store.sessions();
    clock.advance(9_000);
    expect(lengthsOf(directory.file).length).toBeGreaterThan(10);
    clock.advance(LONG_MS);
    expect(lengthsOf(directory.file)).toHaveLength(3);
    expect((await readText(store)) === text).toBe(true);
    await store.close();
  });

  test("goes on behind its compacted end", async () => {
    await using directory = storeDirectory();
    const { store, clock } = openAt(directory);
    await store.commit([putSession()], "full");
    let text = await print(store, 3, 10_000);
    clock.advance(LONG_MS);
    text += await print(store, 20, 10_000, 3);
    expect((await readText(store)) === text).toBe(true);
    clock.advance(LONG_MS);
    expect(lengthsOf(directory.file)).toEqual([230_000]);
    await store.close();
  });
});

describe("rows stay apart", () => {
  test("on both sides of a resize and of another kind", async () => {
    await using directory = storeDirectory();
    const { store, clock } = openAt(directory);
    const size: NewRecord = { kind: "resize", time: 2, data: new Uint8Array(0), size: { cols: 100, rows: 30 } };
    const error: NewRecord = { ...output(lines(7, 9_000), 4), kind: "error" };
    await store.commit([putSession()], "full");
    for (const records of [[output(lines(1, 5_000))], [output(lines(2, 5_000))], [size, size], [output(lines(3, 600))], [error]])
      await store.commit([append(records)], "normal");
    const before = await store.read(TERMINAL, 0, 100_000);
    clock.advance(LONG_MS);
    expect(rowsOf(directory.file).map(({ kind, length, encoding }) => [kind, length, encoding])).toEqual([
      ["output", 10_000, 1],
      ["output", 600, 1],
      ["error", 9_000, 1],
    ]);
    const after = await store.read(TERMINAL, 0, 100_000);
    expect(after.ok && after.records.map(({ kind, offset, data }) => [kind, offset, data.length])).toEqual([
      ["output", 0, 10_000],
      ["resize", 10_000, 0],
      ["resize", 10_000, 0],
      ["output", 10_000, 600],
      ["error", 10_600, 9_000],
    ]);
    expect(before.ok && after.ok && before.records.map(({ offset }) => offset)).toContain(10_600);
    await store.close();
  });

  test("that came more than a day apart, so that old output can go by its age", async () => {
    await using directory = storeDirectory();
    const { store, clock } = openAt(directory);
    const day = 24 * 60 * 60_000;
    await store.commit([putSession()], "full");
    for (const time of [0, 1, day + 2, day + 3]) await store.commit([append([output(lines(time, 5_000), time)])], "normal");
    clock.advance(LONG_MS);
    expect(lengthsOf(directory.file)).toEqual([10_000, 10_000]);
    await store.close();
  });

  test("if one is damaged: all others are compacted, and it is left to its reader", async () => {
    await using directory = storeDirectory();
    const { store, clock } = openAt(directory);
    await store.commit([putSession()], "full");
    await print(store, 100, 10_000);
    const other = new DatabaseSync(directory.file);
    other.exec("UPDATE chunk SET data = zeroblob(length(data)) WHERE offset = 65536");
    other.close();
    clock.advance(LONG_MS);
    const lengths = lengthsOf(directory.file);
    expect(lengths.slice(0, 4)).toEqual([64 * KIB, 64 * KIB, 64 * KIB, 64 * KIB]);
    expect(lengths.slice(4).every((length) => length > 190 * KIB)).toBe(true);
    await expect(store.read(TERMINAL, 65_536, 10)).rejects.toMatchObject({ code: "internal" });
    await store.close();
  });
});

test("what is gained is given back to the disk", async () => {
  await using directory = storeDirectory();
  const { store, clock } = openAt(directory);
  await store.commit([putSession()], "full");
  await print(store, 1_500, 20_000);
  const before = await store.stats();
  clock.advance(LONG_MS);
  const after = await store.stats();
  const spareBytes = 1024 * KIB;
  expect(after.storedBytes).toBeLessThan(before.storedBytes * 0.7);
  expect(after.fileBytes).toBeLessThan(after.storedBytes * 1.1 + spareBytes);
  await store.close();
});

test("a server that was replaced compacts nothing more", async () => {
  await using directory = storeDirectory();
  const frozen = openAt(directory);
  await frozen.store.commit([putSession()], "full");
  await print(frozen.store, 100, 10_000);
  const successor = openAt(directory);
  const rows = rowsOf(directory.file);
  frozen.clock.advance(LONG_MS);
  expect(rowsOf(directory.file)).toEqual(rows);
  expect(frozen.clock.pending).toBe(0);
  await frozen.store.close();
  await successor.store.close();
});

import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { Store, Write } from "../store.ts";
import { TERMINAL, append, noise, output, putSession, readText, screen, storeDirectory } from "./fixture.ts";

interface Rows {
  readonly encoding: number;
  readonly rows: number;
  readonly bytes: number;
  readonly largest: number;
}

/** Rows with bytes of the only stream, by encoding: 0 raw, 1 compressed. */
function rowsOf(file: string): Rows[] {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const sql =
      "SELECT encoding, count(*) AS rows, sum(length) AS bytes, max(length) AS largest FROM chunk WHERE length > 0 GROUP BY encoding";
    return db.prepare(sql).all() as unknown as Rows[];
  } finally {
    db.close();
  }
}

async function appendAll(store: Store, writes: readonly Write[]): Promise<void> {
  await Promise.all(writes.map((write) => store.commit([write], "normal")));
  // Answered after what was sealed behind the last commit.
  await store.stats();
}

test("slow output stays raw until a block has gathered, and keeps the time of each piece", async () => {
  await using directory = storeDirectory();
  const store = await directory.open();
  await store.commit([putSession()], "full");
  await appendAll(
    store,
    Array.from({ length: 600 }, (_, index) => append([output("x".repeat(100), 5_000 + index)])),
  );
  expect(rowsOf(directory.file).map((row) => row.encoding)).toEqual([0]);
  await appendAll(
    store,
    Array.from({ length: 100 }, (_, index) => append([output("x".repeat(100), 5_600 + index)])),
  );
  expect(rowsOf(directory.file)).toMatchObject([{ encoding: 0 }, { encoding: 1, rows: 1, bytes: 65_536 }]);
  const all = await store.read(TERMINAL, 0, 100_000);
  const times = all.ok ? all.records.map((record) => record.time) : [];
  expect([...new Set(times)]).toEqual(Array.from({ length: 700 }, (_, index) => 5_000 + index));
});

test("a firehose is written compressed at once", async () => {
  await using directory = storeDirectory();
  const store = await directory.open();
  await store.commit([putSession()], "full");
  await appendAll(
    store,
    Array.from({ length: 20 }, () => append([output("line of output\r\n".repeat(16_384))])),
  );
  const [first] = rowsOf(directory.file);
  expect(first).toMatchObject({ encoding: 1, bytes: 20 * 262_144, largest: 65_536 });
  const stats = await store.stats();
  expect(stats.logBytes / stats.storedBytes).toBeGreaterThan(50);
});

test("appends that complete no block by themselves do not leave small rows behind", async () => {
  await using directory = storeDirectory();
  const store = await directory.open();
  await store.commit([putSession()], "full");
  await appendAll(
    store,
    Array.from({ length: 100 }, (_, index) => append([output(noise(index, 20_000))])),
  );
  const sealed = rowsOf(directory.file).find((row) => row.encoding === 1);
  expect(sealed?.bytes ?? 0).toBeGreaterThan(1_900_000);
  expect((sealed?.bytes ?? 0) / (sealed?.rows ?? 1)).toBeGreaterThan(40_000);
});

test("a resize ends a block, and what came before it is sealed", async () => {
  await using directory = storeDirectory();
  const store = await directory.open();
  await store.commit([putSession()], "full");
  const size = { cols: 100, rows: 30 };
  await appendAll(store, [
    append([output("a".repeat(10_000), 1)]),
    append([{ kind: "resize", time: 2, data: new Uint8Array(0), size }, output("b".repeat(100), 3)]),
  ]);
  expect(rowsOf(directory.file)).toMatchObject([
    { encoding: 0, bytes: 100 },
    { encoding: 1, bytes: 10_000 },
  ]);
  const all = await store.read(TERMINAL, 0, 100_000);
  expect(all.ok && all.records.map((record) => [record.kind, record.offset, record.data.length])).toEqual([
    ["output", 0, 10_000],
    ["resize", 10_000, 0],
    ["output", 10_000, 100],
  ]);
});

test("the file shrinks after trimming and after deleting", async () => {
  await using directory = storeDirectory();
  const store = await directory.open();
  await store.commit([putSession()], "full");
  for (let index = 0; index < 60; index += 1) await store.commit([append([output(noise(index, 200_000))])], "normal");
  const full = await store.stats();
  await store.commit([screen(11_000_000)], "full");
  await store.trim(TERMINAL, { maxBytes: 1_000_000, maxAgeMs: Number.MAX_SAFE_INTEGER / 2 }, 1);
  const shrinks = async (toBytes: number): Promise<boolean> => {
    for (let attempt = 0; attempt < 2_000; attempt += 1) if ((await store.stats()).fileBytes < toBytes) return true;
    return false;
  };
  expect(await shrinks(full.fileBytes / 3)).toBe(true);
  expect(await readText(store, TERMINAL, 11_999_000)).toHaveLength(1_000);
  await store.commit([{ op: "delete-session", session: "s" }], "full");
  expect(await shrinks(2_000_000)).toBe(true);
});

test("what a refused commit would have sealed leaves the rows of others as they are", async () => {
  await using directory = storeDirectory();
  const store = await directory.open();
  await store.commit([putSession()], "full");
  const size = { kind: "resize", time: 1, data: new Uint8Array(0), size: { cols: 90, rows: 20 } } as const;
  const refused = append([output("LOST".repeat(1_250)), size]);
  const results = await Promise.all([
    store.commit([refused, { op: "apply", run: "none", record: 1, offset: 1 }], "normal"),
    store.commit([append([output("a".repeat(3_000)), size, { ...output("b".repeat(3_000)), kind: "error" }, size])], "normal"),
  ]);
  expect(results.map(({ ok }) => ok)).toEqual([false, true]);
  await store.stats();
  const all = await store.read(TERMINAL, 0, 100_000);
  expect(all.ok && all.records.map(({ kind, offset, data }) => [kind, offset, data.length])).toEqual([
    ["output", 0, 3_000],
    ["resize", 3_000, 0],
    ["error", 3_000, 3_000],
    ["resize", 6_000, 0],
  ]);
});

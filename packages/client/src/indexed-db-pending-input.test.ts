// oxlint-disable import/no-unassigned-import -- the package puts the classes of IndexedDB into the global scope.
import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { beforeEach, describe, expect, test } from "vitest";
import { openPendingInput } from "./indexed-db-pending-input.ts";
import { createMemoryPendingInput, type PendingInput, type PendingInputRecord } from "./pending-input.ts";

function record(seq: number, changes: Partial<PendingInputRecord> = {}): PendingInputRecord {
  return { session: "s1", runId: "r1", run: 1, writer: "w", seq, bytes: Uint8Array.of(seq), ...changes };
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

describe.each([
  ["in memory", () => createMemoryPendingInput()],
  ["in IndexedDB", () => openPendingInput()],
])("pending input %s", (_where, open: () => PendingInput) => {
  test("comes back in the order in which it was put, session by session", async () => {
    const store = open();
    const put = [record(2), record(3), record(1, { writer: "another" }), record(1, { session: "s2" })];
    await Promise.all(put.map((one) => store.put(one)));
    expect(await store.load("s1")).toEqual(put.slice(0, 3));
    expect(await store.load("s2")).toEqual([put[3]]);
    expect(await store.load("s3")).toEqual([]);
  });

  test("is forgotten up to what was acknowledged, of that writer and run only", async () => {
    const store = open();
    const kept = [record(3), record(1, { writer: "another" }), record(1, { runId: "r2" }), record(1, { session: "s2" })];
    for (const one of [record(1), record(2), ...kept]) await store.put(one);
    await store.remove("s1", "r1", "w", 2);
    expect([...(await store.load("s1")), ...(await store.load("s2"))]).toEqual(kept);
  });

  test("takes calls in the order in which they were made, though nobody waits for them", async () => {
    const store = open();
    const putting = store.put(record(1));
    const removing = store.remove("s1", "r1", "w", 1);
    const loading = store.load("s1");
    await Promise.all([putting, removing]);
    expect(await loading).toEqual([]);
  });
});

test("pending input in IndexedDB is there when the page is loaded again", async () => {
  await openPendingInput().put(record(1));
  expect(await openPendingInput().load("s1")).toEqual([record(1)]);
});

test("of input that nobody ever came back for, the oldest goes", async () => {
  const store = openPendingInput();
  for (let seq = 1; seq <= 5; seq += 1) await store.put(record(seq));
  const left = await openPendingInput({ maxFrames: 3 }).load("s1");
  expect(left.map(({ seq }) => seq)).toEqual([3, 4, 5]);
});

test("without IndexedDB every call rejects, and a later one tries again", async () => {
  const factory = globalThis.indexedDB;
  const store = openPendingInput();
  globalThis.indexedDB = {
    open: () => {
      throw new Error("not in this mode");
    },
  } as unknown as IDBFactory;
  await expect(store.put(record(1))).rejects.toThrow("not in this mode");
  globalThis.indexedDB = factory;
  await store.put(record(1));
  expect(await store.load("s1")).toEqual([record(1)]);
});

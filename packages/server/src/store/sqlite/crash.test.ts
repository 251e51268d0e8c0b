import { expect, test } from "vitest";
import type { Store } from "../store.ts";
import { TERMINAL, readText, storeDirectory } from "./fixture.ts";
import { runWriter, type WriterEnd, writtenText } from "./process-fixture.ts";
import { MIGRATIONS } from "./schema.ts";

/** The log is exactly what was written up to its tail, and the run's marks say the same. */
async function expectExact(store: Store): Promise<number> {
  const state = await store.streamState(TERMINAL);
  const [trimmed, tail] = [state?.trimmed ?? 0, state?.tail ?? 0];
  expect((await readText(store, TERMINAL, trimmed)) === writtenText(trimmed, tail)).toBe(true);
  const [run] = await store.runs("s");
  expect(run?.appliedOffset ?? 0).toBe(tail);
  expect(state?.incarnation ?? 1).toBe(1);
  return tail;
}

/** Nothing acknowledged is missing; beyond it there may be the commit that was under way. */
function expectAcknowledged(tail: number, { acknowledged }: WriterEnd, bytes: number): void {
  expect(tail).toBeGreaterThanOrEqual(acknowledged);
  expect(tail).toBeLessThanOrEqual(acknowledged + bytes);
}

test.for([
  ["store-before-transaction", 30, [1_000, 40_000]],
  ["store-inside-transaction", 30, [1_000, 40_000]],
  ["store-after-transaction", 30, [1_000, 40_000]],
  // Larger appends are compressed at once: there would be nothing to seal.
  ["store-after-seal", 2, [1_000, 5_000]],
  ["store-after-trim", 1, [1_000, 40_000]],
] as const)("a process killed at %s has lost nothing that it acknowledged", { timeout: 130_000 }, async ([point, count, sizes]) => {
  await using directory = storeDirectory();
  for (const bytes of sizes) {
    const durability = bytes === 1_000 ? "full" : "normal";
    const end = await runWriter({ file: directory.file, commits: 400, bytes, durability, env: { PERDURE_CRASH: `${point}:${count}` } });
    expect(end).toMatchObject({ signal: "SIGKILL" });
    const store = await directory.open();
    expect(store.report).toMatchObject({ powerCut: false, recovered: null });
    expectAcknowledged(await expectExact(store), end, bytes);
    await store.close();
  }
});

test.for([
  ["store-inside-compaction", 1],
  ["store-inside-compaction", 3],
  ["store-after-compaction", 1],
  ["store-after-compaction", 3],
] as const)("a process killed at %s (%i) has the old rows or the new ones", { timeout: 130_000 }, async ([point, count]) => {
  await using directory = storeDirectory();
  // Less than 16 KiB a commit is sealed in rows of 64 KiB; at the end there are enough of them for several steps.
  for (const bytes of [14_000, 40_000]) {
    const env = { PERDURE_CRASH: `${point}:${count}` };
    const end = await runWriter({ file: directory.file, commits: 439, bytes, stays: true, env });
    expect(end).toMatchObject({ signal: "SIGKILL" });
    const store = await directory.open();
    expect(store.report).toMatchObject({ powerCut: false, recovered: null });
    // A slow writer may still have been writing: a store that is never quiet compacts all the same.
    expectAcknowledged(await expectExact(store), end, bytes);
    await store.close();
  }
});

test("a process killed inside a migration has changed nothing, and the next one migrates", { timeout: 130_000 }, async () => {
  await using directory = storeDirectory();
  const killed = await runWriter({ file: directory.file, commits: 1, bytes: 10, env: { PERDURE_CRASH: "store-inside-migration:1" } });
  expect(killed).toMatchObject({ signal: "SIGKILL", acknowledged: 0 });
  const store = await directory.open();
  expect(store.report).toMatchObject({ schema: MIGRATIONS.length, recovered: null });
  expect(await store.sessions()).toEqual([]);
});

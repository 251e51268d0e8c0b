import { expect, test } from "vitest";
import type { CommitOutcome } from "./calls.ts";
import { type Batch, GroupCommit, MAX_BATCH_BYTES, MAX_BATCH_WRITES } from "./group-commit.ts";
import type { Write } from "./store.ts";

/** A worker whose transactions end when the test says so. */
function manualWorker() {
  const batches: {
    readonly batch: Batch;
    readonly end: (outcomes?: readonly CommitOutcome[]) => void;
    readonly fail: (error: Error) => void;
  }[] = [];
  const groups = new GroupCommit(
    (batch) =>
      new Promise((resolve, reject) => {
        const end = (outcomes: readonly CommitOutcome[] = batch.commits.map(() => ({ ok: true }) as const)) => resolve(outcomes);
        batches.push({ batch, end, fail: reject });
      }),
  );
  return { batches, groups };
}

function append(bytes: number): Write {
  return { op: "append", session: "s", stream: "terminal", records: [{ kind: "output", time: 1, data: new Uint8Array(bytes) }] };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("commits of one moment share a transaction, started at once", async () => {
  const { batches, groups } = manualWorker();
  const all = Array.from({ length: 500 }, () => groups.commit([append(10)], "normal"));
  await turn();
  expect(batches.map(({ batch }) => batch.commits.length)).toEqual([500]);
  batches[0]?.end();
  expect(await Promise.all(all)).toHaveLength(500);
});

test("what arrives while a transaction is in flight is the next one", async () => {
  const { batches, groups } = manualWorker();
  const first = groups.commit([append(1)], "normal");
  await turn();
  const later = [groups.commit([append(2)], "normal"), groups.commit([append(3)], "normal")];
  await turn();
  expect(batches).toHaveLength(1);
  batches[0]?.end();
  await first;
  await turn();
  expect(batches[1]?.batch.commits).toHaveLength(2);
  batches[1]?.end();
  await Promise.all(later);
});

test("a transaction is bounded by bytes and by writes; a larger commit goes alone", async () => {
  const { batches, groups } = manualWorker();
  const half = append(MAX_BATCH_BYTES / 2);
  const many = Array.from({ length: MAX_BATCH_WRITES }, () => append(0));
  for (const writes of [[half], [half], [half], [append(MAX_BATCH_BYTES * 2)], many, [append(1)]]) void groups.commit(writes, "normal");
  const sizes: number[] = [];
  for (let index = 0; index < 4; index += 1) {
    await turn();
    sizes.push(batches[index]?.batch.commits.length ?? 0);
    batches[index]?.end();
  }
  await turn();
  batches[4]?.end();
  await groups.idle();
  expect(sizes).toEqual([2, 1, 1, 1]);
});

test("one full commit makes its transaction a full one", async () => {
  const { batches, groups } = manualWorker();
  void groups.commit([append(1)], "normal");
  void groups.commit([append(1)], "full");
  await turn();
  expect(batches[0]?.batch.durability).toBe("full");
  batches[0]?.end();
  await groups.idle();
});

test("all bytes of a batch lie in one buffer, apart from the caller's", async () => {
  const { batches, groups } = manualWorker();
  const data = Uint8Array.from([1, 2, 3]);
  void groups.commit([{ op: "append", session: "s", stream: "terminal", records: [{ kind: "output", time: 1, data }] }], "normal");
  void groups.commit([{ op: "append-send", send: { run: "r", seq: 1, bytes: Uint8Array.from([4]), cause: "" } }], "normal");
  await turn();
  const batch = batches[0]?.batch;
  expect([...new Uint8Array(batch?.buffer ?? new ArrayBuffer())]).toEqual([1, 2, 3, 4]);
  expect(data.buffer).not.toBe(batch?.buffer);
  batches[0]?.end();
  await groups.idle();
});

test("each commit gets its own outcome, and a failed transaction fails those in it only", async () => {
  const { batches, groups } = manualWorker();
  const refused = groups.commit([append(1)], "normal");
  const failed = groups.commit([append(1)], "normal");
  await turn();
  batches[0]?.end([{ ok: false, reason: "gap", at: 0 }, { failure: { code: "internal", message: "no" } }]);
  expect(await refused).toEqual({ ok: false, reason: "gap", at: 0 });
  await expect(failed).rejects.toMatchObject({ code: "internal" });
  const lost = groups.commit([append(1)], "normal");
  await turn();
  batches[1]?.fail(new Error("disk"));
  await expect(lost).rejects.toThrow("disk");
  const next = groups.commit([append(1)], "normal");
  await turn();
  batches[2]?.end();
  expect(await next).toEqual({ ok: true });
});

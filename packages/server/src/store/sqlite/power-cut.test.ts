import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import type { Store } from "../store.ts";
import { TERMINAL, append, output, putSession, readText, storeDirectory } from "./fixture.ts";
import { runWriter, writtenText } from "./process-fixture.ts";

afterEach(() => vi.unstubAllEnvs());

/** Copies the database as a power cut would leave it: the log ends where it was last synced. */
function cutPower(from: string, mark: string, to: string): void {
  const synced = Number(fs.readFileSync(mark, "utf8"));
  // In another process: closing a database file here would drop the locks of the store that has it open.
  execFileSync("cp", [from, to]);
  if (fs.existsSync(`${from}-wal`)) execFileSync("cp", [`${from}-wal`, `${to}-wal`]);
  if (fs.existsSync(`${to}-wal`)) fs.truncateSync(`${to}-wal`, Math.min(synced, fs.statSync(`${to}-wal`).size));
}

function markSyncs(directory: string): string {
  const mark = path.join(directory, "mark");
  vi.stubEnv("PERDURE_SYNC_MARK", mark);
  return mark;
}

test("a power cut takes output since the last sync, never a full commit", async () => {
  await using directory = storeDirectory();
  await using after = storeDirectory();
  const mark = markSyncs(directory.path);
  const store = await directory.open();
  await store.commit([putSession(), append([output("acknowledged")])], "full");
  await store.commit([append([output(", then lost")])], "normal");
  cutPower(directory.file, mark, after.file);
  vi.unstubAllEnvs();
  const next = await after.open("boot-2");
  expect(next.report).toMatchObject({ powerCut: true, recovered: null });
  expect(await readText(next)).toBe("acknowledged");
  expect(await next.streamState(TERMINAL)).toMatchObject({ incarnation: 2, tail: 12 });
  // A client that was shown more is beyond the tail.
  expect(await next.read(TERMINAL, 23, 10)).toMatchObject({ ok: false, reason: "beyond-tail" });
});

test("output reaches the disk soon, without any full commit", async () => {
  await using directory = storeDirectory();
  await using after = storeDirectory();
  const mark = markSyncs(directory.path);
  const store = await directory.open();
  await store.commit([putSession()], "full");
  await store.commit([append([output("quiet output")])], "normal");
  await markReaches(mark, fs.statSync(`${directory.file}-wal`).size);
  cutPower(directory.file, mark, after.file);
  vi.unstubAllEnvs();
  expect(await readText(await after.open("boot-2"))).toBe("quiet output");
});

/** Resolves when the mark says that so many bytes are on disk. */
function markReaches(mark: string, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const watcher = fs.watch(mark, () => check());
    watcher.on("error", reject);
    const check = () => {
      if (Number(fs.readFileSync(mark, "utf8")) < bytes) return;
      watcher.close();
      resolve();
    };
    check();
  });
}

test("wherever a busy writer is cut, what remains is a prefix and consistent", { timeout: 30_000 }, async () => {
  await using directory = storeDirectory();
  const mark = path.join(directory.path, "mark");
  const env = { PERDURE_SYNC_MARK: mark };
  for (const passes of [15, 40, 160]) {
    const crash = `store-after-transaction:${passes}`;
    const end = await runWriter({ file: directory.file, commits: 300, bytes: 30_000, env: { ...env, PERDURE_CRASH: crash } });
    expect(end.signal).toBe("SIGKILL");
    await using after = storeDirectory();
    cutPower(directory.file, mark, after.file);
    await expectPrefix(await after.open("boot-2"), end.acknowledged);
  }
});

async function expectPrefix(store: Store, acknowledged: number): Promise<void> {
  expect(store.report.recovered).toBeNull();
  const state = await store.streamState(TERMINAL);
  const [trimmed, tail] = [state?.trimmed ?? 0, state?.tail ?? 0];
  expect(tail).toBeLessThanOrEqual(acknowledged + 30_000);
  expect((await readText(store, TERMINAL, trimmed)) === writtenText(trimmed, tail)).toBe(true);
  const [run] = await store.runs("s");
  expect(run?.appliedOffset ?? 0).toBe(tail);
  expect(state?.incarnation).toBe(2);
}

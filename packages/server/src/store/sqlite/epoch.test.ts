import * as fs from "node:fs";
import * as path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { openSqliteStore } from "../sqlite-store.ts";
import { TERMINAL, append, output, putSession, readText, storeDirectory } from "./fixture.ts";
import { runWriter } from "./process-fixture.ts";

test("a server that was replaced writes nothing more, however late it comes", async () => {
  await using directory = storeDirectory();
  const frozen = await directory.open();
  await frozen.commit([putSession(), append([output("first")])], "full");
  const successor = await directory.open();
  await successor.commit([append([output(" second")])], "full");
  await expect(frozen.commit([append([output(" late")])], "normal")).rejects.toMatchObject({ code: "stale-epoch" });
  await expect(frozen.commit([append([output(" late")])], "full")).rejects.toMatchObject({ code: "stale-epoch" });
  expect(await frozen.lost).toMatchObject({ code: "stale-epoch" });
  await frozen.close();
  expect(await readText(successor)).toBe("first second");
  expect(await successor.commit([append([output(" third")])], "normal")).toEqual({ ok: true });
});

test("a stale store that closes does not say that the end was clean", async () => {
  await using directory = storeDirectory();
  const stale = await directory.open();
  await stale.commit([putSession(), append([output("x")])], "full");
  await directory.open();
  await stale.close();
  const other = await directory.open("boot-2");
  expect(other.report.powerCut).toBe(true);
  expect((await other.streamState(TERMINAL))?.incarnation).toBe(2);
});

test("a writer in another process is refused as soon as a successor has opened", { timeout: 30_000 }, async () => {
  await using directory = storeDirectory();
  const first = Promise.withResolvers<void>();
  const writer = runWriter({ file: directory.file, commits: 1_000_000, bytes: 100, onFirst: first.resolve });
  await first.promise;
  const successor = await directory.open();
  const end = await writer;
  expect(end.code).toBe(1);
  expect(end.errors).toContain("stale-epoch");
  const state = await successor.streamState(TERMINAL);
  expect(state?.tail).toBeGreaterThanOrEqual(end.acknowledged);
});

test("opening can be given up, and fails clearly where no file can be", async () => {
  await using directory = storeDirectory();
  const start = { worker: new URL("../store-worker.ts", import.meta.url), bootId: "boot-1", version: "0" };
  const controller = new AbortController();
  const opening = openSqliteStore({ ...start, file: directory.file, signal: controller.signal });
  controller.abort(new Error("given up"));
  await expect(opening).rejects.toThrow("given up");
  fs.mkdirSync(path.join(directory.path, "folder"));
  await expect(openSqliteStore({ ...start, file: path.join(directory.path, "folder") })).rejects.toMatchObject({ code: "home-unusable" });
});

test("a database that another process has locked and does not let go of is reported", { timeout: 20_000 }, async () => {
  await using directory = storeDirectory();
  await (await directory.open()).close();
  using holder = new DatabaseSync(directory.file);
  holder.exec("BEGIN IMMEDIATE");
  await expect(directory.open()).rejects.toMatchObject({
    code: "home-unusable",
    message: expect.stringContaining("Another process holds") as string,
  });
  holder.exec("ROLLBACK");
  expect((await directory.open()).report.recovered).toBeNull();
});

test("a file that is older than what the host has seen gets a higher epoch, and its streams a new incarnation", async () => {
  await using directory = storeDirectory();
  const first = await directory.open();
  await first.commit([putSession(), append([output("x")])], "full");
  await first.close();
  const restored = await openSqliteStore({
    worker: new URL("../store-worker.ts", import.meta.url),
    file: directory.file,
    bootId: "boot-1",
    version: "0",
    epochFloor: 41,
  });
  expect(restored.epoch).toBe(42);
  expect((await restored.streamState(TERMINAL))?.incarnation).toBe(2);
  await restored.close();
});

test("of several servers that make a new file at once the last one has it, and the others were replaced", async () => {
  await using directory = storeDirectory();
  const opened = await Promise.allSettled([directory.open(), directory.open(), directory.open()]);
  const stores = opened.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const reasons = opened.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
  expect(reasons).toEqual(reasons.map(() => expect.objectContaining({ code: "stale-epoch" }) as unknown));
  const last = stores.find(({ epoch }) => epoch === 3);
  expect(await last?.commit([putSession()], "full")).toEqual({ ok: true });
});

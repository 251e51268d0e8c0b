import * as fs from "node:fs";
import * as path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PerdureError } from "@perdure/protocol";
import { describe, expect, test } from "vitest";
import type { Store, StreamRecord } from "../store.ts";
import {
  type StoreDirectory,
  TERMINAL,
  append,
  noise,
  output,
  putRun,
  putSession,
  random,
  readText,
  screen,
  storeDirectory,
} from "./fixture.ts";

const OTHER = { session: "other", stream: "terminal" } as const;

/** A store with two sessions of some hundred KiB each, closed. Returns what is in the log of "s". */
async function filled(directory: StoreDirectory): Promise<string> {
  const store = await directory.open();
  await store.commit([putSession(), putRun(), putSession("other")], "full");
  for (let index = 0; index < 30; index += 1) {
    await store.commit([append([output(noise(index, 9_000), index)]), append([output("o".repeat(500))], OTHER)], "normal");
    if (index % 10 === 0) await store.commit([screen(index * 9_000)], "normal");
  }
  await store.commit([{ op: "put-setting", name: "kept", value: "yes" }], "full");
  const text = await readText(store);
  await store.close();
  return text;
}

/** Changes the bytes of the block that holds an offset, as a failing disk would. */
function damageBlock(file: string, offset: number): void {
  const db = new DatabaseSync(file);
  db.prepare("UPDATE chunk SET data = zeroblob(length(data)) WHERE ? BETWEEN offset AND offset + length - 1 AND stream = 1").run(offset);
  db.close();
}

describe("a file that is no database", () => {
  test.each([
    ["garbage", (size: number) => Buffer.from(noise(1, size))],
    ["short", () => Buffer.from("SQLite format 3\0")],
    ["zeros", (size: number) => Buffer.alloc(size)],
  ])("(%s) is set aside, and the store begins anew and says so", async (_name, content) => {
    await using directory = storeDirectory();
    await (await directory.open()).close();
    fs.writeFileSync(directory.file, content(20_000));
    const store = await directory.open();
    expect(store.report.recovered).toMatchObject({ sessions: 0 });
    expect(fs.existsSync(store.report.recovered?.setAside ?? "")).toBe(true);
    expect(await store.commit([putSession(), append([output("new")])], "full")).toEqual({ ok: true });
    // The epoch goes on rising, although the old one could not be read.
    expect(store.epoch).toBeGreaterThan(1_000_000);
    await store.close();
    expect((await directory.open()).report.recovered).toBeNull();
  });
});

describe("a damaged file", () => {
  test("with one block that was changed: reading says so, and the next opening recovers all else", async () => {
    await using directory = storeDirectory();
    const text = await filled(directory);
    damageBlock(directory.file, 150_000);
    const store = await directory.open();
    expect(store.report.recovered).toBeNull();
    await expect(readText(store).then((read) => read.length)).rejects.toMatchObject({
      code: "internal",
      message: expect.stringContaining("restart the server") as string,
    });
    expect(await store.commit([append([output("goes on")])], "full")).toEqual({ ok: true });
    expect(await readText(store, OTHER)).toBe("o".repeat(15_000));
    await store.close();
    const recovered = await directory.open();
    expect(recovered.report.recovered).toMatchObject({ sessions: 2 });
    expect(recovered.report.recovered?.unreadable).toBeGreaterThan(0);
    const found = await readText(recovered);
    expect(found).toHaveLength(text.length + 7);
    expect(found).toContain("bytes could not be read]");
    expect(found.slice(0, 60_000) === text.slice(0, 60_000)).toBe(true);
    expect(found.endsWith("goes on")).toBe(true);
    expect(await recovered.streamState(TERMINAL)).toMatchObject({ incarnation: 2 });
    expect(await recovered.setting("kept")).toBe("yes");
  });

  test("whose first page is lost keeps everything", async () => {
    await using directory = storeDirectory();
    const text = await filled(directory);
    const bytes = fs.readFileSync(directory.file);
    fs.writeFileSync(directory.file, bytes.fill(noise(1, 4096), 0, 4096));
    const store = await directory.open();
    expect(store.report.recovered).toMatchObject({ sessions: 2, unreadable: 0 });
    expect((await readText(store)) === text).toBe(true);
    expect((await store.runs("s")).map((run) => run.id)).toEqual(["r"]);
    expect(await store.setting("kept")).toBe("yes");
  });

  test("that was cut in half keeps what is in the first half", async () => {
    await using directory = storeDirectory();
    const text = await filled(directory);
    fs.truncateSync(directory.file, fs.statSync(directory.file).size / 2);
    const store = await directory.open();
    expect(store.report.recovered).toMatchObject({ sessions: 2 });
    const found = await readText(store);
    expect(found.slice(0, 65_536) === text.slice(0, 65_536)).toBe(true);
    expect(found).toHaveLength(text.length);
    expect(found).toContain("bytes could not be read]");
  });

  test("whose log was damaged in the middle loses no commit silently", async () => {
    await using directory = storeDirectory();
    await using copy = storeDirectory();
    const store = await directory.open();
    await store.commit([putSession()], "full");
    for (let index = 0; index < 40; index += 1) await store.commit([append([output(noise(index, 3_000))])], "normal");
    fs.copyFileSync(directory.file, copy.file);
    const log = fs.readFileSync(`${directory.file}-wal`);
    log.write("damage", Math.floor(log.length / 2));
    fs.writeFileSync(`${copy.file}-wal`, log);
    const recovered = await copy.open();
    expect(recovered.report.recovered).not.toBeNull();
    expect((await recovered.streamState(TERMINAL))?.incarnation).toBe(2);
    const text = await readText(recovered);
    expect((await readText(store)).startsWith(text)).toBe(true);
  });

  test("can be recovered again after a crash in the middle of recovery", async () => {
    await using directory = storeDirectory();
    const text = await filled(directory);
    const setAside = `${directory.file}.damaged-then`;
    fs.renameSync(directory.file, setAside);
    fs.writeFileSync(`${directory.file}.recovery`, `${setAside}\n`);
    fs.writeFileSync(`${directory.file}.recovering`, "half");
    const store = await directory.open();
    expect(store.report.recovered).toEqual({ setAside, sessions: 2, unreadable: 0 });
    expect((await readText(store)) === text).toBe(true);
    expect((await store.streamState(TERMINAL))?.incarnation).toBe(2);
    expect(directory.files().filter((name) => name.includes("recover"))).toEqual([]);
  });
});

type Damage = (file: string, next: () => number) => void;

const overwritePages: Damage = (file, next) => {
  const bytes = fs.readFileSync(file);
  const pages = bytes.length / 4096;
  for (let count = 1 + Math.floor(next() * 4); count > 0; count -= 1) {
    const page = Math.floor(next() * pages);
    bytes.set(noise(page, 4096), page * 4096);
  }
  fs.writeFileSync(file, bytes);
};

const flipBytes: Damage = (file, next) => {
  const bytes = fs.readFileSync(file);
  for (let count = 1 + Math.floor(next() * 30); count > 0; count -= 1) {
    const at = Math.floor(next() * bytes.length);
    bytes[at] = Math.floor(next() * 256);
  }
  fs.writeFileSync(file, bytes);
};

const truncate: Damage = (file, next) => fs.truncateSync(file, Math.floor(next() * fs.statSync(file).size));

describe("after any damage", () => {
  test.for([
    ["pages overwritten", overwritePages],
    ["bytes flipped", flipBytes],
    ["truncated", truncate],
  ] as const)("(%s) the store opens, and never gives back a byte that was not written", { timeout: 60_000 }, async ([, damage]) => {
    await using original = storeDirectory();
    const text = await filled(original);
    expect(text).toHaveLength(270_000);
    for (let seed = 1; seed <= 6; seed += 1) {
      await using directory = storeDirectory();
      fs.copyFileSync(original.file, directory.file);
      damage(directory.file, random(seed));
      await expectUsable(directory, text, seed);
    }
  });
});

/** Opens, at most twice, until all that is left can be read and the store can be written to like any other. */
async function expectUsable(directory: StoreDirectory, text: string, seed: number): Promise<void> {
  const first = await directory.open();
  const store = (await isUsable(first, text, seed)) ? first : await reopen(directory, first);
  expect(store === first || store.report.recovered !== null, `seed ${seed}`).toBe(true);
  expect(await isUsable(store, text, seed), `seed ${seed}`).toBe(true);
  await store.close();
}

async function reopen(directory: StoreDirectory, store: Store): Promise<Store> {
  await store.close().catch(expectDamage);
  return directory.open();
}

/** Reads and writes. False if that met damage, which must be noted; throws if it gave wrong bytes. */
async function isUsable(store: Store, text: string, seed: number): Promise<boolean> {
  try {
    await store.runs("s");
    const state = await store.streamState(TERMINAL);
    await store.snapshot(TERMINAL, "screen", state?.tail ?? 0);
    const all = await store.read(TERMINAL, state?.trimmed ?? 0, 8 * 1024 * 1024);
    for (const record of all.ok ? all.records : []) checkWritten(record, text, seed);
    const after = { session: "after", stream: "terminal" } as const;
    await store.commit([putSession("after"), append([output("works")], after)], "full");
    return (await readText(store, after)).endsWith("works");
  } catch (error) {
    expectDamage(error);
    return false;
  }
}

function expectDamage(error: unknown): void {
  if (!(error instanceof PerdureError && error.message.startsWith("The database is damaged"))) throw error;
}

function checkWritten(record: StreamRecord, text: string, seed: number): void {
  const written = text.slice(record.offset, record.offset + record.data.length);
  const isNotice = record.kind === "notice";
  if (!isNotice && Buffer.from(record.data).toString("latin1") !== written)
    throw new Error(`seed ${seed}: wrong bytes at ${record.offset}`);
}

test("what a recovery makes is the user's alone", async () => {
  await using directory = storeDirectory();
  await filled(directory);
  damageBlock(directory.file, 100_000);
  const umask = process.umask(0);
  try {
    await expect(readText(await directory.open())).rejects.toMatchObject({ code: "internal" });
    const next = await directory.open();
    expect(next.report.recovered).not.toBeNull();
    await next.commit([putSession("new")], "full");
    const modes = directory.files().map((name) => fs.statSync(path.join(directory.path, name)).mode & 0o077);
    expect(new Set(modes)).toEqual(new Set([0]));
  } finally {
    process.umask(umask);
  }
});

test("statistics that somebody had SQLite gather are no damage", async () => {
  await using directory = storeDirectory();
  await filled(directory);
  const db = new DatabaseSync(directory.file);
  db.exec("ANALYZE");
  db.close();
  expect((await directory.open()).report.recovered).toBeNull();
});

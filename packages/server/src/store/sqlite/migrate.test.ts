import * as fs from "node:fs";
import * as path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, test, vi } from "vitest";
import { TERMINAL, append, output, putSession, readText, storeDirectory } from "./fixture.ts";
import { MIGRATIONS } from "./schema.ts";

/** Schema of this release. */
const KNOWN = MIGRATIONS.length;

afterEach(() => vi.unstubAllEnvs());

/** From now on stores know one migration more. */
function addMigration(directory: string, sql = "CREATE TABLE added (a INTEGER) STRICT; ALTER TABLE session ADD COLUMN colour TEXT"): void {
  const file = path.join(directory, "further.sql");
  fs.writeFileSync(file, sql);
  vi.stubEnv("PERDURE_FURTHER_MIGRATION", file);
}

describe("a file of an older release", () => {
  test("is migrated after a copy was made, and keeps everything", async () => {
    await using directory = storeDirectory();
    const before = await directory.open();
    await before.commit([putSession(), append([output("kept")])], "full");
    await before.close();
    addMigration(directory.path);
    const after = await directory.open();
    const backup = `${directory.file}.backup-v${KNOWN}`;
    expect(after.report).toMatchObject({ schema: KNOWN + 1, migrated: { from: KNOWN, backup }, powerCut: false });
    expect(await readText(after)).toBe("kept");
    expect(after.epoch).toBe(2);
    await after.close();
    expect((await directory.open()).report.migrated).toBeNull();
    expect(fs.statSync(backup).mode & 0o777).toBe(0o600);
  });

  test("is copied as it stood, also what a killed server left in the log", async () => {
    await using directory = storeDirectory();
    const killed = await directory.open();
    await killed.commit([putSession(), append([output("in the log")])], "normal");
    addMigration(directory.path);
    await directory.open();
    await using restored = storeDirectory();
    fs.copyFileSync(`${directory.file}.backup-v${KNOWN}`, restored.file);
    vi.unstubAllEnvs();
    const store = await restored.open();
    expect(await readText(store)).toBe("in the log");
    // A restored copy may be shorter than what clients have seen.
    expect(store.report.powerCut).toBe(true);
    expect((await store.streamState(TERMINAL))?.incarnation).toBe(2);
  });

  test("stays as it was if the migration fails, and can be opened by its own release", async () => {
    await using directory = storeDirectory();
    const before = await directory.open();
    await before.commit([putSession(), append([output("kept")])], "full");
    await before.close();
    addMigration(directory.path, "CREATE TABLE half (a INTEGER); SELECT * FROM nowhere");
    await expect(directory.open()).rejects.toMatchObject({ code: "internal" });
    vi.unstubAllEnvs();
    const again = await directory.open();
    expect(again.report).toMatchObject({ schema: KNOWN, migrated: null });
    expect(await readText(again)).toBe("kept");
  });

  test("leaves no more than two copies", async () => {
    await using directory = storeDirectory();
    await (await directory.open()).close();
    for (const version of [3, 4, 5]) fs.writeFileSync(`${directory.file}.backup-v${version}`, "");
    addMigration(directory.path);
    await (await directory.open()).close();
    expect(directory.files().filter((name) => name.includes("backup"))).toEqual(["perdure.db.backup-v4", "perdure.db.backup-v5"]);
  });
});

test("screens of the first release are kept; where they are in the count of lines is not known", async () => {
  await using directory = storeDirectory();
  const before = await directory.open();
  const screen = { ...TERMINAL, kind: "screen", version: 1, offset: 4, cols: 80, rows: 24, data: new Uint8Array([1]) };
  await before.commit([putSession(), append([output("kept")]), { op: "put-snapshot", snapshot: screen }], "full");
  await before.close();
  const db = new DatabaseSync(directory.file);
  db.exec("ALTER TABLE snapshot DROP COLUMN line; ALTER TABLE snapshot DROP COLUMN line_columns; PRAGMA user_version = 1");
  db.close();
  const after = await directory.open();
  expect(after.report.migrated).toMatchObject({ from: 1 });
  expect(await after.snapshot(TERMINAL, "screen", 4)).toEqual(screen);
  expect(await after.snapshotMarks(TERMINAL, "screen")).toMatchObject([{ offset: 4, place: null }]);
});

describe("a file of a newer release", () => {
  test("is refused, saying by whom it was written and what to do, and stays as it is", async () => {
    await using directory = storeDirectory();
    await (await directory.open()).close();
    addMigration(directory.path);
    const newer = await directory.open();
    await newer.commit([putSession()], "full");
    await newer.close();
    vi.unstubAllEnvs();
    const before = fs.readFileSync(directory.file);
    await expect(directory.open()).rejects.toMatchObject({
      code: "database-newer",
      message: expect.stringContaining("0.0.0-test") as string,
    });
    expect(fs.readFileSync(directory.file)).toEqual(before);
    expect(directory.files().filter((name) => name.includes("damaged"))).toEqual([]);
  });

  test("is refused also when its number is still in the log", async () => {
    await using directory = storeDirectory();
    await (await directory.open()).close();
    addMigration(directory.path);
    await using copy = storeDirectory();
    await directory.open();
    fs.copyFileSync(directory.file, copy.file);
    fs.copyFileSync(`${directory.file}-wal`, `${copy.file}-wal`);
    vi.unstubAllEnvs();
    const before = [fs.readFileSync(copy.file), fs.readFileSync(`${copy.file}-wal`)];
    expect(new DataView(before[0]?.buffer ?? new ArrayBuffer(), before[0]?.byteOffset).getUint32(60)).toBe(KNOWN);
    await expect(copy.open()).rejects.toMatchObject({ code: "database-newer" });
    expect([fs.readFileSync(copy.file), fs.readFileSync(`${copy.file}-wal`)]).toEqual(before);
  });
});

test("a new file is private, incremental to vacuum, and in WAL mode", async () => {
  await using directory = storeDirectory();
  await (await directory.open()).close();
  const db = new DatabaseSync(directory.file);
  expect(db.prepare("PRAGMA auto_vacuum").get()).toEqual({ auto_vacuum: 2 });
  expect(db.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
  db.close();
  expect(fs.statSync(directory.file).mode & 0o777).toBe(0o600);
});

import * as fs from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { Database } from "./database.ts";
import { append, noise, output, putSession, readText, storeDirectory } from "./fixture.ts";
import { WriteAheadLog } from "./wal.ts";

test("a log that a reader kept from being emptied, and that began anew since, is no damage", async () => {
  await using directory = storeDirectory();
  await using killed = storeDirectory();
  const store = await directory.open();
  await store.commit([putSession()], "full");
  const reader = new DatabaseSync(directory.file);
  reader.exec("BEGIN; SELECT count(*) FROM chunk");
  reader.prepare("SELECT count(*) FROM chunk").get();
  for (let index = 0; index < 20; index += 1) await store.commit([append([output(noise(index, 9_000))])], "normal");
  reader.exec("COMMIT");
  // All is moved now, but the file of the log stays as long as it was.
  reader.exec("PRAGMA wal_checkpoint(RESTART)");
  reader.close();
  await store.commit([append([output("last")])], "normal");
  // As if the server had been killed here.
  for (const suffix of ["", "-wal"]) fs.copyFileSync(directory.file + suffix, killed.file + suffix);
  const next = await killed.open();
  expect(next.report.recovered).toBeNull();
  expect((await readText(next)).endsWith("last")).toBe(true);
});

test("a reader of another process that stays costs a moving of the log now and then, not at each commit", async () => {
  await using directory = storeDirectory();
  await (await directory.open()).close();
  const db = new Database(directory.file);
  db.exec("PRAGMA wal_autocheckpoint = 0; CREATE TABLE filler (data BLOB)");
  const log = new WriteAheadLog(db, directory.file);
  const reader = new DatabaseSync(directory.file);
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM filler").get();
  let moved = 0;
  const move = log.move.bind(log);
  log.move = () => {
    moved += 1;
    move();
  };
  for (let index = 0; index < 100; index += 1) {
    db.run("INSERT INTO filler VALUES (?)", noise(index, 100_000));
    log.moveIfDue();
  }
  expect(moved).toBeLessThan(4);
  reader.exec("COMMIT");
  reader.close();
  for (let index = 0; index < 50; index += 1) {
    db.run("INSERT INTO filler VALUES (?)", noise(index, 100_000));
    log.moveIfDue();
  }
  expect(log.bytes).toBeLessThan(5 * 1024 * 1024);
  log.close();
  db.close();
});

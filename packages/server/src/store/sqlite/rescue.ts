/**
 * Copies what is readable of a damaged database into a new one, table by table and row by row. Every block and snapshot is checked
 * against its checksum. Bytes of a stream that are lost leave a hole, which a visible notice of the same length fills, so that
 * offsets, snapshots and applied marks stay true. Rows whose parents are lost get new parents where that keeps content.
 */
import * as fs from "node:fs";
import type { WorkerStart } from "../calls.ts";
import { type Encoded, decode, piecesOf } from "./blocks.ts";
import type { ChunkRow } from "./chunks.ts";
import { Database, type Row } from "./database.ts";
import { DamageFound, isDamage } from "./failure.ts";
import { fillHoles } from "./holes.ts";
import { knownVersions, makeSchema, schemaVersion } from "./migrate.ts";
import { scanTable } from "./scan.ts";
import { hasItsShape, replaceFirstPage } from "./schema-shape.ts";
import { TABLES, type TableName } from "./schema.ts";

/** Copies from `source`, which stays as it is, into a new file at `target`. */
export function rescue(source: string, target: string, start: WorkerStart): { readonly sessions: number; readonly unreadable: number } {
  const readable = readableCopy(source, `${target}-source`);
  const into = new Database(target);
  try {
    into.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA foreign_keys = OFF");
    makeSchema(into, readable.version);
    const unreadable = into.transaction("normal", () => copyAll(readable.file, into, start));
    const sessions = into.get<{ count: number }>("SELECT count(*) AS count FROM session")?.count ?? 0;
    return { sessions, unreadable };
  } finally {
    into.close();
    for (const suffix of ["", "-wal", "-shm"]) fs.rmSync(`${target}-source${suffix}`, { force: true });
  }
}

/** The file itself if its schema can be read; else a copy whose first page was replaced. The schema's version stays that of the file. */
function readableCopy(source: string, copy: string): { readonly file: string; readonly version: number } {
  const version = versionOf(source);
  if (version !== null) return { file: source, version };
  const hasLog = fs.existsSync(`${source}-wal`);
  fs.copyFileSync(source, copy);
  if (hasLog) fs.copyFileSync(`${source}-wal`, `${copy}-wal`);
  replaceFirstPage(copy, knownVersions(), hasLog);
  return { file: copy, version: knownVersions() };
}

/** The version of the schema, so that its rows fit; `null` if the schema is not as it should be. */
function versionOf(source: string): number | null {
  const db = Database.openDamaged(source);
  try {
    return hasItsShape(db) ? schemaVersion(db) : null;
  } catch (error) {
    if (isDamage(error)) return null;
    throw error;
  } finally {
    db.close();
  }
}

function copyAll(source: string, into: Database, start: WorkerStart): number {
  let unreadable = copyTables(source, into);
  unreadable += adoptOrphans(into);
  keepEpochRising(into, start);
  unreadable += fillHoles(into);
  into.run("UPDATE stream SET incarnation = incarnation + 1, raw_bytes = 0, raw_kind = '', raw_offset = tail");
  return unreadable;
}

/** Returns how many rows could not be read; a file that is no database at all counts as one. */
function copyTables(source: string, into: Database): number {
  let from: Database | null = null;
  try {
    from = Database.openDamaged(source);
    let unreadable = 0;
    for (const table of TABLES) unreadable += copyTable(from, into, table);
    return unreadable;
  } catch (error) {
    if (isDamage(error)) return 1;
    throw error;
  } finally {
    from?.close();
  }
}

function copyTable(from: Database, into: Database, table: TableName): number {
  let unreadable = 0;
  const places = scanTable(from, table, (row) => {
    if (!copyRow(into, table, row)) unreadable += 1;
  });
  return unreadable + places;
}

/** Rows that are damaged, contradict others or do not fit their types are left out. */
function copyRow(into: Database, table: TableName, row: Row): boolean {
  try {
    verify(table, row);
    const columns = Object.keys(row);
    const places = columns.map(() => "?").join(", ");
    return into.run(`INSERT OR IGNORE INTO ${table} (${columns.join(", ")}) VALUES (${places})`, ...Object.values(row)).changes > 0;
  } catch (error) {
    if (error instanceof DamageFound || isConstraint(error)) return false;
    throw error;
  }
}

function verify(table: TableName, row: Row): void {
  if (table === "snapshot") decode(row as unknown as Encoded);
  if (table === "chunk" && row["kind"] !== "resize") piecesOf(row as unknown as ChunkRow);
}

function isConstraint(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && [19, 20].includes(Number(error.errcode) % 256);
}

/** Content whose session's row is lost gets a new one; what belongs to nothing is dropped and counted. */
function adoptOrphans(into: Database): number {
  into.run(
    `INSERT INTO session (id, name, created_at, last_activity_at, details)
     SELECT lost.session, 'Recovered session', 0, 0, '{}' FROM (SELECT session FROM stream UNION SELECT session FROM run) AS lost
     WHERE lost.session NOT IN (SELECT id FROM session)`,
  );
  const { changes: sends } = into.run("DELETE FROM send WHERE run NOT IN (SELECT id FROM run)");
  return ["chunk", "writer", "snapshot"].reduce(
    (dropped, table) => dropped + into.run(`DELETE FROM ${table} WHERE stream NOT IN (SELECT id FROM stream)`).changes,
    sends,
  );
}

/** If the epoch is lost, the next one is the time in seconds: more than any count of server starts. */
function keepEpochRising(into: Database, start: WorkerStart): void {
  const seconds = String(Math.floor(Date.now() / 1_000));
  const insert = "INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)";
  into.run(insert, "epoch", seconds);
  into.run(insert, "written-by", start.version);
}

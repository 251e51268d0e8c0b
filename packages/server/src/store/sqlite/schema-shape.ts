/**
 * The shape of a schema: every table with its columns, every index. A file whose shape is not that of its version was damaged in
 * its first page, where the schema lies. The roots of our tables follow from the order of their making (the file is auto-vacuumed, which
 * keeps them together), so such a page can be replaced by that of a new file.
 */
import * as fs from "node:fs";
import { Database } from "./database.ts";
import { knownVersions, makeSchema, schemaVersion } from "./migrate.ts";

const PAGE_BYTES = 4096;
/** Places in the header: read and write version, size in pages, first free page and their number. */
const FORMAT_AT = 18;
const PAGES_AT = 28;
const FREE_PAGES_AT = 32;

/** True if the file's tables are those of the version it says it has; SQLite's own do not count. Throws what reading throws. */
export function hasItsShape(db: Database): boolean {
  const version = schemaVersion(db);
  if (version < 1 || version > knownVersions()) return false;
  const model = new Database(":memory:");
  try {
    makeSchema(model, version);
    return shapeOf(db) === shapeOf(model);
  } finally {
    model.close();
  }
}

function shapeOf(db: Database): string {
  const columns = `SELECT t.name AS place, c.name, c.type, c.pk FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'`;
  const indexes = "SELECT tbl_name, name FROM sqlite_schema WHERE type = 'index' AND tbl_name NOT LIKE 'sqlite_%'";
  return JSON.stringify([db.all(`${columns} ORDER BY t.name, c.cid`), db.all(`${indexes} ORDER BY name`)]);
}

/** Gives `file` the first page of an empty database of this version. What else is in it must then be found damaged or whole. */
export function replaceFirstPage(file: string, version: number, hasLog: boolean): void {
  const page = emptyFirstPage(`${file}.model`, version);
  page.fill(hasLog ? 2 : 1, FORMAT_AT, FORMAT_AT + 2);
  page.writeUInt32BE(Math.max(Math.floor(fs.statSync(file).size / PAGE_BYTES), 1), PAGES_AT);
  page.fill(0, FREE_PAGES_AT, FREE_PAGES_AT + 8);
  const descriptor = fs.openSync(file, "r+");
  try {
    fs.writeSync(descriptor, page, 0, PAGE_BYTES, 0);
  } finally {
    fs.closeSync(descriptor);
  }
}

function emptyFirstPage(file: string, version: number): Buffer {
  fs.rmSync(file, { force: true });
  const model = new Database(file);
  try {
    model.exec("PRAGMA auto_vacuum = INCREMENTAL");
    makeSchema(model, version);
  } finally {
    model.close();
  }
  const page = fs.readFileSync(file).subarray(0, PAGE_BYTES);
  fs.rmSync(file);
  return page;
}

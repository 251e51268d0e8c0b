/**
 * Migrations: numbered, forward only, each in a transaction of its own. Before the first one a consistent copy of the file is made
 * beside it; the two newest copies are kept. A file of a newer release is refused and stays as it is.
 *
 * `PERDURE_FURTHER_MIGRATION=<file>` adds one migration, SQL text, behind the last: so a test upgrades and goes back.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { crashPoint } from "../../platform/crash.ts";
import type { WorkerStart } from "../calls.ts";
import type { OpenReport } from "../store.ts";
import { Database } from "./database.ts";
import { StoreFailure } from "./failure.ts";
import { APPLICATION_ID, MIGRATIONS } from "./schema.ts";

const KEPT_BACKUPS = 2;

export function schemaVersion(db: Database): number {
  return db.get<{ user_version: number }>("PRAGMA user_version")?.user_version ?? 0;
}

/** Takes the file to this release's schema. What it was before and where its copy lies, if it was an older one. */
export function migrate(db: Database, start: WorkerStart): OpenReport["migrated"] {
  const migrations = allMigrations();
  const from = schemaVersion(db);
  if (from >= migrations.length) return null;
  const backup = from === 0 ? null : backUp(db, start.file, from);
  for (const [version, sql] of migrations.entries()) if (version >= from) step(db, version + 1, sql);
  return backup === null ? null : { from, backup };
}

/** The newest version that this release knows. */
export function knownVersions(): number {
  return allMigrations().length;
}

/** Makes the tables of a version in an empty file; those of this release if the version is unknown. */
export function makeSchema(db: Database, version: number): void {
  const known = allMigrations();
  for (const [index, sql] of known.slice(0, version || known.length).entries()) step(db, index + 1, sql);
}

/** Throws `database-newer` if the file was written by a newer release. */
export function refuseNewer(db: Database, file: string): void {
  const version = schemaVersion(db);
  const known = knownVersions();
  if (version <= known) return;
  const writer = db.get<{ value: string }>("SELECT value FROM meta WHERE name = 'written-by'")?.value ?? "a newer release";
  throw new StoreFailure(
    "database-newer",
    `${file} was last written by perdure ${writer} (schema ${version}); this release knows schema ${known}. ` +
      `Start that release or a newer one, or put a copy ${path.basename(file)}.backup-v${known} in its place: what came since is not in it.`,
  );
}

function allMigrations(): readonly string[] {
  const further = process.env["PERDURE_FURTHER_MIGRATION"];
  return further ? [...MIGRATIONS, fs.readFileSync(further, "utf8")] : MIGRATIONS;
}

/** Another server that makes the same new file may have been here since the version was read. */
function step(db: Database, version: number, sql: string): void {
  db.transaction("full", () => {
    if (schemaVersion(db) >= version) return;
    db.exec(sql);
    crashPoint("store-inside-migration");
    db.exec(`PRAGMA user_version = ${version}; PRAGMA application_id = ${APPLICATION_ID}`);
  });
}

/** Copies the file as it is now. The copy says of itself that it was not closed: restored, its streams get new incarnations. */
function backUp(db: Database, file: string, version: number): string {
  const backup = `${file}.backup-v${version}`;
  const unfinished = `${backup}.unfinished`;
  try {
    // SQLite takes an empty file for a new one, and leaves it its mode.
    fs.writeFileSync(unfinished, "", { mode: 0o600 });
    db.run("VACUUM INTO ?", unfinished);
    markRestored(unfinished);
    syncFile(unfinished);
    fs.renameSync(unfinished, backup);
  } finally {
    fs.rmSync(unfinished, { force: true });
  }
  dropOldBackups(file);
  return backup;
}

function markRestored(file: string): void {
  const copy = new Database(file);
  try {
    copy.exec("UPDATE meta SET value = 'restored' WHERE name = 'boot-id'; UPDATE meta SET value = 'no' WHERE name = 'closed'");
  } finally {
    copy.close();
  }
}

function syncFile(file: string): void {
  const descriptor = fs.openSync(file, "r");
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function dropOldBackups(file: string): void {
  const prefix = `${path.basename(file)}.backup-v`;
  const versions = fs
    .readdirSync(path.dirname(file))
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter((version) => Number.isInteger(version));
  for (const version of versions.toSorted((a, b) => b - a).slice(KEPT_BACKUPS)) fs.rmSync(`${file}.backup-v${version}`);
}

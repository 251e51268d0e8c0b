/**
 * Opening the file: made if missing, refused if newer or on a network, recovered if damaged, migrated if older. Then the epoch is
 * raised, which shuts out every server that had it open before. The check for damage is cheap: header, length, the small tables.
 * Damage among the bytes of streams is found by whoever reads them, and recovered from at the next opening.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import type { WorkerStart } from "../calls.ts";
import type { OpenReport } from "../store.ts";
import { Database } from "./database.ts";
import { DamageFound, StoreFailure, isDamage } from "./failure.ts";
import { refuseNetworkFileSystem } from "./filesystem.ts";
import { migrate, refuseNewer, schemaVersion } from "./migrate.ts";
import { type Recovered, hasRecoveryBegun, recover } from "./recovery.ts";
import { hasItsShape } from "./schema-shape.ts";
import { APPLICATION_ID, TABLES } from "./schema.ts";
import { checkLog } from "./wal-check.ts";
import { syncLeftover } from "./wal.ts";

/** Tables whose rows are all read at opening; the others can be large. */
const SMALL_TABLES = TABLES.filter((table) => !["chunk", "snapshot", "send", "writer", "idempotency_key"].includes(table));

export interface OpenedFile {
  readonly db: Database;
  readonly epoch: number;
  readonly report: OpenReport;
}

export function openFile(start: WorkerStart): OpenedFile {
  refuseNetworkFileSystem(path.dirname(start.file));
  const stat = fs.statSync(start.file, { throwIfNoEntry: false });
  if (stat && !stat.isFile())
    throw new StoreFailure("home-unusable", `${start.file} is not a file; move it away or choose another directory with --home.`);
  try {
    if (stat && stat.size > 0) checkBefore(start);
    if (!hasRecoveryBegun(start.file)) return open(start, null);
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  return open(start, recover(start));
}

function open(start: WorkerStart, recovered: Recovered | null): OpenedFile {
  const isNew = !fs.existsSync(start.file) || fs.statSync(start.file).size === 0;
  if (isNew) fs.closeSync(fs.openSync(start.file, "a", 0o600));
  else syncLeftover(start.file);
  const db = new Database(start.file);
  try {
    prepare(db, isNew);
    if (!isNew) checkAfter(db, start.file);
    const known = schemaVersion(db) === 0 ? null : raiseEpoch(db, start);
    const migrated = migrate(db, start);
    const epoch = known ?? raiseEpoch(db, start);
    const powerCut = beginLife(db, start);
    return { db, epoch, report: { schema: schemaVersion(db), migrated, powerCut, recovered } };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** What must be known before a writing connection may touch the file: it is ours and not newer, and its log is whole. */
function checkBefore(start: WorkerStart): void {
  const db = new Database(start.file, { readOnly: true });
  let isSameBoot = false;
  try {
    if (db.get<{ application_id: number }>("PRAGMA application_id")?.application_id !== APPLICATION_ID) {
      if (db.get("SELECT 1 FROM sqlite_schema") !== undefined) throw new DamageFound("it is the database of another program");
      return;
    }
    refuseNewer(db, start.file);
    isSameBoot = db.get<{ value: string }>("SELECT value FROM meta WHERE name = 'boot-id'")?.value === start.bootId;
  } finally {
    db.close();
  }
  // After a power cut the end of the log may hold anything; that is no damage.
  if (isSameBoot) checkLog(`${start.file}-wal`);
}

function prepare(db: Database, isNew: boolean): void {
  // Must come before the first table.
  if (isNew) db.exec("PRAGMA auto_vacuum = INCREMENTAL");
  const mode = db.get<{ journal_mode: string }>("PRAGMA journal_mode = WAL")?.journal_mode;
  if (mode !== "wal")
    throw new StoreFailure(
      "home-unusable",
      "The file system of the state directory cannot hold a database in WAL mode; choose another with --home.",
    );
  // We move the log ourselves, after commits were answered. A macOS disk needs to be told twice.
  db.exec(
    "PRAGMA wal_autocheckpoint = 0; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF",
  );
}

function checkAfter(db: Database, file: string): void {
  // A predecessor that still runs may hold the log; then it stays, and its length says nothing.
  db.withoutWaiting(() => db.all("PRAGMA wal_checkpoint(TRUNCATE)"));
  const { pages } = db.get<{ pages: number }>("SELECT page_count AS pages FROM pragma_page_count()") ?? { pages: 0 };
  const { bytes } = db.get<{ bytes: number }>("SELECT page_size AS bytes FROM pragma_page_size()") ?? { bytes: 0 };
  const isLogEmpty = !fs.existsSync(`${file}-wal`) || fs.statSync(`${file}-wal`).size === 0;
  if (isLogEmpty && fs.statSync(file).size < pages * bytes) throw new DamageFound("it is shorter than its header says");
  if (schemaVersion(db) === 0) return;
  if (!hasItsShape(db)) throw new DamageFound("its tables are not those of its version");
  for (const table of SMALL_TABLES) for (const row of db.iterate(`SELECT * FROM ${table}`)) void row;
}

/** From here on an older server is refused. A file behind the epoch that the host has seen was put back: its streams may be shorter than they were. */
function raiseEpoch(db: Database, start: WorkerStart): number {
  return db.transaction("full", () => {
    const [stored, floor] = [Number(readMeta(db, "epoch") ?? 0), start.epochFloor ?? 0];
    if (stored < floor) db.run("UPDATE stream SET incarnation = incarnation + 1");
    const epoch = Math.max(stored, floor) + 1;
    writeMeta(db, "epoch", String(epoch));
    writeMeta(db, "written-by", start.version);
    db.holdEpoch(epoch);
    return epoch;
  });
}

/** Notes this boot and that the file is open. After a power cut every stream gets a new incarnation. */
function beginLife(db: Database, start: WorkerStart): boolean {
  return db.transaction("full", () => {
    const lastBoot = readMeta(db, "boot-id");
    const isPowerCut = lastBoot !== null && lastBoot !== start.bootId && readMeta(db, "closed") !== "yes";
    if (isPowerCut) db.run("UPDATE stream SET incarnation = incarnation + 1");
    writeMeta(db, "boot-id", start.bootId);
    writeMeta(db, "closed", "no");
    return isPowerCut;
  });
}

/** Notes that nothing is missing, and closes. */
export function endLife(db: Database): void {
  db.transaction("full", () => writeMeta(db, "closed", "yes"));
}

function readMeta(db: Database, name: string): string | null {
  return db.get<{ value: string }>("SELECT value FROM meta WHERE name = ?", name)?.value ?? null;
}

function writeMeta(db: Database, name: string, value: string): void {
  db.run("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value);
}

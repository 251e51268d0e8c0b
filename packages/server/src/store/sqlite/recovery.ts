/**
 * Recovery of a damaged file: it is set aside as `perdure.db.damaged-<time>`, and what can be read is copied into a new one, in which
 * every stream has a new incarnation. A note beside the database, `perdure.db.recovery`, says that this is due or under way, so
 * that a recovery that was interrupted goes on at the next opening. Damage found while the store is open leaves such a note.
 */
import * as fs from "node:fs";
import type { WorkerStart } from "../calls.ts";
import { rescue } from "./rescue.ts";

/** What a recovery found. */
export interface Recovered {
  readonly setAside: string;
  readonly sessions: number;
  /** Rows and pieces of streams that could not be read. */
  readonly unreadable: number;
}

/** True if a recovery is due or was interrupted. */
export function hasRecoveryBegun(file: string): boolean {
  return fs.existsSync(noteFile(file));
}

/** Makes the next opening recover. If the disk has no room for the note, whoever meets the damage next notes it. */
export function noteDamage(file: string): void {
  if (hasRecoveryBegun(file)) return;
  try {
    fs.writeFileSync(noteFile(file), "", { mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  }
}

/** Sets the file aside and puts a new one with all that is readable in its place. Can be repeated after a crash at any step. */
export function recover(start: WorkerStart): Recovered {
  const setAside = fs.existsSync(noteFile(start.file)) ? fs.readFileSync(noteFile(start.file), "utf8").trim() : "";
  const target = setAside || `${start.file}.damaged-${timestamp()}`;
  if (!setAside) fs.writeFileSync(noteFile(start.file), `${target}\n`, { mode: 0o600 });
  moveAside(start.file, target);
  const fresh = `${start.file}.recovering`;
  for (const suffix of ["", "-wal", "-shm"]) fs.rmSync(fresh + suffix, { force: true });
  fs.writeFileSync(fresh, "", { mode: 0o600 });
  const rescued = rescue(target, fresh, start);
  // From here the new file is complete. A crash before the note is gone only repeats the copying from what was set aside.
  fs.renameSync(fresh, start.file);
  fs.rmSync(noteFile(start.file));
  return { setAside: target, ...rescued };
}

/** Moves the database and its log, once: what stands there after an interrupted recovery is the new file. */
function moveAside(file: string, target: string): void {
  const isMoved = fs.existsSync(target);
  for (const suffix of ["-wal", ""]) {
    if (isMoved) fs.rmSync(file + suffix, { force: true });
    else if (fs.existsSync(file + suffix)) fs.renameSync(file + suffix, target + suffix);
  }
  fs.rmSync(`${file}-shm`, { force: true });
}

function noteFile(file: string): string {
  return `${file}.recovery`;
}

function timestamp(): string {
  return new Date().toISOString().replaceAll(/[:.]/g, "-");
}

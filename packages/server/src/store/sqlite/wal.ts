/**
 * The write-ahead log: when it reaches the disk and when it moves into the database file. A `full` transaction syncs it itself;
 * after a `normal` one it is synced within half a second, beside the next transactions. Once it has grown to 4 MiB it is moved,
 * after the commits were answered, and starts from nothing again: what lies in it is always newer than the database file. Work in quiet
 * time moves it at 1 MiB.
 *
 * `PERDURE_SYNC_MARK=<file>` makes it write down how many bytes of the log were on disk at the last sync, so that a test can cut
 * the log there as a power cut would. The database file itself is only ever changed to what was on disk before.
 */
import * as fs from "node:fs";
import type { Database } from "./database.ts";
import { isBusy } from "./failure.ts";

const SYNC_WITHIN_MS = 500;
const MAX_LOG_BYTES = 4 * 1024 * 1024;
/** In quiet time it is moved in smaller pieces: a call may come at any moment. */
const QUIET_LOG_BYTES = 1024 * 1024;

/** Syncs what a server that did not close has left, before anything moves it. */
export function syncLeftover(file: string): void {
  if (!fs.existsSync(`${file}-wal`)) return;
  const descriptor = fs.openSync(`${file}-wal`, "r");
  try {
    fs.fdatasyncSync(descriptor);
    writeMark(fs.fstatSync(descriptor).size);
  } finally {
    fs.closeSync(descriptor);
  }
}

function writeMark(bytes: number): void {
  const file = process.env["PERDURE_SYNC_MARK"];
  if (file) fs.writeFileSync(file, `${bytes}\n`);
}

export class WriteAheadLog {
  readonly #db: Database;
  readonly #file: string;
  #descriptor: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #round = 0;
  #hasFailed = false;
  #hasRemains = false;
  #dueBytes = MAX_LOG_BYTES;

  constructor(db: Database, file: string) {
    this.#db = db;
    this.#file = `${file}-wal`;
  }

  /** True if a sync has failed: the next transaction must be a full one, which tells its caller if the disk still refuses. */
  get needsFull(): boolean {
    return this.#hasFailed;
  }

  get bytes(): number {
    return fs.fstatSync(this.#open()).size;
  }

  /** The log was written to and synced by SQLite itself. */
  wasSynced(): void {
    this.#hasFailed = false;
    writeMark(this.bytes);
  }

  /** The log was written to: it will be synced soon. */
  wasWritten(): void {
    this.#timer ??= setTimeout(() => this.#sync(), SYNC_WITHIN_MS);
  }

  /** A transaction broke off, on a full disk for example: remains of it may follow what is valid. */
  wasBroken(): void {
    this.#hasRemains = true;
  }

  /** Moves the log into the database file once it is large or has remains. If another process's reader prevents it, the log grows as much again first. */
  moveIfDue(): void {
    if (this.#hasRemains || this.bytes >= this.#dueBytes) this.move();
  }

  /** Moves the log if it has grown a little; returns whether it was tried. */
  moveInQuietTime(): boolean {
    if (this.bytes < this.#dueBytes - MAX_LOG_BYTES + QUIET_LOG_BYTES) return false;
    this.move();
    return true;
  }

  /** Moves the log into the database file and empties it. */
  move(): void {
    fs.fdatasyncSync(this.#open());
    writeMark(this.bytes);
    try {
      this.#db.withoutWaiting(() => this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
    this.#round += 1;
    this.#hasRemains &&= this.bytes > 0;
    this.#dueBytes = this.bytes + MAX_LOG_BYTES;
    writeMark(this.bytes);
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#descriptor !== null) fs.closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #sync(): void {
    this.#timer = null;
    const [bytes, round] = [this.bytes, this.#round];
    fs.fdatasync(this.#open(), (error) => {
      if (error) this.#hasFailed = true;
      else if (round === this.#round) writeMark(bytes);
    });
  }

  /** Only the log has a descriptor of ours: closing one of the database file would drop SQLite's locks. */
  #open(): number {
    this.#descriptor ??= fs.openSync(this.#file, "r");
    return this.#descriptor;
  }
}

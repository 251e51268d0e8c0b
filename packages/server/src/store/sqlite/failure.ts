/**
 * What went wrong in the worker, in the terms of the protocol's error codes. SQLite says it by result codes: the low byte is
 * the kind of error.
 */
import * as fs from "node:fs";
import type { ErrorCode } from "@perdure/protocol";
import type { Failure } from "../calls.ts";

const BUSY = 5;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const TOO_BIG = 18;
const CONSTRAINT = 19;
const MISMATCH = 20;
const NOT_A_DATABASE = 26;
/** Kinds of I/O error that say that bytes cannot be read: by the disk, for they are beyond the end, or by the file system. */
const UNREADABLE = new Set([266, 522, 8458]);

/** Below this much free space an I/O error means a full disk: the shared-memory file reports it so. */
const NO_SPACE_BYTES = 256 * 1024;

/** A failure that already has its code and message. */
export class StoreFailure extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "StoreFailure";
    this.code = code;
  }
}

/** The file, or a row in it, is not as it was written. */
export class DamageFound extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "DamageFound";
  }
}

/** SQLite's result code without its extension; 0 for errors of other origin. */
export function sqliteCode(error: unknown): number {
  return extendedCode(error) % 256;
}

function extendedCode(error: unknown): number {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode : 0;
}

/** True if the file is damaged or no database at all. */
export function isDamage(error: unknown): boolean {
  if (error instanceof DamageFound || UNREADABLE.has(extendedCode(error))) return true;
  return [CORRUPT, NOT_A_DATABASE].includes(sqliteCode(error));
}

/** True if only the one commit is at fault, and others of its transaction can go on. */
export function isFaultOfCommit(error: unknown): boolean {
  if (error instanceof StoreFailure || error instanceof DamageFound) return false;
  return [0, TOO_BIG, CONSTRAINT, MISMATCH].includes(sqliteCode(error));
}

/** True if another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === BUSY;
}

/** An error as the caller shall see it. */
export function failureOf(error: unknown, directory: string): Failure {
  if (error instanceof StoreFailure) return { code: error.code, message: error.message };
  const reason = error instanceof Error ? error.message : String(error);
  if (isDamage(error)) {
    return {
      code: "internal",
      message: `The database is damaged (${reason}); restart the server: what can be read is then copied into a new file.`,
    };
  }
  if (isFullDisk(error, directory))
    return { code: "storage-full", message: `The disk with ${directory} is full; free some space, nothing was changed.` };
  switch (sqliteCode(error)) {
    case BUSY:
      return {
        code: "home-unusable",
        message: `Another process holds the database in ${directory} and does not let go of it; end that process and try again.`,
      };
    case CANNOT_OPEN:
      return {
        code: "home-unusable",
        message: `The database in ${directory} cannot be opened (${reason}); check that its files belong to you.`,
      };
    default:
      return { code: "internal", message: `The store failed: ${reason}` };
  }
}

function isFullDisk(error: unknown, directory: string): boolean {
  if (sqliteCode(error) === FULL) return true;
  if (error instanceof Error && "code" in error && error.code === "ENOSPC") return true;
  return sqliteCode(error) === IO_ERROR && freeBytes(directory) < NO_SPACE_BYTES;
}

function freeBytes(directory: string): number {
  const { bavail, bsize } = fs.statfsSync(directory);
  return bavail * bsize;
}

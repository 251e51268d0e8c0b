/**
 * One process per thing: a lock file with the identity of its holder. It is made whole in one step (a hard link to a finished
 * file), and a dead holder's lock is replaced by exactly one of those who find it: the right to replace a lock is itself
 * a lock, named after the one it replaces.
 */
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { type ProcessIdentity, bootId, isProcessAlive, startTimeOf } from "./processes.ts";

const MAX_ATTEMPTS = 20;

export interface LockHolder extends ProcessIdentity {
  readonly bootId: string;
  /** Random, never used again. */
  readonly nonce: string;
}

export type LockAnswer =
  | { readonly ok: true; readonly release: () => void }
  | { readonly ok: false; readonly holder: LockHolder | undefined };

/** Takes the lock for this process, or tells who has it. */
export function takeLock(file: string): LockAnswer {
  const mine: LockHolder = {
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? "",
    bootId: bootId(),
    nonce: randomBytes(12).toString("hex"),
  };
  const draft = `${file}.${mine.nonce}`;
  fs.writeFileSync(draft, JSON.stringify(mine), { mode: 0o600, flag: "wx" });
  try {
    let holder: LockHolder | undefined;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      if (linkNew(draft, file)) return { ok: true, release: () => release(file, mine) };
      holder = replaceDead(file, draft);
      if (holder?.nonce === mine.nonce) return { ok: true, release: () => release(file, mine) };
      if (holder && isAlive(holder)) break;
    }
    return { ok: false, holder };
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/** The living holder, if any. */
export function lockHolder(file: string): LockHolder | undefined {
  const holder = read(file);
  return holder && isAlive(holder) ? holder : undefined;
}

/**
 * Follows the claims on a dead holder's lock to the first living one, or claims the last dead one's right and uses it.
 * A claim is removed only after the lock was replaced, so whoever makes an old claim anew sees another lock there.
 */
function replaceDead(file: string, draft: string): LockHolder | undefined {
  const claims: string[] = [];
  const passed: string[] = [];
  for (let current = read(file), steps = 0; current && steps < MAX_ATTEMPTS; steps += 1) {
    if (isAlive(current)) return current;
    const claim = `${file}.claim-${current.nonce}`;
    claims.push(claim);
    passed.push(current.nonce);
    if (!linkNew(draft, claim)) {
      current = read(claim);
      continue;
    }
    const found = read(file);
    if (found && passed.includes(found.nonce)) fs.renameSync(claim, file);
    for (const each of claims) fs.rmSync(each, { force: true });
    return read(file);
  }
  return undefined;
}

function release(file: string, mine: LockHolder): void {
  if (read(file)?.nonce === mine.nonce) fs.rmSync(file, { force: true });
}

function isAlive(holder: LockHolder): boolean {
  return holder.bootId === bootId() && isProcessAlive(holder);
}

function linkNew(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Undefined: there is none. What cannot be read (a power cut left it empty) counts as held by somebody dead. */
function read(file: string): LockHolder | undefined {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat) return undefined;
  try {
    const { pid, startTime, bootId: boot, nonce } = JSON.parse(fs.readFileSync(file, "utf8")) as LockHolder;
    if (typeof pid === "number" && startTime && boot && /^[0-9a-f]+$/.test(nonce)) return { pid, startTime, bootId: boot, nonce };
  } catch {
    // Handled below: it is unreadable, or was replaced meanwhile.
  }
  return { pid: 0, startTime: "", bootId: "", nonce: `unreadable-${stat.ino}-${stat.mtimeMs}` };
}

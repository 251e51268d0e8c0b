/**
 * Carries out commits. All commits of a batch share one transaction; each stands in a savepoint, so that a refused one changes
 * nothing and the others go on. A failure of the disk or the file fails the whole transaction.
 */
import { crashPoint } from "../../platform/crash.ts";
import type { CommitOutcome } from "../calls.ts";
import type { CommitResult, Durability, Write } from "../store.ts";
import { append } from "./append.ts";
import type { Database } from "./database.ts";
import { failureOf, isFaultOfCommit } from "./failure.ts";
import type { Refusal } from "./refusal.ts";
import * as registry from "./registry.ts";
import type { SealQueue } from "./seal.ts";
import { dropStream } from "./retention.ts";
import { putSnapshot } from "./snapshots.ts";

/** Carries out a batch. Throws if the transaction as a whole failed: then nothing of it was kept. */
export function executeBatch(
  db: Database,
  seals: SealQueue,
  commits: readonly (readonly Write[])[],
  durability: Durability,
): readonly CommitOutcome[] {
  crashPoint("store-before-transaction");
  const mark = seals.mark;
  try {
    const outcomes = db.transaction(durability, () => {
      const all = commits.map((writes) => executeCommit(db, seals, writes));
      crashPoint("store-inside-transaction");
      return all;
    });
    crashPoint("store-after-transaction");
    return outcomes;
  } catch (error) {
    seals.takeBack(mark);
    throw error;
  }
}

function executeCommit(db: Database, seals: SealQueue, writes: readonly Write[]): CommitOutcome {
  const mark = seals.mark;
  const undo = () => {
    db.run("ROLLBACK TO one");
    seals.takeBack(mark);
  };
  db.run("SAVEPOINT one");
  try {
    const result = executeWrites(db, seals, writes);
    if (!result.ok) undo();
    db.run("RELEASE one");
    return result;
  } catch (error) {
    if (!db.isInTransaction || !isFaultOfCommit(error)) throw error;
    undo();
    db.run("RELEASE one");
    return { failure: failureOf(error, "") };
  }
}

function executeWrites(db: Database, seals: SealQueue, writes: readonly Write[]): CommitResult {
  for (const [at, write] of writes.entries()) {
    const refusal = execute(db, seals, write);
    if (refusal) return { ok: false, at, ...refusal };
  }
  return { ok: true };
}

function execute(db: Database, seals: SealQueue, write: Write): Refusal | null {
  switch (write.op) {
    case "append":
      return append(db, seals, write);
    case "take-number":
      return registry.takeNumber(db, write);
    case "drop-stream":
      return dropStream(db, write);
    case "put-snapshot":
      return putSnapshot(db, write.snapshot);
    case "put-session":
      return registry.putSession(db, write.session);
    case "delete-session":
      return registry.deleteSession(db, write.session);
    case "put-run":
      return registry.putRun(db, write.run);
    case "apply":
      return registry.apply(db, write);
    case "append-send":
      return registry.appendSend(db, write.send);
    case "drop-sends":
      return registry.dropSends(db, write.run);
    case "take-key":
      return registry.takeKey(db, write);
    case "put-device":
      return registry.putDevice(db, write.device);
    case "delete-device":
      return registry.deleteDevice(db, write.device);
    case "put-code":
      return registry.putCode(db, write.codeHash, write.expiresAt);
    case "use-code":
      return registry.useCode(db, write.codeHash, write.now);
    case "put-setting":
      return registry.putSetting(db, write.name, write.value);
    default:
      return write satisfies never;
  }
}

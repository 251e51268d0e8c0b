/**
 * Retention: drops the oldest output of a stream beyond a number of bytes or an age, only up to a screen snapshot, so that what
 * is left begins with a screen. A stream without such a snapshot keeps everything.
 */
import { crashPoint } from "../../platform/crash.ts";
import type { Retention, StreamKey } from "../store.ts";
import type { Database } from "./database.ts";
import { SCREEN } from "./snapshots.ts";
import { type StreamRow, findStream, saveStream } from "./streams.ts";

/** Returns the bytes dropped. */
export function trimStream(db: Database, key: StreamKey, retention: Retention, now: number): number {
  const dropped = db.transaction("normal", () => {
    const stream = findStream(db, key);
    const offset = stream ? cutOffset(db, stream, retention, now) : null;
    return stream && offset !== null ? dropBefore(db, stream, offset) : 0;
  });
  if (dropped > 0) crashPoint("store-after-trim");
  return dropped;
}

/** All of it: what nobody will read again. */
export function dropStream(db: Database, key: StreamKey): null {
  const stream = findStream(db, key);
  if (!stream || stream.trimmed === stream.tail) return null;
  stream.rawBytes = 0;
  stream.rawKind = "";
  dropBefore(db, stream, stream.tail);
  db.run("DELETE FROM snapshot WHERE stream = ?", stream.id);
  return null;
}

/** The newest screen snapshot with nothing before it that must be kept. */
function cutOffset(db: Database, stream: StreamRow, retention: Retention, now: number): number | null {
  const bySize = stream.tail - retention.maxBytes;
  const row = db.get<{ offset: number | null }>(
    "SELECT max(offset) AS offset FROM snapshot WHERE stream = ? AND kind = ? AND offset > ? AND offset <= ?",
    stream.id,
    SCREEN,
    stream.trimmed,
    Math.max(bySize, offsetOfAge(db, stream.id, now - retention.maxAgeMs)),
  );
  return row?.offset ?? null;
}

/** All before this offset came no later than `time`: it is where the newest row begins that had begun by then. */
function offsetOfAge(db: Database, stream: number, time: number): number {
  return (
    db.get<{ offset: number | null }>("SELECT max(offset) AS offset FROM chunk WHERE stream = ? AND time <= ?", stream, time)?.offset ?? 0
  );
}

function dropBefore(db: Database, stream: StreamRow, offset: number): number {
  const dropped = offset - stream.trimmed;
  db.run("DELETE FROM chunk WHERE stream = ? AND offset < ? AND offset + length <= ?", stream.id, offset, offset);
  db.run("DELETE FROM snapshot WHERE stream = ? AND offset < ?", stream.id, offset);
  stream.trimmed = offset;
  saveStream(db, stream);
  return dropped;
}

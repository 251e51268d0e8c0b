/**
 * Makes the streams of a rescued file whole again: every byte between `trimmed` and `tail` has a row, once. Where bytes are lost
 * stands a notice that says so, of exactly their length, padded with NUL, which terminals ignore.
 */
import { BLOCK_BYTES, makeBlock } from "./blocks.ts";
import { insertBlock } from "./chunks.ts";
import type { Database } from "./database.ts";

interface Place {
  readonly id: number;
  readonly offset: number;
  readonly length: number;
  readonly time: number;
}

/** Returns how many holes and overlaps there were. */
export function fillHoles(db: Database): number {
  let found = 0;
  for (const stream of db.all<{ id: number; trimmed: number; tail: number }>("SELECT id, trimmed, tail FROM stream")) {
    found += fillStream(db, stream.id, stream.trimmed, stream.tail);
  }
  return found;
}

function fillStream(db: Database, stream: number, trimmed: number, tail: number): number {
  let [end, time, found] = [trimmed, 0, 0];
  const rows = db.all<Place>("SELECT id, offset, length, time FROM chunk WHERE stream = ? AND length > 0 ORDER BY offset, id", stream);
  for (const row of rows) {
    if (row.offset < end && !(end === trimmed && row.offset + row.length > trimmed)) {
      db.run("DELETE FROM chunk WHERE id = ?", row.id);
      found += 1;
      continue;
    }
    if (row.offset > end) found += fill(db, stream, end, row.offset, row.time);
    end = row.offset + row.length;
    time = row.time;
  }
  if (tail > end) found += fill(db, stream, end, tail, time);
  else if (end > tail) db.run("UPDATE stream SET tail = ? WHERE id = ?", end, stream);
  db.run("DELETE FROM snapshot WHERE stream = ? AND offset > ?", stream, Math.max(tail, end));
  return found;
}

function fill(db: Database, stream: number, from: number, to: number, time: number): number {
  const text = Buffer.from(`\r\n[${to - from} bytes could not be read]\r\n`);
  for (let offset = from; offset < to; offset += BLOCK_BYTES) {
    const data = new Uint8Array(Math.min(BLOCK_BYTES, to - offset));
    if (offset === from && text.length <= data.length) data.set(text);
    insertBlock(db, stream, "notice", makeBlock("notice", [{ offset, time, data }], true));
  }
  return 1;
}

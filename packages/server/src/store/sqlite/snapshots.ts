/**
 * Snapshots of a stream. The newest of each kind is always kept, and the one where the stream was trimmed; of those between
 * about one for each MiB, at most 64 of a kind, unless their writer says how many of the newest it wants.
 */
import type { Snapshot, SnapshotMark, SnapshotPlace, StreamKey } from "../store.ts";
import { type Encoded, decode, encode } from "./blocks.ts";
import type { Database } from "./database.ts";
import { DamageFound } from "./failure.ts";
import type { Refusal } from "./refusal.ts";
import { findStream, openStream } from "./streams.ts";

/** The kind of snapshot to start from where output is no longer kept. */
export const SCREEN = "screen";
/** Older snapshots stand at least this far apart. */
const SPACING_BYTES = 1024 * 1024;
const MAX_SNAPSHOTS = 64;
/** Smaller ones do not gain from compression. */
const MIN_COMPRESSED_BYTES = 512;

interface SnapshotRow extends Encoded {
  readonly version: number;
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
  readonly line: number | null;
  readonly line_columns: number | null;
}

/** Keeps a snapshot, in the place of one of the same kind and offset. One beyond the tail is refused. */
export function putSnapshot(db: Database, snapshot: Snapshot): Refusal | null {
  const stream = openStream(db, snapshot);
  if (!stream) return { reason: "unknown-session" };
  if (snapshot.offset > stream.tail) return { reason: "tail-mismatch", expected: stream.tail };
  if (snapshot.offset < stream.trimmed) return null;
  const { kind, version, offset, cols, rows, place } = snapshot;
  const encoded = encode(snapshot.data, snapshot.data.length >= MIN_COMPRESSED_BYTES);
  db.run(
    `INSERT OR REPLACE INTO snapshot (stream, kind, offset, version, cols, rows, length, encoding, checksum, data, line, line_columns)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    stream.id,
    kind,
    offset,
    version,
    cols,
    rows,
    encoded.length,
    encoded.encoding,
    encoded.checksum,
    encoded.data,
    place?.line ?? null,
    place?.columns ?? null,
  );
  if (snapshot.newest === undefined) thinOut(db, stream.id, kind);
  else keepNewest(db, stream.id, kind, snapshot.newest);
  return null;
}

/** The newest readable snapshot of a kind at or before an offset: a damaged one is passed over if there is an older one. */
export function findSnapshot(db: Database, key: StreamKey, kind: string, atOrBefore: number): Snapshot | null {
  const stream = findStream(db, key);
  if (!stream) return null;
  const sql = `SELECT version, offset, cols, rows, length, encoding, checksum, data, line, line_columns FROM snapshot
     WHERE stream = ? AND kind = ? AND offset <= ? ORDER BY offset DESC`;
  let damage: DamageFound | null = null;
  for (const row of db.iterate<SnapshotRow>(sql, stream.id, kind, atOrBefore)) {
    const data = readable(row);
    const { version, offset, cols, rows } = row;
    const place = placeOf(row);
    if (!(data instanceof DamageFound)) {
      return { session: key.session, stream: key.stream, kind, version, offset, cols, rows, data, ...(place ? { place } : {}) };
    }
    damage = data;
  }
  if (damage) throw damage;
  return null;
}

/** All snapshots of a kind without their content, in the order of their offsets. */
export function findMarks(db: Database, key: StreamKey, kind: string): SnapshotMark[] {
  const stream = findStream(db, key);
  if (!stream) return [];
  const sql = "SELECT version, offset, cols, rows, line, line_columns FROM snapshot WHERE stream = ? AND kind = ? ORDER BY offset";
  const rows = db.all<Omit<SnapshotRow, keyof Encoded>>(sql, stream.id, kind);
  return rows.map((row) => ({ version: row.version, offset: row.offset, cols: row.cols, rows: row.rows, place: placeOf(row) }));
}

function placeOf({ line, line_columns: columns }: Pick<SnapshotRow, "line" | "line_columns">): SnapshotPlace | null {
  return line === null || columns === null ? null : { line, columns };
}

function readable(row: SnapshotRow): Uint8Array | DamageFound {
  try {
    return decode(row);
  } catch (error) {
    if (error instanceof DamageFound) return error;
    throw error;
  }
}

function keepNewest(db: Database, stream: number, kind: string, count: number): void {
  db.run(
    `DELETE FROM snapshot WHERE stream = ? AND kind = ? AND offset <
       (SELECT offset FROM snapshot WHERE stream = ? AND kind = ? ORDER BY offset DESC LIMIT 1 OFFSET ?)`,
    stream,
    kind,
    stream,
    kind,
    Math.max(0, count - 1),
  );
}

function thinOut(db: Database, stream: number, kind: string): void {
  const rows = db.all<{ offset: number }>("SELECT offset FROM snapshot WHERE stream = ? AND kind = ? ORDER BY offset", stream, kind);
  for (const offset of superfluous(rows.map((row) => row.offset))) {
    db.run("DELETE FROM snapshot WHERE stream = ? AND kind = ? AND offset = ?", stream, kind, offset);
  }
}

/** Which of the offsets, in rising order, can go. The first and the last stay. */
export function superfluous(offsets: readonly number[]): number[] {
  const kept = [...offsets];
  for (let index = 1; index < kept.length - 1;) {
    if ((kept[index + 1] ?? 0) - (kept[index - 1] ?? 0) <= SPACING_BYTES) kept.splice(index, 1);
    else index += 1;
  }
  while (kept.length > MAX_SNAPSHOTS) kept.splice(closestNeighbours(kept), 1);
  return offsets.filter((offset) => !kept.includes(offset));
}

/** The inner place whose neighbours are closest together: without it the widest gap grows least. */
function closestNeighbours(offsets: readonly number[]): number {
  let best = 1;
  const gap = (index: number) => (offsets[index + 1] ?? 0) - (offsets[index - 1] ?? 0);
  for (let index = 2; index < offsets.length - 1; index += 1) if (gap(index) < gap(best)) best = index;
  return best;
}

/**
 * Compaction: neighbouring rows of one kind become one of up to 256 KiB, compressed more thoroughly than a commit could wait for.
 * One step handles one group of rows, in a transaction of its own: whoever reads finds the old rows or the new one, and so does the
 * next opening if the process dies in it. Nothing in the file says what was compacted: it shows in the rows themselves.
 *
 * While a stream prints, groups are compacted that nothing can join any more. Once it is quiet its end is, too: the raw rows there
 * and as many before them as become part of a row half as large again. So a byte is written anew a bounded number of times (ten from
 * 4 KiB to 256 KiB), however often the stream wakes up to print a little.
 */
import { crashPoint } from "../../platform/crash.ts";
import type { StreamKey } from "../store.ts";
import { type Block, type ByteKind, RAW, makeBlock } from "./blocks.ts";
import { deleteBetween, insertBlock, piecesBetween } from "./chunks.ts";
import type { Database } from "./database.ts";
import { type StreamRow, findStream, saveStream } from "./streams.ts";

/** Bytes of a full row before compression. */
export const COMPACTED_BYTES = 256 * 1024;

/** A step takes no more rows than these at once: single keystrokes can be rows. */
const MAX_ROWS = 150;
/** Rows further apart stay apart, so that retention by age stays true to a day. */
const MAX_SPAN_MS = 24 * 60 * 60_000;
/** A quiet end is rewritten from so many bytes or rows on. */
const MIN_BYTES = 4 * 1024;
const MIN_ROWS = 16;
/** A single raw row that will not grow is compressed from this size on. */
const MIN_COMPRESSED_BYTES = 512;

interface Head {
  readonly offset: number;
  readonly time: number;
  readonly kind: ByteKind;
  readonly length: number;
  readonly encoding: number;
}

/** Neighbouring rows that can become one. Closed: what follows can never join them. */
interface Group {
  readonly rows: readonly Head[];
  readonly isClosed: boolean;
}

export interface CompactStep {
  /** All before it needs no further look. */
  readonly at: number;
  readonly hasWritten: boolean;
  /** The next step may find something. */
  readonly hasMore: boolean;
}

/** Does one step for a stream of which all before `from` was handled. Quiet: its unsealed end is handled, too. */
export function compactStep(db: Database, key: StreamKey, from: number, isQuiet: boolean): CompactStep {
  const stream = findStream(db, key);
  // A stream shorter than what was handled is another one: its session was deleted and made again.
  const at = Math.max(stream && from <= stream.tail ? from : 0, stream?.trimmed ?? 0);
  const group = stream ? nextGroup(db, stream, at, isQuiet) : null;
  const last = group?.rows.at(-1);
  const isDone = !group?.isClosed && !isQuiet;
  if (!stream || !group || !last || isDone) return { at, hasWritten: false, hasMore: false };
  const rows = group.isClosed ? group.rows : newest(group.rows);
  if (isWorthwhile(rows, group.isClosed) && compact(db, stream, rows)) return { at, hasWritten: true, hasMore: true };
  if (group.isClosed) return { at: endOf(last), hasWritten: false, hasMore: true };
  return { at, hasWritten: false, hasMore: false };
}

/** The rows from an offset on that can become one. Those of a stream that prints end where its raw rows begin. */
function nextGroup(db: Database, stream: StreamRow, from: number, isQuiet: boolean): Group {
  const limit = isQuiet ? stream.tail : sealedEnd(stream);
  const rows: Head[] = [];
  let [bytes, isClosed] = [0, false];
  const sql = "SELECT offset, time, kind, length, encoding FROM chunk WHERE stream = ? AND offset >= ? AND length > 0 ORDER BY offset, id";
  for (const head of db.iterate<Head>(sql, stream.id, from)) {
    isClosed = rows.length === MAX_ROWS || !canJoin(rows, bytes, head);
    if (isClosed || endOf(head) > limit) break;
    rows.push(head);
    bytes += head.length;
  }
  return beforeResize(db, stream, { rows, isClosed });
}

function canJoin(rows: readonly Head[], bytes: number, next: Head): boolean {
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return true;
  if (next.kind !== first.kind || next.offset !== endOf(last)) return false;
  return bytes + next.length <= COMPACTED_BYTES && Math.abs(next.time - first.time) <= MAX_SPAN_MS;
}

/** A resize ends a group: rows before and after it stay apart. */
function beforeResize(db: Database, stream: StreamRow, group: Group): Group {
  const [first, last] = [group.rows[0], group.rows.at(-1)];
  if (!first || !last) return group;
  const resize = db.get<{ offset: number }>(
    "SELECT offset FROM chunk WHERE stream = ? AND offset > ? AND offset <= ? AND length = 0 ORDER BY offset LIMIT 1",
    stream.id,
    first.offset,
    endOf(last),
  );
  return resize ? { rows: group.rows.filter((row) => row.offset < resize.offset), isClosed: true } : group;
}

/** As many rows of an end that may still grow as bring each of its bytes into a row half as large again as before. */
function newest(rows: readonly Head[]): readonly Head[] {
  let [first, bytes, largest] = [rows.length, 0, 0];
  for (const [index, row] of [...rows.entries()].toReversed()) {
    bytes += row.length;
    largest = Math.max(largest, row.length);
    if (3 * largest <= 2 * bytes) first = index;
  }
  return rows.slice(Math.min(first, rows.length - 1));
}

function isWorthwhile(rows: readonly Head[], isClosed: boolean): boolean {
  const bytes = rows.reduce((sum, row) => sum + row.length, 0);
  if (rows.length === 1) return rows[0]?.encoding === RAW && bytes >= (isClosed ? MIN_COMPRESSED_BYTES : MIN_BYTES);
  return isClosed || rows.length >= MIN_ROWS || bytes >= MIN_BYTES;
}

/** Makes one row of several; false if nothing was changed, because they are damaged or would not gain. */
function compact(db: Database, stream: StreamRow, rows: readonly Head[]): boolean {
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return false;
  const pieces = piecesBetween(db, stream.id, first.offset, endOf(last));
  if (pieces.length === 0) return false;
  const block = makeBlock(first.kind, pieces, true, "thorough");
  if (rows.length === 1 && block.encoding === RAW) return false;
  db.transaction("normal", () => replaceRows(db, stream, first.kind, block));
  crashPoint("store-after-compaction");
  return true;
}

function replaceRows(db: Database, stream: StreamRow, kind: ByteKind, block: Block): void {
  const end = endOf(block);
  deleteBetween(db, stream.id, block.offset, end);
  crashPoint("store-inside-compaction");
  insertBlock(db, stream.id, kind, block);
  if (end <= sealedEnd(stream)) return;
  stream.rawOffset = end;
  stream.rawBytes = stream.tail - end;
  if (stream.rawBytes === 0) stream.rawKind = "";
  saveStream(db, stream);
}

/** Where the raw rows begin that may be followed by more of their kind. */
function sealedEnd(stream: StreamRow): number {
  return stream.rawBytes > 0 ? stream.rawOffset : stream.tail;
}

function endOf(row: { readonly offset: number; readonly length: number }): number {
  return row.offset + row.length;
}

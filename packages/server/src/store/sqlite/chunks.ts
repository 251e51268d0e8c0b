/** Rows of `chunk`: writing blocks and resizes, taking raw rows out again, and reading in order. */
import type { RecordKind, StreamRecord } from "../store.ts";
import { type Block, type ByteKind, type Piece, byteLength, groupPieces, makeBlock, piecesOf } from "./blocks.ts";
import type { Database } from "./database.ts";
import { DamageFound } from "./failure.ts";
import type { StreamRow } from "./streams.ts";

/** A row as it is read. */
export interface ChunkRow extends Block {
  readonly id: number;
  readonly kind: RecordKind;
  readonly cols: number | null;
  readonly rows: number | null;
}

/** What is left after whole blocks is compressed from this size on; less stays raw until more has come. */
const MIN_SEALED_BYTES = 32 * 1024;

const COLUMNS = "id, offset, time, kind, length, encoding, checksum, cols, rows, marks, data";
const INSERT = `INSERT INTO chunk (stream, offset, time, kind, length, encoding, checksum, cols, rows, marks, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const NOTHING = new Uint8Array(0);

/** Rows from an offset on, in order. `from` must be where a row begins. */
export function chunksFrom(db: Database, stream: number, from: number): Iterable<ChunkRow> {
  return db.iterate<ChunkRow>(`SELECT ${COLUMNS} FROM chunk WHERE stream = ? AND offset >= ? ORDER BY offset, id`, stream, from);
}

/** Where the row begins that holds the byte at `offset`; `offset` itself if none does. */
export function chunkStart(db: Database, stream: number, offset: number): number {
  const row = db.get<{ offset: number; length: number }>(
    "SELECT offset, length FROM chunk WHERE stream = ? AND offset <= ? AND length > 0 ORDER BY offset DESC LIMIT 1",
    stream,
    offset,
  );
  return row && row.offset + row.length > offset ? row.offset : offset;
}

export function insertBlock(db: Database, stream: number, kind: ByteKind, block: Block): void {
  db.run(INSERT, stream, block.offset, block.time, kind, block.length, block.encoding, block.checksum, null, null, block.marks, block.data);
}

export function insertResize(db: Database, stream: number, offset: number, time: number, size: NonNullable<StreamRecord["size"]>): void {
  db.run(INSERT, stream, offset, time, "resize", 0, 0, 0, size.cols, size.rows, NOTHING, NOTHING);
}

/** Writes pieces as raw rows behind the stream's other raw rows. */
export function insertRaw(db: Database, stream: StreamRow, kind: ByteKind, pieces: readonly Piece[]): void {
  for (const group of groupPieces(kind, pieces)) insertBlock(db, stream.id, kind, makeBlock(kind, group, false));
  if (stream.rawBytes === 0) stream.rawOffset = pieces[0]?.offset ?? stream.tail;
  stream.rawKind = kind;
  stream.rawBytes += byteLength(pieces);
}

/**
 * Takes the rows between two offsets out of the table and gives their pieces; none if a row is damaged: they stay for the recovery
 * that follows when a reader meets them, and new output goes on behind them.
 */
export function takePieces(db: Database, stream: number, from: number, to: number): Piece[] {
  const pieces = piecesBetween(db, stream, from, to);
  if (pieces.length > 0) deleteBetween(db, stream, from, to);
  return pieces;
}

/** The pieces of the rows between two offsets; none if a row is damaged. */
export function piecesBetween(db: Database, stream: number, from: number, to: number): Piece[] {
  const rows = db.all<ChunkRow>(
    `SELECT ${COLUMNS} FROM chunk WHERE stream = ? AND offset >= ? AND offset < ? AND length > 0 ORDER BY offset, id`,
    stream,
    from,
    to,
  );
  return readablePieces(rows);
}

/** Deletes the rows with bytes between two offsets; resizes stay. */
export function deleteBetween(db: Database, stream: number, from: number, to: number): void {
  db.run("DELETE FROM chunk WHERE stream = ? AND offset >= ? AND offset < ? AND length > 0", stream, from, to);
}

function readablePieces(rows: readonly ChunkRow[]): Piece[] {
  try {
    return rows.flatMap(piecesOf);
  } catch (error) {
    if (error instanceof DamageFound) return [];
    throw error;
  }
}

/** Writes pieces that end at the stream's tail as compressed blocks; a small rest becomes the new raw end. */
export function insertSealed(db: Database, stream: StreamRow, kind: ByteKind, pieces: readonly Piece[]): void {
  const groups = groupPieces(kind, pieces);
  const last = groups.at(-1) ?? [];
  const isRestSmall = byteLength(last) < MIN_SEALED_BYTES;
  for (const group of isRestSmall ? groups.slice(0, -1) : groups) insertBlock(db, stream.id, kind, makeBlock(kind, group, true));
  stream.rawBytes = 0;
  stream.rawKind = "";
  if (isRestSmall && last.length > 0) insertRaw(db, stream, kind, last);
}

/**
 * Appending to a stream. Small appends become raw rows; once 64 KiB of one kind have gathered they are due for sealing, which
 * happens after the commit was answered (seal.ts). A large append, as of a firehose, is compressed at once together with the raw rows
 * before it, so that its bytes are written only in their final form.
 */
import type { NewRecord, Write } from "../store.ts";
import { BLOCK_BYTES, type ByteKind, type Piece, byteLength } from "./blocks.ts";
import { insertRaw, insertResize, insertSealed, takePieces } from "./chunks.ts";
import type { Database } from "./database.ts";
import type { Refusal } from "./refusal.ts";
import type { SealQueue } from "./seal.ts";
import { type StreamRow, openStream, saveStream } from "./streams.ts";

/** An append of at least this size is compressed at once if it completes a block. */
const LARGE_BYTES = 16 * 1024;

type AppendWrite = Extract<Write, { op: "append" }>;

export function append(db: Database, seals: SealQueue, write: AppendWrite): Refusal | null {
  const stream = openStream(db, write);
  if (!stream) return { reason: "unknown-session" };
  if (write.expectedTail !== undefined && write.expectedTail !== stream.tail) return { reason: "tail-mismatch", expected: stream.tail };
  for (const group of groupRecords(write.records)) {
    if (group.kind === "resize") appendResize(db, seals, stream, group.record);
    else appendBytes(db, seals, stream, group.kind, group.records);
  }
  saveStream(db, stream);
  return null;
}

type Group = { readonly kind: "resize"; readonly record: NewRecord } | { readonly kind: ByteKind; readonly records: NewRecord[] };

/** Neighbours of one kind together; records without bytes that are no resize are left out. */
function groupRecords(records: readonly NewRecord[]): Group[] {
  const groups: Group[] = [];
  for (const record of records) {
    const last = groups.at(-1);
    if (record.kind === "resize") groups.push({ kind: "resize", record });
    else if (record.data.length === 0) continue;
    else if (last && last.kind !== "resize" && last.kind === record.kind) last.records.push(record);
    else groups.push({ kind: record.kind, records: [record] });
  }
  return groups;
}

function appendResize(db: Database, seals: SealQueue, stream: StreamRow, record: NewRecord): void {
  if (!record.size) throw new Error("A resize needs a size.");
  endRawRows(seals, stream);
  insertResize(db, stream.id, stream.tail, Math.floor(record.time), record.size);
}

function appendBytes(db: Database, seals: SealQueue, stream: StreamRow, kind: ByteKind, records: readonly NewRecord[]): void {
  if (stream.rawKind !== kind) endRawRows(seals, stream);
  const pieces = placePieces(records, stream.tail);
  const bytes = byteLength(pieces);
  const from = stream.rawBytes > 0 ? stream.rawOffset : stream.tail;
  const before = stream.tail;
  stream.tail += bytes;
  if (bytes >= LARGE_BYTES && stream.rawBytes + bytes >= BLOCK_BYTES) {
    insertSealed(db, stream, kind, [...takePieces(db, stream.id, from, before), ...pieces]);
  } else {
    insertRaw(db, stream, kind, pieces);
    if (stream.rawBytes >= BLOCK_BYTES) seals.addTail(stream.id);
  }
}

function placePieces(records: readonly NewRecord[], tail: number): Piece[] {
  let offset = tail;
  return records.map((record) => {
    const piece = { offset, time: Math.floor(record.time), data: record.data };
    offset += record.data.length;
    return piece;
  });
}

/** Another kind or a resize follows: the raw rows so far will not grow any more. */
function endRawRows(seals: SealQueue, stream: StreamRow): void {
  if (stream.rawBytes > 0) seals.addEnded({ stream: stream.id, kind: stream.rawKind as ByteKind, from: stream.rawOffset, to: stream.tail });
  stream.rawBytes = 0;
  stream.rawKind = "";
}

/**
 * One record in bytes, the same in the spool and on the wire (PROTOCOL §11.4):
 * `u32 data length | u32 crc | u48 index | u48 offset | u48 time | u8 kind | data`, the crc over all that follows it.
 */
import { crc32 } from "node:zlib";
import type { HostRecord, RunEnd } from "./wire.ts";

export const RECORD_HEAD_BYTES = 27;
/** Most data of one record. */
export const MAX_RECORD_BYTES = 64 * 1024;
const KIND = { output: 1, error: 2, resize: 3, end: 4, adopted: 5 } as const;

/** A record before it has its place in the order. */
export interface RecordDraft {
  readonly kind: keyof typeof KIND;
  readonly time: number;
  readonly parts: readonly Uint8Array[];
}

/** Where a record lies in a buffer. */
export interface RecordPlace {
  readonly index: number;
  readonly offset: number;
  readonly time: number;
  readonly kind: number;
  readonly data: Buffer;
  /** Head and data. */
  readonly bytes: number;
}

export function resizeDraft(time: number, cols: number, rows: number): RecordDraft {
  const data = Buffer.allocUnsafe(4);
  data.writeUInt16BE(cols, 0);
  data.writeUInt16BE(rows, 2);
  return { kind: "resize", time, parts: [data] };
}

export function endDraft(time: number, end: RunEnd): RecordDraft {
  return { kind: "end", time, parts: [Buffer.from(JSON.stringify(end))] };
}

export function adoptedDraft(time: number, quietMs: number | null): RecordDraft {
  return { kind: "adopted", time, parts: [Buffer.from(JSON.stringify({ quietMs }))] };
}

export function isAdopted(place: RecordPlace): boolean {
  return place.kind === KIND.adopted;
}

/** Bytes of data the stream advances by: only output counts. */
export function streamBytes(place: RecordPlace): number {
  return place.kind === KIND.output || place.kind === KIND.error ? place.data.length : 0;
}

/** The record, behind `room` free bytes. */
export function encodeRecord(draft: RecordDraft, index: number, offset: number, room: number): Buffer {
  const dataBytes = draft.parts.reduce((sum, part) => sum + part.length, 0);
  const all = Buffer.allocUnsafe(room + RECORD_HEAD_BYTES + dataBytes);
  const record = all.subarray(room);
  record.writeUInt32BE(dataBytes, 0);
  record.writeUIntBE(index, 8, 6);
  record.writeUIntBE(offset, 14, 6);
  record.writeUIntBE(draft.time, 20, 6);
  record.writeUInt8(KIND[draft.kind], 26);
  let at = RECORD_HEAD_BYTES;
  for (const part of draft.parts) {
    record.set(part, at);
    at += part.length;
  }
  record.writeUInt32BE(crc32(record.subarray(8)), 4);
  return all;
}

/** The record that begins at `at`; undefined if it is not whole. */
export function placeRecord(buffer: Buffer, at: number): RecordPlace | undefined {
  if (buffer.length - at < RECORD_HEAD_BYTES) return undefined;
  const bytes = RECORD_HEAD_BYTES + buffer.readUInt32BE(at);
  if (buffer.length - at < bytes) return undefined;
  return {
    index: buffer.readUIntBE(at + 8, 6),
    offset: buffer.readUIntBE(at + 14, 6),
    time: buffer.readUIntBE(at + 20, 6),
    kind: buffer.readUInt8(at + 26),
    data: buffer.subarray(at + RECORD_HEAD_BYTES, at + bytes),
    bytes,
  };
}

/** Whether the record at `at` is as it was written. */
export function isIntact(buffer: Buffer, at: number, place: RecordPlace): boolean {
  return crc32(buffer.subarray(at + 8, at + place.bytes)) === buffer.readUInt32BE(at + 4);
}

/** The end a record tells of, if it is an `end`. */
export function endOf(place: RecordPlace): RunEnd | undefined {
  return place.kind === KIND.end ? (JSON.parse(place.data.toString()) as RunEnd) : undefined;
}

/** All records of a frame. Data are views of `buffer`. Undefined: it is damaged. */
export function decodeRecords(buffer: Buffer): HostRecord[] | undefined {
  const records: HostRecord[] = [];
  for (let at = 0; at < buffer.length;) {
    const place = placeRecord(buffer, at);
    const record = place && isIntact(buffer, at, place) ? toRecord(place) : undefined;
    if (!place || !record) return undefined;
    records.push(record);
    at += place.bytes;
  }
  return records;
}

function toRecord(place: RecordPlace): HostRecord | undefined {
  const { index, offset, time, kind, data } = place;
  const head = { index, offset, time };
  if (kind === KIND.output || kind === KIND.error) return { ...head, is: "data", channel: kind === KIND.output ? "output" : "error", data };
  if (kind === KIND.resize) return { ...head, is: "resize", cols: data.readUInt16BE(0), rows: data.readUInt16BE(2) };
  if (kind === KIND.adopted) return { ...head, is: "adopted", ...(JSON.parse(data.toString()) as { quietMs: number | null }) };
  const end = endOf(place);
  return end && { ...head, is: "end", end };
}

/**
 * How bytes of a stream lie in rows. A row is a block: consecutive pieces of one kind, raw or compressed (zstd); up to 64 KiB of
 * them as they are appended and sealed, up to 256 KiB once they were compacted. `marks` keeps where each further piece begins and when it came, as pairs of variable-length numbers: the
 * distance in bytes and in milliseconds from the one before. Pieces of `output` and `error` may be cut anywhere and those of the
 * same millisecond are one; an `event` or `notice` is never cut or joined, whatever its size.
 */
import * as zlib from "node:zlib";
import type { RecordKind } from "../store.ts";
import { DamageFound } from "./failure.ts";

/** Bytes of a full block before compression. */
export const BLOCK_BYTES = 64 * 1024;

/** Kinds that have bytes. */
export type ByteKind = Exclude<RecordKind, "resize">;

/** Consecutive bytes that came at one time. */
export interface Piece {
  readonly offset: number;
  readonly time: number;
  readonly data: Uint8Array;
}

/** Bytes as they are stored: `length` counts them before compression, `checksum` covers what is stored. */
export interface Encoded {
  readonly length: number;
  readonly encoding: number;
  readonly checksum: number;
  readonly data: Uint8Array;
}

/** A row of `chunk` with bytes. */
export interface Block extends Encoded {
  readonly offset: number;
  readonly time: number;
  readonly marks: Uint8Array;
}

/** The encoding of bytes as they came. */
export const RAW = 0;
const ZSTD = 1;
const NO_MARKS = new Uint8Array(0);

/** How hard to compress: commits may wait behind a `fast` one, a `thorough` one runs when nobody waits. Both are read at one speed. */
export type Effort = "fast" | "thorough";

const LEVELS = {
  fast: { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } },
  thorough: { params: { [zlib.constants.ZSTD_c_compressionLevel]: 5 } },
} as const;

/** True if pieces of this kind are records of their own, which readers get back as they were written. */
export function isWhole(kind: ByteKind): boolean {
  return kind === "event" || kind === "notice";
}

/** The number of bytes in pieces. */
export function byteLength(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + piece.data.length, 0);
}

/** Divides consecutive pieces into groups of one block each. */
export function groupPieces(kind: ByteKind, pieces: readonly Piece[]): Piece[][] {
  const groups: Piece[][] = [];
  let group: Piece[] = [];
  let room = BLOCK_BYTES;
  const flush = () => {
    if (group.length > 0) groups.push(group);
    group = [];
    room = BLOCK_BYTES;
  };
  for (const piece of pieces) {
    let rest = piece;
    if (isWhole(kind) && rest.data.length > room) flush();
    while (!isWhole(kind) && rest.data.length > room) {
      if (room > 0) group.push(slicePiece(rest, 0, room));
      rest = slicePiece(rest, room);
      flush();
    }
    if (rest.data.length === 0) continue;
    group.push(rest);
    room -= rest.data.length;
  }
  flush();
  return groups;
}

/** A part of a piece. */
export function slicePiece(piece: Piece, start: number, end?: number): Piece {
  return { offset: piece.offset + start, time: piece.time, data: piece.data.subarray(start, end) };
}

/** Makes a block of a group of pieces. */
export function makeBlock(kind: ByteKind, pieces: readonly Piece[], isSealed: boolean, effort: Effort = "fast"): Block {
  const first = pieces[0];
  if (!first) throw new Error("A block needs at least one piece.");
  const marks = encodeMarks(kind, pieces);
  const encoded = encode(joinPieces(pieces), isSealed, effort);
  return { ...encoded, offset: first.offset, time: first.time, marks, checksum: zlib.crc32(marks, encoded.checksum) };
}

/** The pieces of a block. Throws {@link DamageFound} if it is not as it was written. */
export function piecesOf(block: Block): Piece[] {
  if (!isBytes(block.data) || !isBytes(block.marks)) throw new DamageFound(`the block at ${block.offset} has lost its bytes`);
  if (zlib.crc32(block.marks, zlib.crc32(block.data)) !== block.checksum)
    throw new DamageFound(`the block at ${block.offset} is not as it was written`);
  const data = decode({ ...block, checksum: zlib.crc32(block.data) });
  const pieces: Piece[] = [];
  let [start, time] = [0, block.time];
  for (const mark of decodeMarks(block.marks)) {
    pieces.push({ offset: block.offset + start, time, data: data.subarray(start, start + mark.bytes) });
    start += mark.bytes;
    time += mark.milliseconds;
  }
  pieces.push({ offset: block.offset + start, time, data: data.subarray(start) });
  return pieces;
}

/** Stores bytes compressed if that is wanted and makes them smaller. */
export function encode(data: Uint8Array, isCompressed: boolean, effort: Effort = "fast"): Encoded {
  const packed = isCompressed ? zlib.zstdCompressSync(data, LEVELS[effort]) : data;
  const isSmaller = packed.length < data.length;
  const stored = isSmaller ? packed : data;
  return { length: data.length, encoding: isSmaller ? ZSTD : RAW, checksum: zlib.crc32(stored), data: stored };
}

/** The bytes again. Throws {@link DamageFound} if they are not as they were written. */
export function decode(encoded: Encoded): Uint8Array {
  if (!isBytes(encoded.data)) throw new DamageFound("stored bytes are lost");
  if (zlib.crc32(encoded.data) !== encoded.checksum) throw new DamageFound("stored bytes do not match their checksum");
  const data = encoded.encoding === ZSTD ? decompress(encoded) : encoded.data;
  if (data.length !== encoded.length) throw new DamageFound("stored bytes do not have their length");
  return data;
}

/** A damaged row may hold anything in the place of its bytes. */
function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array;
}

function decompress(encoded: Encoded): Uint8Array {
  try {
    const { buffer, byteOffset, length } = zlib.zstdDecompressSync(encoded.data, { maxOutputLength: Math.max(encoded.length, 1) });
    return new Uint8Array(buffer, byteOffset, length);
  } catch (cause) {
    throw new DamageFound("stored bytes cannot be decompressed", { cause });
  }
}

function joinPieces(pieces: readonly Piece[]): Uint8Array {
  if (pieces.length === 1 && pieces[0]) return pieces[0].data;
  const joined = new Uint8Array(byteLength(pieces));
  let used = 0;
  for (const piece of pieces) {
    joined.set(piece.data, used);
    used += piece.data.length;
  }
  return joined;
}

function encodeMarks(kind: ByteKind, pieces: readonly Piece[]): Uint8Array {
  if (pieces.length === 1) return NO_MARKS;
  const bytes: number[] = [];
  let [lastOffset, lastTime] = [pieces[0]?.offset ?? 0, pieces[0]?.time ?? 0];
  for (const piece of pieces.slice(1)) {
    if (piece.time === lastTime && !isWhole(kind)) continue;
    pushNumber(bytes, piece.offset - lastOffset);
    pushNumber(bytes, zigzag(piece.time - lastTime));
    [lastOffset, lastTime] = [piece.offset, piece.time];
  }
  return bytes.length === 0 ? NO_MARKS : Uint8Array.from(bytes);
}

function* decodeMarks(marks: Uint8Array): Generator<{ readonly bytes: number; readonly milliseconds: number }> {
  let at = 0;
  const next = () => {
    let [value, scale] = [0, 1];
    for (; (marks[at] ?? 0) >= 128; at += 1, scale *= 128) value += ((marks[at] ?? 0) - 128) * scale;
    value += (marks[at] ?? 0) * scale;
    at += 1;
    return value;
  };
  while (at < marks.length) yield { bytes: next(), milliseconds: unzigzag(next()) };
}

/** Seven bits a byte, the lowest first; the top bit says that more follow. */
function pushNumber(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}

/** Clocks may step back: negative distances become odd numbers. */
function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/**
 * The spool of one run: its records in numbered segment files `<first index>-<its offset>`, until the server has committed
 * them. An append that fails changes nothing; a tail torn by the host's death is cut when the spool is opened again.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { RECORDS_ROOM } from "./frames.ts";
import { type RecordDraft, encodeRecord, endOf, isAdopted, isIntact, placeRecord, streamBytes } from "./records.ts";
import type { RunEnd } from "./wire.ts";

const MAX_SEGMENT_BYTES = 4 * 1024 * 1024;
/** Bytes read at once for a reader that is behind; more than any record has. */
const READ_BYTES = 256 * 1024;
/** How exactly acknowledged bytes are known: one remembered index for so many bytes. */
const MARK_BYTES = 64 * 1024;

interface Segment {
  readonly file: string;
  readonly first: number;
  readonly offset: number;
  /** Bytes of all segments before this one, counted since the spool was opened. */
  readonly before: number;
  bytes: number;
}

/** Where a reader is. */
export interface SpoolCursor {
  /** The next record it wants. */
  index: number;
  /** Index of the segment's first record and position in it, if known. */
  segment: number;
  at: number;
}

/** Writes to the file system, replaceable to let them fail. */
export interface SpoolWrites {
  writeSync(fd: number, buffer: Buffer, offset: number, length: number, position: number): number;
}

export class Spool {
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #writes: SpoolWrites;
  #segments: Segment[] = [];
  #marks: { readonly index: number; readonly total: number }[] = [];
  #fd: number | undefined;
  #total = 0;
  #acked = 0;
  #nextRecord = 0;
  #nextOffset = 0;
  #end: RunEnd | undefined;
  #hasSkipped = false;
  #lastOutputAt: number | undefined;
  #endsAdopted = false;

  constructor(directory: string, limitBytes: number, writes: SpoolWrites = fs) {
    this.#directory = directory;
    this.#segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.ceil(limitBytes / 8));
    this.#writes = writes;
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#open();
  }

  get firstRecord(): number {
    return this.#segments[0]?.first ?? this.#nextRecord;
  }

  get nextRecord(): number {
    return this.#nextRecord;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#total - (this.#segments[0]?.before ?? this.#total);
  }

  /** Bytes not yet acknowledged, to {@link MARK_BYTES} exactly, never too few. */
  get unackedBytes(): number {
    return this.#total - this.#acked;
  }

  /** How the run ended, if its end is spooled. */
  get end(): RunEnd | undefined {
    return this.#end;
  }

  /** The time of the newest output, as far as it is still here. */
  get lastOutputAt(): number | undefined {
    return this.#lastOutputAt;
  }

  /** The newest record says that a host adopted the run. */
  get endsAdopted(): boolean {
    return this.#endsAdopted;
  }

  /** Gives the record its place and writes it. Returns it with room for a frame's head. Throws what the disk says, and is as before then. */
  append(draft: RecordDraft): Buffer {
    const framed = encodeRecord(draft, this.#nextRecord, this.#nextOffset, RECORDS_ROOM);
    const segment = this.#writable();
    this.#write(segment, framed.subarray(RECORDS_ROOM));
    const mark = this.#marks.at(-1);
    if (!mark || this.#total - mark.total >= MARK_BYTES) this.#marks.push({ index: this.#nextRecord, total: this.#total });
    const written = framed.length - RECORDS_ROOM;
    segment.bytes += written;
    this.#total += written;
    this.#note(framed, RECORDS_ROOM);
    return framed;
  }

  /** Everything before `upTo` is committed elsewhere. The newest segment stays: it has the end, and the numbering. */
  ack(upTo: number): void {
    if (upTo > this.#nextRecord) return;
    for (let next = this.#segments[1]; next && next.first <= upTo; next = this.#segments[1]) {
      fs.rmSync(this.#segments[0]?.file ?? "", { force: true });
      this.#segments.shift();
    }
    while (this.#marks[1] && this.#marks[1].index <= upTo) this.#marks.shift();
    const mark = this.#marks[0];
    if (upTo === this.#nextRecord) this.#acked = this.#total;
    else if (mark && mark.index <= upTo) this.#acked = Math.max(this.#acked, mark.total);
  }

  /** The next record gets this number, and a segment of its own. */
  skipTo(index: number): void {
    this.#nextRecord = index;
    this.#hasSkipped = true;
  }

  cursor(index: number): SpoolCursor {
    return { index, segment: -1, at: 0 };
  }

  /** Whole records from the cursor on, behind room for a frame's head, and moves it; undefined at the end. What is gone or damaged is passed over. */
  read(cursor: SpoolCursor): Buffer | undefined {
    cursor.index = Math.max(cursor.index, this.firstRecord);
    while (cursor.index < this.#nextRecord) {
      const segment = this.#segments.findLast((each) => each.first <= cursor.index);
      if (!segment) return undefined;
      if (cursor.segment !== segment.first) Object.assign(cursor, { segment: segment.first, at: 0 });
      const buffer = readPart(segment.file, cursor.at, Math.min(READ_BYTES, segment.bytes - cursor.at));
      const { from, to } = this.#wanted(buffer, cursor);
      if (to === RECORDS_ROOM) cursor.index = this.#segments.find((each) => each.first > segment.first)?.first ?? this.#nextRecord;
      cursor.at += to - RECORDS_ROOM;
      if (to > from) return buffer.subarray(from - RECORDS_ROOM, to);
    }
    return undefined;
  }

  close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd);
    this.#fd = undefined;
  }

  #wanted(buffer: Buffer, cursor: SpoolCursor): { from: number; to: number } {
    let from = RECORDS_ROOM;
    let to = RECORDS_ROOM;
    for (let place = placeRecord(buffer, to); place && isIntact(buffer, to, place); place = placeRecord(buffer, to)) {
      to += place.bytes;
      if (place.index < cursor.index) from = to;
      else cursor.index = place.index + 1;
    }
    return { from, to };
  }

  /** Positions are given, so that a failed write's remains are overwritten even if they cannot be cut. */
  #write(segment: Segment, record: Buffer): void {
    const fd = (this.#fd ??= fs.openSync(segment.file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600));
    try {
      for (let done = 0; done < record.length;) {
        done += this.#writes.writeSync(fd, record, done, record.length - done, segment.bytes + done);
      }
    } catch (error) {
      fs.ftruncateSync(fd, segment.bytes);
      throw error;
    }
  }

  #writable(): Segment {
    const last = this.#segments.at(-1);
    if (last && last.bytes < this.#segmentBytes && !this.#hasSkipped) return last;
    this.close();
    const name = `${String(this.#nextRecord).padStart(16, "0")}-${String(this.#nextOffset).padStart(16, "0")}`;
    const file = path.join(this.#directory, name);
    this.#fd = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
    const segment = { file, first: this.#nextRecord, offset: this.#nextOffset, before: this.#total, bytes: 0 };
    this.#segments.push(segment);
    this.#hasSkipped = false;
    return segment;
  }

  #open(): void {
    for (const name of fs.readdirSync(this.#directory).toSorted()) {
      const [first, offset] = name.split("-").map(Number);
      if (first === undefined || offset === undefined || !/^\d{16}-\d{16}$/.test(name)) continue;
      const file = path.join(this.#directory, name);
      const bytes = fs.statSync(file).size;
      this.#segments.push({ file, first, offset, before: this.#total, bytes });
      this.#marks.push({ index: first, total: this.#total });
      this.#total += bytes;
    }
    const last = this.#segments.at(-1);
    if (last) this.#cutTornTail(last);
  }

  #cutTornTail(last: Segment): void {
    this.#nextRecord = last.first;
    this.#nextOffset = last.offset;
    const buffer = fs.readFileSync(last.file);
    let at = 0;
    for (let place = placeRecord(buffer, at); place && isIntact(buffer, at, place); place = placeRecord(buffer, at)) {
      this.#note(buffer, at);
      at += place.bytes;
    }
    if (at < buffer.length) fs.truncateSync(last.file, at);
    this.#total += at - last.bytes;
    last.bytes = at;
  }

  #note(buffer: Buffer, at: number): void {
    const place = placeRecord(buffer, at);
    if (!place) return;
    this.#nextRecord = place.index + 1;
    this.#nextOffset = place.offset + streamBytes(place);
    this.#end = endOf(place) ?? this.#end;
    this.#endsAdopted = isAdopted(place);
    if (streamBytes(place) > 0) this.#lastOutputAt = place.time;
  }
}

/** A part of a file, behind room for a frame's head. */
function readPart(file: string, at: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(RECORDS_ROOM + bytes);
  const fd = fs.openSync(file, "r");
  try {
    return buffer.subarray(0, RECORDS_ROOM + fs.readSync(fd, buffer, RECORDS_ROOM, bytes, at));
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Numbered input. `Writers` decides which numbers are new. `InputJournal` keeps what a pipe run was sent, on disk, until
 * the program has taken it, so that the next host goes on where this one stopped (PROTOCOL §11.6).
 */
import * as fs from "node:fs";
import { placeRecord, isIntact, encodeRecord } from "./records.ts";
import type { HostInput } from "./wire.ts";

const MAX_WRITERS = 4096;
/** A journal is begun anew beyond this size, if nothing waits; beyond the other in any case, with what waits. */
const COMPACT_BYTES = 1024 * 1024;
const MAX_BYTES = 4 * COMPACT_BYTES;
/** The journal begins with the count of input bytes written to the program. */
const PROGRESS_BYTES = 8;

/** Highest number taken from each writer; the least recently used is forgotten first. */
export class Writers {
  readonly #highest = new Map<string, number>();

  judge(
    input: Pick<HostInput, "writer" | "seq" | "numbering">,
  ): { readonly is: "new" | "duplicate" } | { readonly is: "gap"; readonly expected: number } {
    const highest = this.#highest.get(input.writer) ?? 0;
    if (input.seq <= highest) return { is: "duplicate" };
    if (input.numbering === "contiguous" && input.seq !== highest + 1) return { is: "gap", expected: highest + 1 };
    return { is: "new" };
  }

  take(writer: string, seq: number): void {
    this.#highest.delete(writer);
    this.#highest.set(writer, seq);
    const oldest = this.#highest.size > MAX_WRITERS ? this.#highest.keys().next().value : undefined;
    if (oldest !== undefined) this.#highest.delete(oldest);
  }

  entries(): readonly (readonly [writer: string, seq: number])[] {
    return [...this.#highest];
  }
}

export class InputJournal {
  readonly #file: string;
  readonly #writers: Writers;
  #fd: number;
  #end = PROGRESS_BYTES;
  #written = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;

  constructor(file: string, writers: Writers) {
    this.#file = file;
    this.#writers = writers;
    this.#fd = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
    this.#load();
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Throws what the disk says, and has taken nothing then. */
  append(writer: string, seq: number, data: Uint8Array): void {
    if (this.#end > (this.#waitingBytes === 0 ? COMPACT_BYTES : MAX_BYTES)) this.#compact();
    const entry = journalEntry(writer, seq, data);
    for (let done = 0; done < entry.length;) done += fs.writeSync(this.#fd, entry, done, entry.length - done, this.#end + done);
    this.#end += entry.length;
    this.#enqueue(data);
  }

  /** The next bytes for the program, at most `maxBytes`. */
  next(maxBytes: number): Buffer | undefined {
    return this.#waiting[0]?.subarray(0, maxBytes);
  }

  /** The program's FIFO has taken so many more bytes. Dying just before this is noted doubles that piece, and nothing else. */
  written(bytes: number): void {
    const rest = this.#waiting[0]?.subarray(bytes);
    if (rest && rest.length > 0) this.#waiting[0] = rest;
    else this.#waiting.shift();
    this.#waitingBytes -= bytes;
    this.#written += bytes;
    fs.writeSync(this.#fd, progress(this.#written), 0, PROGRESS_BYTES, 0);
  }

  close(): void {
    if (this.#fd >= 0) fs.closeSync(this.#fd);
    this.#fd = -1;
  }

  #enqueue(data: Uint8Array): void {
    if (data.length === 0) return;
    this.#waiting.push(Buffer.from(data));
    this.#waitingBytes += data.length;
  }

  #load(): void {
    const all = fs.readFileSync(this.#file);
    if (all.length < PROGRESS_BYTES) return void fs.writeSync(this.#fd, progress(0), 0, PROGRESS_BYTES, 0);
    this.#written = Number(all.readBigUInt64BE(0));
    let skip = this.#written;
    for (let place = placeRecord(all, this.#end); place && isIntact(all, this.#end, place); place = placeRecord(all, this.#end)) {
      const writerBytes = place.data.readUInt8(0);
      const data = place.data.subarray(1 + writerBytes);
      this.#writers.take(place.data.toString("utf8", 1, 1 + writerBytes), place.index);
      this.#enqueue(data.subarray(Math.min(skip, data.length)));
      skip -= Math.min(skip, data.length);
      this.#end += place.bytes;
    }
    fs.ftruncateSync(this.#fd, this.#end);
  }

  /** The numbers of all writers, and with the last of them what waits. */
  #compact(): void {
    const draft = `${this.#file}.new`;
    const writers = this.#writers.entries();
    const waiting = Buffer.concat(this.#waiting);
    const entries = writers.map(([writer, seq], n) => journalEntry(writer, seq, n === writers.length - 1 ? waiting : Buffer.alloc(0)));
    fs.writeFileSync(draft, Buffer.concat([progress(0), ...entries]), { mode: 0o600 });
    fs.renameSync(draft, this.#file);
    this.close();
    this.#fd = fs.openSync(this.#file, fs.constants.O_RDWR);
    this.#end = fs.fstatSync(this.#fd).size;
    this.#written = 0;
  }
}

/** In the form of a record: its index is the number. */
function journalEntry(writer: string, seq: number, data: Uint8Array): Buffer {
  const name = Buffer.from(writer);
  return encodeRecord({ kind: "output", time: 0, parts: [Buffer.from([name.length]), name, data] }, seq, 0, 0);
}

function progress(bytes: number): Buffer {
  const buffer = Buffer.alloc(PROGRESS_BYTES);
  buffer.writeBigUInt64BE(BigInt(bytes));
  return buffer;
}

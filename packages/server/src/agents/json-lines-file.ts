/**
 * Reads the end of a file of JSON lines that is somebody else's: it may be huge, damaged, written just now, gone in the middle, or no
 * file at all. Bytes and memory are bounded, and it is read a piece at a time, so that the server does other things in between.
 */
import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { LineSplitter, type SplitLine } from "./line-splitter.ts";

/** Of a longer file only so much is read, from its end. */
export const MAX_READ_BYTES: number = 32 * 1024 * 1024;
const PIECE_BYTES = 256 * 1024;

export interface JsonLinesFile {
  readonly file: string;
  /** Lines without such words hold nothing that is wanted, and are not parsed. */
  readonly worth: RegExp;
  /** A line, oldest first; `from` is its place in the file. */
  readonly take: (value: unknown, from: number) => void;
  readonly maxBytes?: number;
}

export interface WhatWasRead {
  /** What stands before was not read. */
  readonly isCut: boolean;
  /** Lines that were too long, or are not JSON. */
  readonly damagedLines: number;
}

/** `null`: there is no such file. Rejects with a sentence for the user if there is one that cannot be read. */
export async function readJsonLines(about: JsonLinesFile): Promise<WhatWasRead | null> {
  try {
    // A pipe without a writer does not hold the opening up.
    const handle = await fs.open(about.file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return await readFrom(handle, about);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (code === "ENOENT") return null;
    if (code === "") throw cause;
    throw new Error(`${about.file} cannot be read (${code}).`, { cause });
  }
}

async function readFrom(handle: fs.FileHandle, { file, worth, take, maxBytes = MAX_READ_BYTES }: JsonLinesFile): Promise<WhatWasRead> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw new Error(`${file} is not a file.`);
  const start = Math.max(0, stat.size - maxBytes);
  const splitter = new LineSplitter(start);
  const piece = Buffer.alloc(Math.min(PIECE_BYTES, stat.size - start));
  let damagedLines = 0;
  const takeLine = (line: SplitLine): void => {
    const isPart = start > 0 && line.from === start; // its beginning was not read
    if (!isPart && !wasTaken(line, worth, take)) damagedLines += 1;
  };
  for (let at = start; at < stat.size;) {
    const { bytesRead } = await handle.read(piece, 0, Math.min(piece.length, stat.size - at), at);
    if (bytesRead === 0) break; // it became shorter
    at += bytesRead;
    for (const line of splitter.push(piece.subarray(0, bytesRead))) takeLine(line);
  }
  const last = splitter.end();
  if (last) wasTaken(last, worth, take); // one that is being written is not damaged
  return { isCut: start > 0, damagedLines };
}

function wasTaken(line: SplitLine, worth: RegExp, take: JsonLinesFile["take"]): boolean {
  if (line.is === "long-line") return false;
  if (!worth.test(line.text)) return true;
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch {
    return false;
  }
  take(value, line.from);
  return true;
}

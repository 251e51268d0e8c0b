/**
 * Whether a write-ahead log is as it was written. SQLite takes frames up to the first that fails its checksum and forgets the rest
 * without a word: right after a power cut, wrong if bytes in the middle were damaged, for then commits are missing.
 * The layout is that of SQLite's file format, section 4.
 */
import * as fs from "node:fs";
import { DamageFound } from "./failure.ts";

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;

type Sums = readonly [number, number];

/**
 * Throws {@link DamageFound} if frames of the log would be lost. A frame that breaks off at the end is none: a process was killed. Nor
 * are frames of an earlier round behind those of this one: the log began anew while a reader kept it from being emptied.
 */
export function checkLog(file: string): void {
  if (!fs.existsSync(file)) return;
  const log = fs.readFileSync(file);
  if (log.length < HEADER_BYTES + FRAME_HEADER_BYTES) return;
  const magic = log.readUInt32BE(0);
  const sumOf = sumBy(magic === MAGIC);
  let sums = sumOf(log.subarray(0, 24), [0, 0]);
  if ((magic & ~1) >>> 0 !== MAGIC || !sameSums(log, 24, sums)) throw new DamageFound("the header of its log is damaged");
  const frameBytes = FRAME_HEADER_BYTES + log.readUInt32BE(8);
  let isOver = false;
  for (let at = HEADER_BYTES; at + frameBytes <= log.length; at += frameBytes) {
    const isOfThisRound = log.compare(log, 16, 24, at + 8, at + 16) === 0;
    if (!isOfThisRound) isOver = true;
    else if (isOver) throw new DamageFound(`its log is damaged before byte ${at}`);
    if (isOver) continue;
    sums = sumOf(log.subarray(at, at + 8), sums);
    sums = sumOf(log.subarray(at + FRAME_HEADER_BYTES, at + frameBytes), sums);
    if (!sameSums(log, at + 16, sums)) throw new DamageFound(`its log is damaged at byte ${at}`);
  }
}

function sameSums(log: Buffer, at: number, sums: Sums): boolean {
  return log.readUInt32BE(at) === sums[0] && log.readUInt32BE(at + 4) === sums[1];
}

/** The checksum of the format: over pairs of 32-bit words, in the byte order that the header names. */
function sumBy(isLittleEndian: boolean): (bytes: Buffer, start: Sums) => Sums {
  const read = (bytes: Buffer, at: number) => (isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  return (bytes, start) => {
    let [first, second] = start;
    for (let at = 0; at < bytes.length; at += 8) {
      first = (first + read(bytes, at) + second) >>> 0;
      second = (second + read(bytes, at + 4) + first) >>> 0;
    }
    return [first, second];
  };
}

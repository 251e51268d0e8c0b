// What a program wrote to its terminal, as it is kept in `recordings/`: made by `record.ts`, cut apart by the tests of exact snapshots.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";

export interface Recording {
  readonly name: string;
  readonly cols: number;
  readonly rows: number;
  readonly bytes: Uint8Array;
}

const folder = path.join(import.meta.dirname, "recordings");
const ending = ".zst";

/** All that are kept, by name. */
export function readRecordings(): readonly Recording[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .toSorted()
    .map((file) => decode(file.slice(0, -ending.length), zstdDecompressSync(readFileSync(path.join(folder, file)))));
}

export function keepRecording({ name, cols, rows, bytes }: Recording): number {
  const header = Buffer.from(`${cols}x${rows}\n`);
  const packed = zstdCompressSync(Buffer.concat([header, bytes]));
  writeFileSync(path.join(folder, `${name}${ending}`), packed);
  return packed.length;
}

function decode(name: string, data: Buffer): Recording {
  const end = data.indexOf("\n");
  const [cols = 80, rows = 24] = data.toString("latin1", 0, end).split("x").map(Number);
  return { name, cols, rows, bytes: new Uint8Array(data.subarray(end + 1)) };
}

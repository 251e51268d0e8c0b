// The programs that sessions run here, as command lines.

import { join } from "node:path";

const programs = join(import.meta.dirname, "../programs");

export interface NumberedLines {
  /** Where the program keeps its own record of what it prints. */
  readonly record: string;
  readonly seed?: number;
  readonly bytes?: number;
  readonly lines?: number;
  readonly bytesPerSecond?: number;
  readonly exit?: number;
  /** It ends when this file exists. */
  readonly stop?: string;
  /** It begins when this file exists. */
  readonly wait?: string;
}

/** Prints numbered lines as fast as told and keeps its own record. */
export function numberedLines(options: NumberedLines): string[] {
  const flags = Object.entries(options).flatMap(([name, value]) => [
    `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
  return [process.execPath, join(programs, "numbered-lines.ts"), ...flags];
}

/** Writes every byte that it is sent to a file; ends at a Ctrl-D. */
export function inputRecorder(file: string): string[] {
  return [process.execPath, join(programs, "input-recorder.ts"), file];
}

/** Prints until nobody reads any more, then ends with code 7. */
export function fillAndExit(record: string): string[] {
  return [process.execPath, join(programs, "fill-and-exit.ts"), record];
}

/** Asks its terminal all this when a `g` is typed; prints all that it has read when an `x` is typed. */
export function queryAsker(queries: readonly string[]): string[] {
  return [process.execPath, join(programs, "query-asker.ts"), ...queries.map((query) => JSON.stringify(query))];
}

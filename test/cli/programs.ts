// The programs that run in these tests' terminals, as command lines.

import { join } from "node:path";

const programs = join(import.meta.dirname, "programs");

/** Takes the whole terminal; writes what is typed to the file. Ctrl-D ends it with code 4. */
export function fullScreen(file: string): readonly string[] {
  return [process.execPath, join(programs, "full-screen.ts"), file];
}

/** Asks its terminal questions; when an `x` is typed it prints all that it has read. */
export function asker(): readonly string[] {
  return [process.execPath, join(programs, "asker.ts")];
}

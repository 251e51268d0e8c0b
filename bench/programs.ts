// The programs that sessions and peers run here. Each writes down when it began, so that all are measured from the same moment.

import { readFileSync } from "node:fs";

/** Prints a file and ends, or goes on reading its terminal. */
export function printFile(file: string, startFile: string, then: "exit" | "wait"): string[] {
  const script = then === "exit" ? 'date +%s%N >"$1"; exec cat "$2"' : 'date +%s%N >"$1"; cat "$2"; exec cat >/dev/null';
  return ["/bin/sh", "-c", script, "sh", startFile, file];
}

/** When the program began, in milliseconds since 1970 with fractions. */
export function startOf(startFile: string): number {
  return Number(readFileSync(startFile, "utf8").trim()) / 1e6;
}

/** Now, on the same clock. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Answers every byte with itself, without the terminal's help. */
export const echoProgram: readonly string[] = ["/bin/sh", "-c", "stty raw -echo; printf ready; exec cat"];

/** Prints a file again and again without a pause. */
export function printForever(file: string): string[] {
  return ["/bin/sh", "-c", 'while :; do cat "$1"; done', "sh", file];
}

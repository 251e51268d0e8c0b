/**
 * The counting program of `perdure demo`: prints numbered lines, about a hundred a second, and writes each number into a file of its
 * own before it prints it. That file, not perdure, is what the demo compares with. A new run goes on after the last number.
 */
import * as fs from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const EVERY_MS = 10;

/** Counts until it is ended. */
export async function count(record: string, print: (line: string) => void): Promise<never> {
  const file = fs.openSync(record, "a", 0o600);
  let number = (await readRecord(record)).at(-1) ?? 0;
  const startedAt = performance.now();
  for (let sinceStart = 0; ; sinceStart += 1) {
    number += 1;
    fs.writeSync(file, `${number}\n`);
    print(countedLine(number, new Date()));
    // By the clock, not by the pause: late timers are made up for.
    await delay(Math.max(0, startedAt + (sinceStart + 1) * EVERY_MS - performance.now()));
  }
}

/** The line of a number. */
export function countedLine(number: number, at: Date): string {
  return `line ${String(number).padStart(7, "0")}  ${at.toISOString().slice(11, 23)}`;
}

/** The numbers of counted lines in a text, in order; other lines are passed over. */
export function numbersIn(text: string): readonly number[] {
  return [...text.matchAll(/^line (\d{7}) {2}[\d:.]{12}$/gm)].map((match) => Number(match[1]));
}

/** The numbers that the program has recorded. The last line may be cut by a kill and is left out then. */
export async function readRecord(file: string): Promise<readonly number[]> {
  const text = await fs.promises.readFile(file, "utf8");
  return text.split("\n").slice(0, -1).map(Number);
}

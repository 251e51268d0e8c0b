// A program that prints numbered lines as fast as it is told to and keeps its own record of them: the same bytes go to a file first,
// then to the terminal, which is in raw mode, so that both can be compared byte by byte. What the terminal got is always a prefix of
// the record; at the end they are equal.
//
//   numbered-lines.ts --record FILE [--seed N] [--bytes N | --lines N] [--bytes-per-second N] [--exit CODE] [--stop FILE] [--wait FILE]
//
// --stop: ends as soon as this file exists. --wait: begins when this file exists.

import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    record: { type: "string" },
    seed: { type: "string", default: "1" },
    bytes: { type: "string" },
    lines: { type: "string" },
    "bytes-per-second": { type: "string" },
    exit: { type: "string", default: "0" },
    stop: { type: "string" },
    wait: { type: "string" },
  },
});

const maxBytes = Number(values.bytes ?? Infinity);
const maxLines = Number(values.lines ?? Infinity);
const bytesPerSecond = Number(values["bytes-per-second"] ?? Infinity);
const chunkBytes = 16 * 1024;

/** A small generator (mulberry32), so that a seed gives the same lines anywhere. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const words = [
  "plain text",
  "\u001b[1;32mgreen\u001b[0m",
  "größer, naïve",
  "日本語の行",
  "😀 wide",
  "tab\tstop",
  "\u001b[38;5;208morange\u001b[m",
];

function line(number: number, random: () => number): string {
  const word = words[Math.floor(random() * words.length)] ?? "";
  const filling = Math.floor(random() * 4_294_967_296)
    .toString(16)
    .repeat(1 + Math.floor(random() * 8));
  return `L${String(number).padStart(9, "0")} ${word} ${filling}\r\n`;
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function print(record: number): void {
  const random = generator(Number(values.seed));
  const startedMs = performance.now();
  let printed = 0;
  for (let number = 1; number <= maxLines && printed < maxBytes;) {
    let text = "";
    while (text.length < chunkBytes && number <= maxLines) {
      text += line(number, random);
      number += 1;
    }
    const bytes = Buffer.from(text);
    writeAll(record, bytes);
    writeAll(1, bytes);
    printed += bytes.length;
    if (values.stop !== undefined && existsSync(values.stop)) return;
    const aheadMs = (printed / bytesPerSecond) * 1000 - (performance.now() - startedMs);
    if (aheadMs > 0) pause(aheadMs);
  }
}

if (values.record === undefined) throw new Error("--record FILE is missing");
// Fails where stdout is a pipe: then there is nothing to translate either.
spawnSync("stty", ["raw", "-echo"], { stdio: ["inherit", "ignore", "ignore"] });
while (values.wait !== undefined && !existsSync(values.wait)) pause(10);
const record = openSync(values.record, "a", 0o600);
print(record);
closeSync(record);
process.exitCode = Number(values.exit);

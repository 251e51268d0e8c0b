// Prints a recording again, read by read as it came, over and over up to so many bytes. Pauses are cut short, but stay pauses.
//
//   player.ts FILE BYTES     FILE: lines of JSON, each { atMs, data: base64 }

import { spawnSync } from "node:child_process";
import { readFileSync, writeSync } from "node:fs";

const longestPauseMs = 2;

const [file = "", bytes = "0"] = process.argv.slice(2);
const pieces = readFileSync(file, "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line) as { readonly atMs: number; readonly data: string })
  .map(({ atMs, data }) => ({ atMs, data: Buffer.from(data, "base64") }));

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

spawnSync("stty", ["raw", "-echo"], { stdio: ["inherit", "ignore", "ignore"] });
let left = Number(bytes);
while (left > 0) {
  let lastMs = 0;
  for (const { atMs, data } of pieces) {
    if (atMs - lastMs >= 1) pause(Math.min(atMs - lastMs, longestPauseMs));
    lastMs = atMs;
    const part = data.subarray(0, left);
    for (let at = 0; at < part.length;) at += writeSync(1, part, at);
    left -= part.length;
    if (left <= 0) break;
  }
}

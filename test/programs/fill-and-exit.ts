// A program that prints until nobody takes any more for a while, and then ends: what the terminal still holds for it must not be lost. It
// knows exactly what the kernel has taken, because it never waits for it, and writes that down in a file.
//
//   fill-and-exit.ts RECORD

import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";

const quietMs = 1500;
const stepMs = 25;

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("RECORD is missing");
spawnSync("stty", ["raw", "-echo"], { stdio: ["inherit", "ignore", "ignore"] });
const terminal = openSync("/dev/tty", constants.O_WRONLY | constants.O_NONBLOCK);
const record = openSync(file, "w", 0o600);

/** Bytes that the kernel takes now. */
function offer(bytes: Buffer): number {
  try {
    return writeSync(terminal, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
    throw error;
  }
}

let waitedMs = 0;
for (let number = 1; waitedMs < quietMs; number += 1) {
  const line = Buffer.from(`L${String(number).padStart(9, "0")} ${"filling ".repeat(12)}\r\n`);
  for (let at = 0; at < line.length && waitedMs < quietMs;) {
    const taken = offer(line.subarray(at));
    writeSync(record, line.subarray(at, at + taken));
    at += taken;
    waitedMs = taken > 0 ? 0 : waitedMs + stepMs;
    if (taken === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stepMs);
  }
}
closeSync(record);
process.exitCode = 7;

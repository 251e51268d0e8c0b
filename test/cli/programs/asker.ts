// A program that asks its terminal what it is and where its cursor stands (DA1, DSR), then reads until an `x` is typed, and prints
// everything that it has read.

import { writeSync } from "node:fs";

process.stdin.setRawMode(true);
writeSync(1, "asking\x1b[c\x1b[6n\x1b[5n\r\n");
let read = "";
process.stdin.on("data", (data: Buffer) => {
  read += data.toString("latin1");
  if (read.endsWith("\x1b[0n")) writeSync(1, "answered\r\n");
  if (!read.endsWith("x")) return;
  writeSync(1, `read ${JSON.stringify(read)}\r\n`);
  process.exit(0);
});

// A program that asks its terminal all that its arguments say (JSON strings), then says the words that are typed, each with a
// space behind it, until an `x` is typed, and prints everything that it has read, as JSON. The last question must be about the terminal's state (DSR 5).

import { writeSync } from "node:fs";

process.stdin.setRawMode(true);
let read = "";
process.stdin.on("data", (data: Buffer) => {
  read += data.toString("latin1");
  if (read === "g") {
    read = "";
    for (const query of process.argv.slice(2)) writeSync(1, JSON.parse(query) as string);
  }
  if (read.endsWith("\u001b[0n")) writeSync(1, "\r\nanswered\r\n");
  const word = /(\w+) $/.exec(read)?.[1];
  if (word !== undefined) writeSync(1, `heard ${word}\r\n`);
  if (!read.endsWith("x")) return;
  writeSync(1, `read ${JSON.stringify(read)}\r\n`);
  process.exit(0);
});
writeSync(1, "ready\r\n");

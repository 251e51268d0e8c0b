// A program that writes a file to its terminal, in raw mode, as far as it is told, and reads whatever it is answered.
//
//   player.ts --file FILE --upto FILE      (the second file holds the number of bytes)

import { spawnSync } from "node:child_process";
import { readFileSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { file: { type: "string", default: "" }, upto: { type: "string", default: "" } } });
const bytes = readFileSync(values.file);
const pollMs = 5;
let written = 0;

spawnSync("stty", ["raw", "-echo"], { stdio: ["inherit", "ignore", "ignore"] });
process.stdin.resume();
setInterval(() => {
  const upto = Math.min(bytes.length, Number(readFileSync(values.upto, "utf8")) || 0);
  while (written < upto) written += writeSync(1, bytes, written, Math.min(upto - written, 16 * 1024));
}, pollMs);

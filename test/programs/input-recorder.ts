// A program that writes down every byte it is sent, in a file, as it comes; the terminal is in raw mode and nothing is echoed. It prints
// how many bytes it has, and ends at a Ctrl-D or when its input ends.
//
//   input-recorder.ts FILE

import { spawnSync } from "node:child_process";
import { appendFileSync, readSync, writeFileSync, writeSync } from "node:fs";

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("FILE is missing");
spawnSync("stty", ["raw", "-echo"], { stdio: ["inherit", "ignore", "ignore"] });
writeFileSync(file, "");
writeSync(1, "ready\r\n");
const buffer = Buffer.alloc(64 * 1024);
let total = 0;
for (;;) {
  const length = readSync(0, buffer);
  const end = buffer.subarray(0, length).indexOf(4);
  const taken = buffer.subarray(0, end === -1 ? length : end);
  appendFileSync(file, taken);
  total += taken.length;
  writeSync(1, `have ${total}\r\n`);
  if (length === 0 || end !== -1) break;
}

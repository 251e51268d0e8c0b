// A program that prints pages, in a tmux, and writes down the rows that tmux shows of each. It asks its terminal after each page; when the
// answer is there, the page has been drawn.
//
//   page-turner.ts PAGES ROWS      (both JSON: pages in Latin-1, lists of rows)

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, readSync, writeFileSync, writeSync } from "node:fs";

const [pages, rows] = process.argv.slice(2);
if (pages === undefined || rows === undefined) throw new Error("PAGES or ROWS is missing");
/** XTVERSION: nothing that is printed asks for it. */
const question = "\x1b[>q";
const answer = "\x1bP>|tmux";

/** The pages themselves may ask, too. */
function untilDrawn(): void {
  const buffer = Buffer.alloc(4096);
  let said = "";
  writeSync(1, question);
  while (!said.includes(answer)) said += buffer.toString("latin1", 0, readSync(0, buffer));
}

spawnSync("stty", ["raw", "-echo"], { stdio: ["inherit", "ignore", "ignore"] });
const shown = (JSON.parse(readFileSync(pages, "utf8")) as string[]).map((page) => {
  writeSync(1, Buffer.from(page, "latin1"));
  untilDrawn();
  return execFileSync("tmux", ["capture-pane", "-p", "-t", process.env["TMUX_PANE"] ?? "0"], { encoding: "utf8" }).split("\n");
});
writeFileSync(rows, JSON.stringify(shown));

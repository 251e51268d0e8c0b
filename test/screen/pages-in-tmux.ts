// Pages of a program in tmux, one behind the other: its rows as text, as a second opinion on what a terminal shows of each.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { withoutEnds } from "./second-terminal.ts";

const waitMs = 20_000;
const turner = path.join(import.meta.dirname, "../programs/page-turner.ts");

export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

/** The rows that tmux shows behind each page, all printed one after the other. tmux must be installed; no page may end within a sequence. */
export function pagesInTmux({ cols, rows }: TerminalSize, pages: readonly Uint8Array[]): readonly (readonly string[])[] {
  const folder = mkdtempSync(path.join(tmpdir(), "second-terminal-"));
  const [socket, input, output] = [path.join(folder, "socket"), path.join(folder, "pages"), path.join(folder, "rows")];
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, TERM: "xterm-256color", LANG: "C.UTF-8", LC_ALL: "C.UTF-8" };
  const size = ["-x", String(cols), "-y", String(rows)];
  const tmux = (...args: readonly string[]): string =>
    execFileSync("tmux", ["-S", socket, "-f", "/dev/null", ...args], { env, encoding: "utf8", timeout: waitMs });
  writeFileSync(input, JSON.stringify(pages.map((page) => Buffer.from(page).toString("latin1"))));
  const program = `'${process.execPath}' '${turner}' '${input}' '${output}'; tmux -S '${socket}' wait-for -S turned`;
  // The program begins when the pane has its size.
  const script = `tmux -S '${socket}' wait-for sized; ${program}`;
  try {
    tmux("new-session", "-d", ...size, script, ";", "set", "-g", "status", "off", ";", "resize-window", ...size);
    tmux("wait-for", "-S", "sized");
    tmux("wait-for", "turned");
    return (JSON.parse(readFileSync(output, "utf8")) as string[][]).map(withoutEnds);
  } finally {
    spawnSync("tmux", ["-S", socket, "kill-server"], { env });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As tmux tells the line drawing characters of a row: as the letters that they were sent as. */
const letters = "`abcdefghijklmnopqrstuvwxyz{|}~";
const drawn = "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·";

/** Whether the rows are the same, if line drawing characters may be told as letters. */
export function isSameRow(row: string, inTmux: string): boolean {
  const [ours, theirs] = [Array.from(row), Array.from(inTmux)];
  return ours.length === theirs.length && ours.every((one, at) => one === theirs[at] || letters[drawn.indexOf(one)] === theirs[at]);
}

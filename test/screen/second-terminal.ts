// The same bytes in tmux, as a second opinion on what a terminal shows: its rows as text.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ensureProgram } from "./debian.ts";
import type { Recording } from "./recording.ts";

const waitMs = 20_000;

/** `undefined`: there is no tmux and none can be installed. */
export function rowsInTmux({ name, cols, rows, bytes }: Recording): readonly string[] | undefined {
  if (!ensureProgram("tmux")) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), "second-terminal-"));
  const file = path.join(folder, name);
  const socket = path.join(folder, "socket");
  const env = { PATH: process.env.PATH ?? "", HOME: folder, TERM: "xterm-256color", LANG: "C.UTF-8", LC_ALL: "C.UTF-8" };
  const tmux = (...args: readonly string[]): string =>
    execFileSync("tmux", ["-S", socket, "-f", "/dev/null", ...args], { env, encoding: "utf8", timeout: waitMs });
  writeFileSync(file, bytes);
  try {
    // The client of tmux asks its terminal nothing here, and what the program is answered is not read.
    const script = `stty raw -echo; cat '${file}'; tmux -S '${socket}' wait-for -S written; exec sleep 60`;
    tmux(
      "new-session",
      "-d",
      "-x",
      String(cols),
      "-y",
      String(rows),
      script,
      ";",
      "set",
      "-g",
      "status",
      "off",
      ";",
      "resize-window",
      "-x",
      String(cols),
      "-y",
      String(rows),
    );
    tmux("wait-for", "written");
    return stable(() => tmux("capture-pane", "-p", "-t", "0"));
  } finally {
    spawnSync("tmux", ["-S", socket, "kill-server"], { env });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Twice the same: tmux has read everything. */
function stable(capture: () => string): readonly string[] {
  let before = "";
  for (let tries = 0; tries < 20; tries += 1) {
    const now = capture();
    if (now === before) break;
    before = now;
    spawnSync("sleep", ["0.1"]);
  }
  return withoutEnds(before.split("\n"));
}

/** Rows without blanks at their ends, and without empty rows at the end. */
export function withoutEnds(rows: readonly string[]): readonly string[] {
  const trimmed = rows.map((row) => row.trimEnd());
  while (trimmed.at(-1) === "") trimmed.pop();
  return trimmed;
}

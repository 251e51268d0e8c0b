// Snapshots as `perdure attach` draws them into a user's own terminal, a tmux: a program plays a recording piece by piece, in a session and in a
// tmux of its own. After each piece the session is attached to anew in another tmux, which must then tell the same of its screen, its cursor
// and its modes as the one in which the program itself runs.

import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { seededRandom } from "../../packages/server/src/testing/recordings.ts";
import type { Size } from "../../packages/server/src/testing/screen/cut.ts";
import type { Cell } from "../../packages/server/src/terminal/screen-state.ts";
import { XtermScreen } from "../../packages/server/src/terminal/xterm-screen.ts";
import { CommandLine } from "../harness/command-line.ts";
import { PerdureHome } from "../harness/perdure-home.ts";
import { until } from "../harness/until.ts";
import { ensureProgram } from "../screen/debian.ts";
import { readRecordings, type Recording } from "../screen/recording.ts";
import type { FaultReport, FaultRun } from "./fault-run.ts";

const settleMs = 6000;
const stepMs = 20_000;
const INVERSE = 0x4000000;
const player = fileURLToPath(new URL("../programs/player.ts", import.meta.url));

/** What tmux tells of a terminal besides its rows. */
const told = [
  "alternate_on",
  "cursor_flag",
  "cursor_x",
  "cursor_y",
  "insert_flag",
  "keypad_cursor_flag",
  "keypad_flag",
  "mouse_button_flag",
  "mouse_sgr_flag",
  "mouse_standard_flag",
  "origin_flag",
  "scroll_region_lower",
  "scroll_region_upper",
  "wrap_flag",
];

export const cutAttachRun: FaultRun = {
  name: "cut-attach",
  question: "does a tmux that attaches at any cut show what the tmux shows in which the program runs?",
  times: 100,
  async run({ times, seed, say }) {
    if (!ensureProgram("tmux")) return { rows: [{ recording: "left out: there is no tmux", cuts: 0 }], failures: [] };
    const home = new PerdureHome();
    const cli = new CommandLine(home);
    try {
      await home.start();
      return await cutAll(cli, times, seed, say);
    } finally {
      await cli.close();
    }
  },
};

async function cutAll(cli: CommandLine, times: number, seed: number, say: (line: string) => void): Promise<FaultReport> {
  const recordings = readRecordings().filter(({ cols, rows }) => cols === 80 && rows === 24);
  const rows: FaultReport["rows"][number][] = [];
  const failures: string[] = [];
  for (const [index, recording] of recordings.entries()) {
    const cuts = Math.round((times * (index + 1)) / recordings.length) - Math.round((times * index) / recordings.length);
    if (cuts === 0) continue;
    const found = await cutAttached(cli, recording, cuts, seed + index);
    rows.push({ recording: recording.name, cuts, same: cuts - found.length });
    failures.push(...found);
    say(`${recording.name}: ${cuts} cuts, ${found.length} failed`);
  }
  return { rows, failures };
}

async function cutAttached(cli: CommandLine, recording: Recording, cuts: number, seed: number): Promise<string[]> {
  const { home } = cli;
  const { name, bytes, cols, rows } = recording;
  const [file, upto] = [home.path(`${name}.bytes`), home.path(`${name}.upto`)];
  writeFileSync(file, bytes);
  writeFileSync(upto, "0");
  const command = [process.execPath, player, "--file", file, "--upto", upto];
  const session = await home.api.create({ command, cols, rows, environment: { variables: home.variables } });
  const stayed = new Tmux(home, `${name}-stayed`, recording, command);
  const random = seededRandom(seed);
  const failures: string[] = [];
  for (const to of Array.from({ length: cuts }, () => random(bytes.length + 1)).toSorted((a, b) => a - b)) {
    writeFileSync(upto, String(to));
    const attached = new Tmux(home, `${name}-${to}`, recording, [...cli.words, "attach", "-r", session.id]);
    const found = await untilSame(stayed, attached);
    if (found !== undefined) failures.push(`${name} at ${to}: ${found}`);
    attached.close();
  }
  stayed.close();
  await home.api.delete(session.id);
  return failures;
}

async function untilSame(stayed: Tmux, attached: Tmux): Promise<string | undefined> {
  let last: readonly [readonly string[], readonly string[]] = [[], []];
  try {
    const isSame = (): boolean => {
      last = [stayed.picture(), attached.picture()];
      return last[0].join("\n") === last[1].join("\n");
    };
    await until("the same screen", isSame, { timeoutMs: settleMs, everyMs: 50 });
    return undefined;
  } catch {
    const at = last[0].findIndex((row, index) => row !== last[1][index]);
    return `${at === 0 ? "state" : `row ${at}`} is ${JSON.stringify(last[1][at])}, not ${JSON.stringify(last[0][at])}`;
  }
}

/** Rows as tmux tells them, cell by cell: it has more than one way to tell the same blank, or the same line. */
function cellsOf(captured: string, { cols, rows }: Size): readonly string[] {
  const screen = new XtermScreen(cols, rows, 0);
  screen.write(`\x1b)0${captured.trimEnd().replaceAll("\n", "\r\n")}`);
  const { normal } = screen.state;
  const shown = Array.from({ length: rows }, (_, row) => (normal.read(row) ?? []).map(look).join(" "));
  screen.close();
  return shown;
}

/** The colour of letters does not matter where there are none to be seen. */
function look({ text, fg, bg, underline }: Cell): string {
  const isUnseen = (text === "" || text === " ") && underline === 0 && (fg & INVERSE) === 0;
  return `${isUnseen ? " " : text}${isUnseen ? "" : fg.toString(16)}/${bg.toString(16)}`;
}

/** A tmux server with one pane, in which a command runs. */
class Tmux {
  readonly #socket: string;
  readonly #size: Size;
  readonly #env: Readonly<Record<string, string>>;

  constructor(home: PerdureHome, name: string, { cols, rows }: Recording, command: readonly string[]) {
    this.#size = { cols, rows };
    this.#socket = home.path(`${name}.tmux`);
    const variables = Object.entries({ ...home.variables, PERDURE_HOME: home.directory, PERDURE_PORT: "0", TERM: "xterm-256color" });
    this.#env = Object.fromEntries(variables.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
    const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    this.#tell("new-session", "-d", "-x", String(cols), "-y", String(rows), `${quoted}; exec sleep 60`, ";", "set", "-g", "status", "off");
    this.#tell("resize-window", "-x", String(cols), "-y", String(rows));
  }

  /** State first, then the rows with their attributes. */
  picture(): readonly string[] {
    const state = this.#tell("display-message", "-p", told.map((name) => `${name}=#{${name}}`).join(" ")).trim();
    return [state, ...cellsOf(this.#tell("capture-pane", "-p", "-e"), this.#size)];
  }

  close(): void {
    spawnSync("tmux", ["-S", this.#socket, "kill-server"], { env: this.#env });
  }

  #tell(...args: readonly string[]): string {
    return execFileSync("tmux", ["-S", this.#socket, "-f", "/dev/null", ...args], { env: this.#env, encoding: "utf8", timeout: stepMs });
  }
}

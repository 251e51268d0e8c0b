// The pages of vttest: left and found again at each, the terminal is the one that stayed; and what is shown is what tmux shows, but for what is
// listed here (docs/TERMINAL.md tells it as well).

import { beforeAll, describe, expect, test } from "vitest";
import { ScreenEngine } from "../../packages/server/src/terminal/screen-engine.ts";
import { XtermScreen } from "../../packages/server/src/terminal/xterm-screen.ts";
import { PlayedScreen } from "../../packages/server/src/testing/screen/cut.ts";
import { difference } from "../../packages/server/src/testing/screen/engine-state.ts";
import { ensureProgram } from "./debian.ts";
import { isSameRow, pagesInTmux } from "./pages-in-tmux.ts";
import { withoutEnds } from "./second-terminal.ts";
import { runVttest, vttestSize, type VttestRun } from "./vttest.ts";

const scrollback = 1000;
const fewestPages = 190;
const clock = { now: () => 0, after: () => () => undefined };

/** Pages that tmux shows otherwise, by what is the reason. */
const otherwiseInTmux: Readonly<Record<string, readonly string[]>> = {
  "DECCOLM clears the screen there; here it has no effect, as in xterm where nobody has allowed it": [
    "1, page 3",
    "1, page 4",
    "11.6.6.1, page 3",
    "11.6.6.1, page 4",
  ],
  "DECSTBM in origin mode goes to the first row of the region here, to that of the screen there": ["2, page 11", "11.6.6.2, page 11"],
  "IL and DL go to the first column here, as in xterm; there the cursor stays": ["11.6.6.3, page 1", "11.6.6.3, page 2"],
  "it has no British character set": ["3, page 1"],
  "it has no CHT, HPR, VPR, SL and SR": [
    "11.5.4, page 1",
    "11.5.5, page 1",
    "11.5.9, page 1",
    "11.6.7.4, page 1",
    "11.6.7.5, page 1",
    "11.7.4, page 1",
    "11.7.5, page 1",
  ],
};

/** What it says of answers and of the Return key: where it is not content, the emulator gives no such answer. */
const verdicts = [
  "<13>  -- Not expected", // Return is a carriage return in LNM, too
  "<13>  -- OK",
  'Report is: <27> [ 0 n  -- means "TERMINAL OK"',
  "Report is: <27> [ 5 ; 1 R  -- OK",
  "Report is: <27> [ 8 ; 1 R  -- Ignores origin mode",
  "Report is: <27> [ ? 1 ; 2 c  -- means VT100 with AVO (could be a VT102)",
  "Pc=0, ROM cartridge registration number ok",
  "<13>  failed", // DA3
  "Report is: <13>  -- Bad format", // DECREQTPARM
  "Report is: <13>  -- Bad format",
  "8-bit controls enabled: <27> [ 1 ; 1 R  failed",
  "8-bit controls disabled: <27> [ 1 ; 1 R  ok",
];

describe.skipIf(!ensureProgram("vttest"))("vttest, cursor movements to alternate screens:", () => {
  let run: VttestRun;

  beforeAll(async () => {
    run = await runVttest();
  });

  test("at each page a terminal that is restored is the one that stayed, there and at the next page", () => {
    expect(run.pages.length).toBeGreaterThan(fewestPages);
    const stayed = new PlayedScreen(vttestSize, scrollback);
    const engine = new ScreenEngine({ ...vttestSize, offset: 0, snapshot: null }, () => undefined, clock, scrollback);
    let moved: PlayedScreen | undefined;
    let from = 0;
    for (const { name, end } of run.pages) {
      const bytes = run.bytes.subarray(from, end);
      from = end;
      stayed.play(bytes);
      engine.feed(bytes, false);
      moved?.play(bytes);
      const there = moved ? difference(stayed.state(), moved.state()) : {};
      moved?.close();
      const snapshot = engine.snapshot(scrollback);
      moved = new PlayedScreen(snapshot, scrollback);
      moved.play(snapshot.data);
      moved.play(run.bytes.subarray(snapshot.offset, end));
      expect({ name, there, here: difference(stayed.state(), moved.state()) }).toEqual({ name, there: {}, here: {} });
    }
    for (const screen of [stayed, engine, moved]) screen?.close();
  });

  test("what it says of the terminal's answers", () => {
    const screen = new XtermScreen(vttestSize.cols, vttestSize.rows, 0);
    const said: string[] = [];
    let from = 0;
    for (const { name, end } of run.pages) {
      screen.write(run.bytes.subarray(from, end));
      from = end;
      const isReport = /^6\.|^11\.1\.3/.test(name) && screen.lines(0).at(-1) === "Push <RETURN>";
      if (isReport) said.push(...screen.lines(0).filter((row) => /  -- |failed$|ok$/.test(row)));
    }
    screen.close();
    expect(said.map((row) => row.trim())).toEqual(verdicts);
  });

  test.skipIf(!ensureProgram("tmux"))("the rows are those of tmux, but for known differences", () => {
    const parts = run.pages.map(({ end }, index) => run.bytes.subarray(run.pages[index - 1]?.end ?? 0, end));
    const inTmux = pagesInTmux(vttestSize, parts);
    const screen = new XtermScreen(vttestSize.cols, vttestSize.rows, 0);
    const differing = run.pages.filter((_, index) => {
      screen.write(parts[index] ?? new Uint8Array());
      return !isSameScreen(withoutEnds(screen.lines(0)), inTmux[index] ?? []);
    });
    screen.close();
    expect(differing.map(({ name }) => name).toSorted()).toEqual(Object.values(otherwiseInTmux).flat().toSorted());
  });
});

function isSameScreen(rows: readonly string[], inTmux: readonly string[]): boolean {
  return rows.length === inTmux.length && rows.every((row, index) => isSameRow(row, inTmux[index] ?? ""));
}

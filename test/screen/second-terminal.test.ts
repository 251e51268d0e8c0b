// What the recordings show is what tmux, a terminal by other hands, shows of the same bytes.

import { describe, expect, test } from "vitest";
import { XtermScreen } from "../../packages/server/src/terminal/xterm-screen.ts";
import { ensureProgram } from "./debian.ts";
import { readRecordings } from "./recording.ts";
import { rowsInTmux, withoutEnds } from "./second-terminal.ts";

/** The difference between the two that is known: tmux tells line drawing characters of G0 as the letters that they were sent as. */
const drawnAsLetters = new Set(["dialog"]);
const letters: Readonly<Record<string, string>> = { "─": "q", "│": "x", "┌": "l", "┐": "k", "└": "m", "┘": "j", "├": "t", "┤": "u" };

describe.skipIf(!ensureProgram("tmux"))("the rows on the screen are those of tmux,", () => {
  test.each(readRecordings())("$name: in the middle and at the end", (recording) => {
    for (const part of [0.5, 1]) {
      const bytes = recording.bytes.subarray(0, Math.floor(recording.bytes.length * part));
      const screen = new XtermScreen(recording.cols, recording.rows, 100);
      screen.write(bytes);
      const rows = withoutEnds(screen.lines(0)).map((row) => (drawnAsLetters.has(recording.name) ? asLetters(row) : row));
      screen.close();
      expect(rows).toEqual(rowsInTmux({ ...recording, bytes }));
    }
  });
});

function asLetters(row: string): string {
  return Array.from(row, (character) => letters[character] ?? character).join("");
}

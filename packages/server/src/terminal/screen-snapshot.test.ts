import { describe, expect, test } from "vitest";
import { systemClock } from "../platform/clock.ts";
import { lineOutput, seededRandom } from "../testing/recordings.ts";
import { SCROLLBACK_LINES } from "./engine.ts";
import { ScreenEngine } from "./screen-engine.ts";
import { XtermScreen } from "./xterm-screen.ts";

const SIZES = [
  { cols: 80, rows: 24 },
  { cols: 37, rows: 9 },
  { cols: 120, rows: 40 },
];

const bytes = (text: string) => new TextEncoder().encode(text);

/** Every cell of screen and scrollback, with its attributes, and where the cursor is. */
function picture(screen: XtermScreen): string[] {
  const buffer = screen.terminal.buffer.active;
  const rows: string[] = [`cursor ${buffer.cursorX},${buffer.cursorY} of ${buffer.type}`];
  for (let row = 0; row < buffer.length; row++) {
    const line = buffer.getLine(row)!;
    let text = "";
    for (let column = 0; column < screen.terminal.cols; column++) {
      const cell = line.getCell(column)!;
      const chars = cell.getChars() || " ";
      const flags = [
        cell.isBold(),
        cell.isDim(),
        cell.isItalic(),
        cell.isUnderline(),
        cell.isInverse(),
        cell.isStrikethrough(),
        cell.isInvisible(),
      ];
      const isShown = chars !== " " || cell.isInverse() || cell.isUnderline() || cell.isStrikethrough();
      const style =
        `${cell.getBgColorMode()}.${cell.getBgColor()}` +
        (isShown ? `|${cell.getFgColorMode()}.${cell.getFgColor()}|${flags.map((flag) => (flag ? 1 : 0)).join("")}` : "");
      text += `${chars}{${style}}`;
    }
    rows.push(`${line.isWrapped ? "+" : " "}${text.replace(/(?: \{0\.(?:0|-1)\})+$/, "")}`);
  }
  return rows;
}

function terminal(size: { readonly cols: number; readonly rows: number }): XtermScreen {
  return new XtermScreen(size.cols, size.rows, SCROLLBACK_LINES);
}

/** Feeds an engine up to the cut, moves to a fresh terminal by snapshot, feeds it the rest. */
function moveAt(cut: number, recording: Uint8Array, size: { readonly cols: number; readonly rows: number }): XtermScreen {
  const engine = new ScreenEngine({ ...size, offset: 0, snapshot: null }, () => {}, systemClock);
  engine.feed(recording.subarray(0, cut), false);
  const snapshot = engine.snapshot(SCROLLBACK_LINES);
  engine.close();
  const fresh = terminal(size);
  fresh.write(snapshot.data);
  fresh.write(recording.subarray(snapshot.offset));
  return fresh;
}

describe("a snapshot, and what follows it", () => {
  test.each(Array.from({ length: 40 }, (_, index) => index + 1))("shows line output as if one had never left (seed %i)", (seed) => {
    const size = SIZES[seed % SIZES.length]!;
    const random = seededRandom(1000 + seed);
    const recording = lineOutput(seed, 200 + random(6000));
    const stayed = terminal(size);
    stayed.write(recording);
    const expected = picture(stayed);
    for (let count = 0; count < 12; count++) {
      const cut = count === 0 ? recording.length : random(recording.length + 1);
      expect({ seed, cut, picture: picture(moveAt(cut, recording, size)) }).toEqual({ seed, cut, picture: expected });
    }
  });

  test.each([
    ["a hidden cursor", "\x1b[?25l"],
    ["mouse reports in SGR form", "\x1b[?1002;1006h"],
    ["application keys, paste and focus", "\x1b[?1;66;2004;1004h"],
    ["margins", "\x1b[2;5r\x1b[4;3H"],
    ["margins and origin mode", "\x1b[2;5r\x1b[?6h\x1b[2;3H"],
    ["a cursor style", "\x1b[5 q"],
    ["no wrapping, inserting", "\x1b[?7l\x1b[4h"],
    ["the alternate screen above the main one", "main\r\n\x1b[?1049h\x1b[3;3Hmenu"],
    ["a wrap that waits for the next character", "x".repeat(40)],
  ])("restores %s", (_name, output) => {
    const recording = bytes(`start\r\n${output}`);
    const size = { cols: 40, rows: 8 };
    const stayed = terminal(size);
    stayed.write(recording);
    const moved = moveAt(recording.length, recording, size);
    expect(moved.hiddenModes).toEqual(stayed.hiddenModes);
    expect(moved.terminal.modes).toEqual(stayed.terminal.modes);
    for (const rest of ["", "!", "\r\nnext", "\x1b[?1049lback"]) {
      stayed.write(rest);
      moved.write(rest);
      expect(picture(moved)).toEqual(picture(stayed));
    }
  });

  test("a cut inside a character or sequence gives the start of it as the offset", () => {
    const engine = new ScreenEngine({ cols: 40, rows: 8, offset: 100, snapshot: null }, () => {}, systemClock);
    engine.feed(bytes("ab\x1b[3"), false);
    expect(engine.snapshot(0).offset).toBe(102);
    engine.feed(bytes("1m"), false);
    expect(engine.snapshot(0).offset).toBe(107);
    engine.feed(Uint8Array.of(0xe6, 0xbc), false);
    expect(engine.snapshot(0).offset).toBe(107);
    engine.feed(Uint8Array.of(0xa2), false);
    expect(engine.snapshot(0).offset).toBe(110);
  });

  test("a cut inside an endless string leads the client into it, not the string's bytes", () => {
    const size = { cols: 40, rows: 8 };
    const recording = bytes(`seen\x1b]2;${"x".repeat(100_000)}\x07 end`);
    const engine = new ScreenEngine({ ...size, offset: 0, snapshot: null }, () => {}, systemClock);
    engine.feed(recording.subarray(0, 90_000), false);
    const snapshot = engine.snapshot(0);
    expect(snapshot.offset).toBe(90_000);
    const fresh = terminal(size);
    fresh.write(snapshot.data);
    fresh.write(recording.subarray(snapshot.offset));
    expect(fresh.lines(0)).toEqual(["seen end"]);
    engine.feed(recording.subarray(90_000), false);
    expect(engine.lines(0)).toEqual(["seen end"]);
  });

  test("holds no more lines of history than asked for", () => {
    const engine = new ScreenEngine({ cols: 40, rows: 5, offset: 0, snapshot: null }, () => {}, systemClock);
    engine.feed(bytes(Array.from({ length: 100 }, (_, index) => `line ${index}`).join("\r\n")), false);
    const fresh = terminal({ cols: 40, rows: 5 });
    fresh.write(engine.snapshot(3).data);
    expect(fresh.lines(1000)).toEqual([92, 93, 94, 95, 96, 97, 98, 99].map((index) => `line ${index}`));
  });
});

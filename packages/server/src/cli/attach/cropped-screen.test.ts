import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { XtermScreen } from "../../terminal/xterm-screen.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { stream } from "../../testing/screen/grammar.ts";
import { CroppedScreen } from "./cropped-screen.ts";
import { OuterScreen } from "./outer-screen.ts";
import type { Size } from "./screen-size.ts";

const OWN = { cols: 20, rows: 4 };

let clock: FakeClock;
/** The user's own terminal. */
let own: XtermScreen;
let outer: OuterScreen;
let surface: { cols: number; rows: number; write: (data: Uint8Array | string, done?: () => void) => void };

beforeEach(() => {
  clock = new FakeClock();
  own = new XtermScreen(OWN.cols, OWN.rows, 100);
  surface = {
    ...OWN,
    write: (data, done) => {
      own.write(data);
      done?.();
    },
  };
  outer = new OuterScreen(surface, (size) => new CroppedScreen(size), clock);
});

function draw(text: string, size?: Size): void {
  if (size) outer.snapshot(Buffer.from(text), size, () => undefined);
  else outer.output(Buffer.from(text), () => undefined);
  clock.advance(100);
}

const cursor = () => [own.terminal.buffer.active.cursorX, own.terminal.buffer.active.cursorY];

describe("a session that is larger than the terminal", () => {
  const large = { cols: 60, rows: 12 };

  test("shows its upper left part, cut off and not wrapped, while the cursor is there", () => {
    draw(Array.from({ length: 12 }, (_, row) => `${row} ${"x".repeat(50)}`).join("\r\n") + "\x1b[2;3H", large);
    expect(own.lines(0)).toEqual(["0", "1", "2", "3"].map((row) => `${row} ${"x".repeat(18)}`));
    expect(cursor()).toEqual([2, 1]);
  });

  test("follows the cursor to where it is", () => {
    draw("\x1b[12;1Hbottom\x1b[12;41Hright", large);
    expect(own.lines(0)).toEqual(["", "", "", "              right"]);
    expect(cursor()).toEqual([19, 3]);
  });

  test("never scrolls the terminal, whatever is printed", () => {
    draw("", large);
    const above = own.terminal.buffer.normal.baseY;
    draw(`${"many words ".repeat(1000)}\r\n${"line\r\n".repeat(100)}\x1b[3;9r\x1b[9H\n\n\n\x1bM`);
    expect(own.terminal.buffer.normal.baseY).toBe(above);
  });

  test("keeps colours and leaves blank what of a wide character does not fit", () => {
    draw(`\x1b[31m${"a".repeat(19)}漢\x1b[m\x1b[H`, large);
    const row = own.terminal.buffer.active.getLine(own.terminal.buffer.active.baseY);
    expect(row?.translateToString(true).trimEnd()).toBe("a".repeat(19));
    expect(row?.getCell(0)?.getFgColor()).toBe(1);
  });

  test("reads keys and pastes as the program wants them, and the mouse while it would point to the right place", () => {
    draw("\x1b[?1h\x1b[?2004h\x1b[?1000;1006h", large);
    expect(own.terminal.modes).toMatchObject({ applicationCursorKeysMode: true, bracketedPasteMode: true, mouseTrackingMode: "vt200" });
    draw("\x1b[12;1H");
    expect(own.terminal.modes).toMatchObject({ applicationCursorKeysMode: true, mouseTrackingMode: "none" });
  });

  test("is painted thirty times a second at most", () => {
    draw("", large);
    let paints = 0;
    const { write } = surface;
    surface.write = (data, done) => {
      paints += 1;
      write(data, done);
    };
    for (let count = 0; count < 1000; count += 1) {
      outer.output(Buffer.from("line\r\n"), () => undefined);
      clock.advance(1);
    }
    expect(paints).toBeGreaterThan(10);
    expect(paints).toBeLessThan(32);
  });

  test("is drawn as it is once it has the terminal's size, exactly", () => {
    draw("one long line that is wrapped in a narrow terminal\r\n\x1b[1mbold", large);
    expect(outer.resized(OWN)).toBe(true);
    const exact = new XtermScreen(large.cols, large.rows, 100);
    exact.write("one long line that is wrapped in a narrow terminal\r\n\x1b[1mbold");
    exact.resize(OWN.cols, OWN.rows);
    expect(own.lines(0)).toEqual(exact.lines(0));
    draw(" and on");
    expect(own.lines(0).at(-1)).toBe("bold and on");
    expect(cursor()).toEqual([11, exact.terminal.buffer.active.cursorY]);
  });

  test("leaves nothing behind", () => {
    draw("\x1b[?1h\x1b[?1000h\x1b[?25l\x1b[5 q\x1b[>1u\x1b]2;name\x07text", large);
    own.write(outer.leave(true));
    expect(own.terminal.modes).toMatchObject({ applicationCursorKeysMode: false, mouseTrackingMode: "none", wraparoundMode: true });
    expect(own.hiddenModes).toMatchObject({ isCursorHidden: false, cursorStyle: 0 });
    expect(own.state.normal.keyboard.flags).toBe(0);
    draw("", OWN);
    expect(clock.pending).toBe(0);
  });
});

test("a smaller session stands in the upper left corner, with nothing around it", () => {
  own.write("\x1b[44mall of it is full of other things, everywhere, in every row of it\x1b[m");
  draw("\x1b[41mab\r\ncdefghijklmnop", { cols: 10, rows: 2 });
  expect(own.lines(0)).toEqual(["cdefghijkl", "mnop"]);
});

test("of another size than the terminal's only a snapshot can be painted", () => {
  draw("x", OWN);
  expect(outer.resized(OWN)).toBe(true);
  expect(outer.resized({ cols: 30, rows: 4 })).toBe(false);
});

test("any output, in any part of any size, paints what is there and nothing else", () => {
  fc.assert(
    fc.property(stream(20), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 10 }), (output, cols, rows) => {
      const cropped = new CroppedScreen(output.size);
      const target = new XtermScreen(cols, rows, 50);
      for (const step of output.steps) {
        if (step instanceof Uint8Array) cropped.write(step);
        else cropped.resize(step);
        target.write(cropped.paint({ cols, rows }));
      }
      expect(target.terminal.buffer.normal.baseY).toBe(0);
      const fresh = new XtermScreen(cols, rows, 50);
      fresh.write(cropped.paint({ cols, rows }));
      expect(target.lines(0)).toEqual(fresh.lines(0));
      for (const each of [cropped, target, fresh]) each.close();
    }),
    { numRuns: Number(process.env["PERDURE_RUNS"] ?? 100) },
  );
});

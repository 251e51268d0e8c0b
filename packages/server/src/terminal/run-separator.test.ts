import { describe, expect, test } from "vitest";
import { RUN_SEPARATOR } from "./run-separator.ts";
import { XtermScreen } from "./xterm-screen.ts";

const SIZE = { cols: 40, rows: 8 };

function terminal(output: string): XtermScreen {
  const screen = new XtermScreen(SIZE.cols, SIZE.rows, 100);
  screen.write(output);
  return screen;
}

/** As a session does it: what the screen says decides where the line goes. */
function separate(screen: XtermScreen, text: string): string {
  return screen.write(RUN_SEPARATOR(text, screen.rowsToFreeRow));
}

describe("the bytes between two runs", () => {
  test.each([
    ["colours", "\x1b[1;31;44mred"],
    ["margins and origin mode", "\x1b[2;4r\x1b[?6h\x1b[2;2Hinside"],
    ["the alternate screen", "main\x1b[?1049h\x1b[2;3rmenu\x1b[5;5H"],
    ["a hidden cursor, mouse, paste, focus, keys", "\x1b[?25l\x1b[?1003;1006;2004;1004;1;66h"],
    ["no wrapping, inserting, line drawing", "\x1b[?7l\x1b[4h\x1b(0\x0e"],
    ["a cursor style", "\x1b[5 q"],
    ["an unfinished sequence", "text\x1b[31;"],
    ["an unfinished string", "text\x1b]0;never ending"],
    ["an unfinished character", "text\xe6"],
    ["a saved cursor in the middle", "\x1b[3;3H\x1b7\x1b[5;1Htext"],
  ])("undo %s and leave a plain terminal", (_name, output) => {
    const fresh = terminal("");
    const screen = terminal(output);
    separate(screen, "claude exited");
    expect(screen.terminal.modes).toEqual(fresh.terminal.modes);
    expect(screen.hiddenModes).toEqual(fresh.hiddenModes);
    expect(screen.terminal.buffer.active.type).toBe("normal");
    expect(screen.terminal.buffer.active.cursorX).toBe(0);
    screen.write("q$ next");
    const lines = screen.lines(100);
    expect(lines.slice(-2)).toEqual(["── claude exited ──", "q$ next"]);
    const { active } = screen.terminal.buffer;
    expect(
      active
        .getLine(active.baseY + active.cursorY)!
        .getCell(0)!
        .isAttributeDefault(),
    ).toBe(true);
    expect(
      active
        .getLine(active.baseY + active.cursorY - 1)!
        .getCell(3)!
        .isDim(),
    ).not.toBe(0);
  });

  test("keep all that was on the screen above the line, wherever the cursor was", () => {
    const screen = terminal("one\r\ntwo\r\nthree\x1b[H");
    separate(screen, "ended");
    expect(screen.lines(100).filter((line) => line !== "")).toEqual(["one", "two", "three", "── ended ──"]);
  });

  test("keep the main screen when the program was on the other", () => {
    const screen = terminal("shell\r\n$ vim\r\n\x1b[?1049h\x1b[2Jfile");
    separate(screen, "ended");
    expect(screen.lines(100).filter((line) => line !== "")).toEqual(["shell", "$ vim", "── ended ──"]);
  });

  test.each([
    ["behind a last line that is ended", "one\r\ntwo\r\n", ["one", "two", "── ended ──"]],
    ["behind one that is not", "one\r\ntwo", ["one", "two", "── ended ──"]],
    ["on an empty screen", "", ["── ended ──"]],
    ["with the cursor above", "one\r\ntwo\r\nthree\x1b[2;2H", ["one", "two", "three", "── ended ──"]],
    ["with the cursor far below", "one\x1b[7;5H", ["one", "── ended ──"]],
    ["on a full screen", "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8", ["1", "2", "3", "4", "5", "6", "7", "8", "── ended ──"]],
    [
      "on a full screen with the cursor above",
      "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\x1b[H",
      ["1", "2", "3", "4", "5", "6", "7", "8", "── ended ──"],
    ],
    ["on the alternate screen", "one\r\n$ vi\r\n\x1b[?1049h\x1b[2J\x1b[8;1Hfile", ["one", "$ vi", "── ended ──"]],
    ["on an alternate screen that kept no cursor", "one\r\ntwo\x1b[?47h\x1b[2J\x1b[8;1Hfile", ["one", "two", "── ended ──"]],
  ])("leave no gap and cover nothing: %s", (_name, output, lines) => {
    const screen = terminal(output);
    separate(screen, "ended");
    expect(screen.lines(100)).toEqual(lines);
  });

  test("go below the last row where nothing is known of the screen", () => {
    const screen = terminal("one\x1b[H");
    screen.write(RUN_SEPARATOR("ended", null));
    expect(screen.lines(100)).toEqual(["one", "", "", "", "", "", "", "", "── ended ──"]);
  });

  test("hold nothing that a program could have put into the text", () => {
    const text = new TextDecoder().decode(RUN_SEPARATOR("a\x1b[2J\r\nb", null));
    expect(text).toContain("── a [2J b ──");
  });

  test("ask the terminal nothing", () => {
    expect(separate(terminal(""), "x")).toBe("");
  });
});

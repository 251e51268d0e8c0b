import { beforeEach, expect, test } from "vitest";
import { CroppedScreen } from "./cropped-screen.ts";
import { OuterScreen } from "./outer-screen.ts";

let written: string;
let screen: OuterScreen;

beforeEach(() => {
  written = "";
  screen = new OuterScreen(
    {
      cols: 20,
      rows: 3,
      write: (data, done) => {
        written += typeof data === "string" ? data : Buffer.from(data).toString();
        done?.();
      },
    },
    (size) => new CroppedScreen(size),
  );
});

function draw(kind: "snapshot" | "output", text: string): void {
  if (kind === "output") screen.output(Buffer.from(text), () => undefined);
  else screen.snapshot(Buffer.from(text), { cols: 20, rows: 3 }, () => undefined);
}

function taken(): string {
  const text = written;
  written = "";
  return text;
}

test("the first snapshot scrolls up what stood there, keeps the title and clears the screen", () => {
  draw("snapshot", "hello");
  expect(taken()).toBe("\x1b[22;0t\r\n\n\n\x1b[H\x1b[Jhello");
});

test("a later snapshot puts the terminal back before it is drawn, and scrolls nothing", () => {
  draw("snapshot", "\x1b[?1049h\x1b[?1000hfull screen");
  taken();
  draw("snapshot", "shell");
  expect(taken()).toBe("\x1b[?1049l\x1b[?1000l\x0f\x1b(B\x1b[m\x1b[H\x1b[Jshell");
});

test("queries are not shown, so that the terminal does not answer what the server has answered", () => {
  draw("snapshot", "");
  taken();
  draw("output", "a\x1b[c\x1b[6");
  draw("output", "nb");
  expect(taken()).toBe("ab");
});

test("the acknowledgement comes when the terminal has the bytes", () => {
  let isDone = false;
  let finish: (() => void) | undefined;
  const slow = new OuterScreen({ cols: 20, rows: 3, write: (_, done) => (finish = done) }, (size) => new CroppedScreen(size));
  slow.output(Buffer.from("x"), () => (isDone = true));
  expect(isDone).toBe(false);
  finish?.();
  expect(isDone).toBe(true);
});

test("the status line keeps the cursor, fits the width and covers the screen until the next snapshot", () => {
  draw("snapshot", "x");
  taken();
  screen.showStatus("the server does not answer");
  expect(taken()).toBe("\x1b7\x1b[?6l\x1b[3;1H\x1b[0;7m the server does no\x1b[0m\x1b8");
  expect(screen.isCovered).toBe(true);
  draw("snapshot", "y");
  expect(screen.isCovered).toBe(false);
});

test("leaving puts everything back, once, and goes below the screen if the program lives on", () => {
  draw("snapshot", "\x1b[?25l\x1b[?2004h");
  expect(screen.leave(true)).toBe("\x1b[?25h\x1b[?2004l\x0f\x1b(B\x1b[m\x1b[3;1H\r\n\x1b[23;0t");
  expect(screen.leave(true)).toBe("");
});

test("a program that has ended leaves the cursor where it was; the alternate screen gives back the one before", () => {
  draw("snapshot", "bye\r\n");
  expect(screen.leave(false)).toBe("\x0f\x1b(B\x1b[m\x1b[23;0t");
  draw("snapshot", "\x1b[?1049h");
  expect(screen.leave(true)).toBe("\x1b[?1049l\x0f\x1b(B\x1b[m\x1b[23;0t");
});

test("nothing drawn, nothing to put back", () => {
  expect(screen.leave(true)).toBe("");
});

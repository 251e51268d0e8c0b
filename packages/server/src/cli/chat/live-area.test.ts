import { afterEach, beforeEach, expect, test } from "vitest";
import { XtermScreen } from "../../terminal/xterm-screen.ts";
import { LiveArea, wrapped, type LiveLine } from "./live-area.ts";

const size = { cols: 20, rows: 6 };
const lines = (...texts: readonly string[]): readonly LiveLine[] => texts.map((text) => ({ text }));
const typed = (before: string, after = "") => ({ before, after });

let screen: XtermScreen;
let area: LiveArea;

beforeEach(() => {
  screen = new XtermScreen(size.cols, size.rows, 100);
  area = new LiveArea();
});

afterEach(() => screen.close());

function shown(): readonly string[] {
  const rows = [...screen.lines(100)];
  while (rows.at(-1) === "") rows.pop();
  return rows;
}

test("what stays is written once, the area is drawn anew below it", () => {
  screen.write(area.draw(lines("stays"), lines("changes"), typed("a"), size));
  expect(shown()).toEqual(["stays", "changes", "› a"]);
  screen.write(area.draw(lines("stays, too"), lines("has", "changed"), typed("ab", "c"), size));
  expect(shown()).toEqual(["stays", "stays, too", "has", "changed", "› abc"]);
  screen.write(area.draw([], [], typed(""), size));
  expect(shown()).toEqual(["stays", "stays, too", "›"]);
});

test("long lines are broken into rows, and are taken away with all their rows", () => {
  const long = "0123456789".repeat(3);
  screen.write(area.draw([], lines(long), typed(long), size));
  expect(shown()).toEqual(["01234567890123456789", "0123456789", "› 01234567890123456", "  7890123456789"]);
  screen.write(area.clear(size.cols));
  expect(shown()).toEqual([]);
});

test("what does not fit the screen is cut at the upper end, so that nothing is left behind in the scrollback", () => {
  screen.write(area.draw([], lines("1", "2", "3", "4", "5", "6", "7"), typed(""), size));
  expect(shown()).toEqual(["4", "5", "6", "7", "›"]);
  screen.write(area.draw(lines("done"), [], typed("x"), size));
  expect(shown()).toEqual(["done", "› x"]);
});

test("a message of many lines shows those around the cursor", () => {
  screen.write(area.draw([], lines("above"), typed("a\nb\nc\nd\ne\nf\ng"), size));
  expect(shown()).toEqual(["  c", "  d", "  e", "  f", "  g"]);
  screen.write(area.clear(size.cols));
  expect(shown()).toEqual([]);
});

test("wide characters take two cells", () => {
  expect(wrapped("日本語", 4)).toEqual(["日本", "語"]);
  expect(wrapped("", 4)).toEqual([""]);
});

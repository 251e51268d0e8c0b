import { expect, test } from "vitest";
import { compare } from "./compare.ts";
import { countedLine, numbersIn } from "./counter.ts";

test("lines that all arrived once are neither lost nor doubled", () => {
  expect(compare([1, 2, 3], [1, 2, 3])).toEqual({ printed: 3, seen: 3, lost: [], doubled: [], misplaced: 0 });
});

test("a missing line is lost, a repeated one doubled, a late one misplaced", () => {
  expect(compare([1, 2, 3, 4, 5], [1, 2, 2, 5, 4])).toEqual({ printed: 5, seen: 4, lost: [3], doubled: [2], misplaced: 1 });
});

test("counted lines are recognised among others, and a torn one is not", () => {
  const at = new Date(0);
  const text = `${countedLine(1, at)}\n── run 2 ──\n${countedLine(2, at)}\nline 00000`;
  expect(numbersIn(text)).toEqual([1, 2]);
});

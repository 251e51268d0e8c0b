import { expect, test } from "vitest";
import { duration, parseSeconds, timeAgo } from "./times.ts";

const now = 1_700_000_000_000;

test.each([
  [0, "now"],
  [999, "now"],
  [-5000, "now"],
  [1000, "1 s ago"],
  [59_999, "59 s ago"],
  [60_000, "1 min ago"],
  [3_599_999, "59 min ago"],
  [3_600_000, "1 h ago"],
  [86_400_000 * 3 + 5, "3 d ago"],
])("%i ms before now reads %s", (ms, words) => {
  expect(timeAgo(now - ms, now)).toBe(words);
});

test("a length of time is told in its largest whole unit", () => {
  expect(duration(7_200_000)).toBe("2 h");
  expect(duration(10)).toBe("");
});

test("seconds may have a fraction, and anything else names the flag", () => {
  expect(parseSeconds("1.5", "--idle", 10)).toBe(1500);
  expect(parseSeconds("0", "--idle", 10)).toBe(0);
  for (const wrong of ["", "soon", "-1", "11", "Infinity", "NaN"]) {
    expect(() => parseSeconds(wrong, "--idle", 10)).toThrow(/--idle wants a number of seconds from 0 to 10/);
  }
});

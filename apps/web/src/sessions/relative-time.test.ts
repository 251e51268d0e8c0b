import { expect, test } from "vitest";
import { agoWords, clockWords, durationWords } from "./relative-time.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test("durations use one unit and round down", () => {
  expect([0, 59_999, MINUTE, 59 * MINUTE, HOUR, 47 * HOUR, 3 * DAY].map(durationWords)).toEqual([
    "1 s",
    "59 s",
    "1 min",
    "59 min",
    "1 h",
    "1 d",
    "3 d",
  ]);
});

test("a clock behind the server's never shows a negative time", () => {
  expect(durationWords(-5000)).toBe("1 s");
  expect(agoWords(10_000, 5000)).toBe("just now");
});

test("what is older than a week is a date", () => {
  expect(agoWords(0, 6 * DAY)).toBe("6 d ago");
  expect(agoWords(Date.UTC(2026, 0, 5, 12), Date.UTC(2026, 0, 20, 12))).toContain("2026");
});

test("the time of another day carries its date", () => {
  const noon = new Date(2026, 4, 3, 12, 4).getTime();
  expect(clockWords(noon, noon + HOUR)).toBe("12:04");
  expect(clockWords(noon, noon + 2 * DAY)).toMatch(/3.*12:04/);
});

import type { ShellCommand } from "@perdure/protocol";
import { expect, test } from "vitest";
import { badgeText, badgeWords, lengthOf } from "./command-words.ts";

const command: ShellCommand = {
  offset: 1,
  text: "make",
  directory: null,
  exitCode: 0,
  startedAt: 1_000,
  endedAt: 3_300,
  line: 1,
  outputLine: 2,
  endLine: 3,
};

test("a badge says how it ended", () => {
  expect(badgeText(command)).toBe("✓");
  expect(badgeText({ ...command, exitCode: 130 })).toBe("✗ 130");
  expect(badgeText({ ...command, exitCode: null })).toBe("?");
  expect(badgeText({ ...command, endedAt: null })).toBe("…");
  expect(badgeWords(command)).toBe("Exit code 0, took 2.3 s");
});

test.each([
  [40, "0.0 s"],
  [9_940, "9.9 s"],
  [59_400, "59 s"],
  [200_000, "3 min 20 s"],
  [7_500_000, "2 h 5 min"],
])("%i ms are %s", (ms, words) => {
  expect(lengthOf(ms)).toBe(words);
});

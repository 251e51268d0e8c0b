import type { HistoryLines, ShellCommand } from "@perdure/protocol";
import { expect, test } from "vitest";
import { readOutput } from "./command-output.ts";

const command: ShellCommand = {
  offset: 1,
  text: "x",
  directory: null,
  exitCode: 0,
  startedAt: 0,
  endedAt: 1,
  line: 9,
  outputLine: 10,
  endLine: 14,
};
const never = new AbortController().signal;

/** Lines of a history, answered at most two at a time. */
function history(lines: Readonly<Record<number, string>>, continued: readonly number[] = []) {
  const asked: number[][] = [];
  const rest = {
    lines: (_session: string, from: number, count: number): Promise<HistoryLines> => {
      asked.push([from, count]);
      const numbers = [from, from + 1].slice(0, count).filter((line) => lines[line] !== undefined);
      const texts = numbers.map((line) => [lines[line] ?? ""]);
      return Promise.resolve({ from, lines: texts, styles: [], continued: [...continued], first: 0, settled: 0, incarnation: 1 });
    },
  };
  return { rest, asked };
}

test("the output is read page by page, and a line that is too long for one number is one line", async () => {
  const { rest, asked } = history({ 10: "one", 11: "two", 12: "two goes on", 13: "three", 14: "own>" }, [12]);
  expect(await readOutput(rest, "s", command, never)).toBe("one\ntwotwo goes on\nthree");
  expect(asked).toEqual([
    [10, 4],
    [12, 2],
  ]);
});

test("what is not there any more, or not known, is not made up", async () => {
  const { rest } = history({ 10: "one" });
  expect(await readOutput(rest, "s", command, never)).toBeUndefined();
  expect(await readOutput(rest, "s", { ...command, endLine: null }, never)).toBeUndefined();
  expect(await readOutput(rest, "s", { ...command, endLine: 10 + 20_001 }, never)).toBeUndefined();
});

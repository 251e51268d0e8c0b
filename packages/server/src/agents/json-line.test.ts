import { expect, test } from "vitest";
import { readJsonLine } from "./json-line.ts";

const A = { type: "a", text: 'with "quotes" \\ and {brackets}' };
const B = { jsonrpc: "2.0", id: "p1", result: { x: [1, { y: 2 }] } };
const [a, b] = [A, B].map((one) => JSON.stringify(one)) as [string, string];

test.each([
  ["alone", a, [A], true],
  ["between blanks", `  ${a}\t`, [A], true],
  ["behind a byte order mark", `\ufeff${a}`, [A], true],
  ["behind what is for a terminal", `\u001b[?25l\u001b[2K\r${a}\u001b[0m`, [A], true],
  ["two in one line", a + b, [A, B], true],
  ["in a list", `[${a},${b}]`, [A, B], true],
  ["behind words without a line feed", `Downloading 50%${a}`, [A], false],
  ["before such words", `${a}npm warn deprecated`, [A], false],
  ["with words between", `${a} and ${b}`, [A, B], false],
  ["behind half of another", a.slice(0, 30) + b, [B], false],
  ["cut", b.slice(0, -1), [], false],
  ["words alone", "hello", [], false],
  ["what is for a terminal alone", "\u001b[?25h\u0000", [], true],
  ["nothing", "", [], true],
  ["values that are no objects", "[1]", [], false],
  ["an empty list", "[]", [], false],
  ["brackets that are no JSON", `{not json} ${a}`, [A], false],
])("%s", (_, text, objects, isClean) => {
  expect(readJsonLine(text)).toEqual({ objects, isClean });
});

function nested(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
}

test("what is nested deeper than it could be written is not read", () => {
  expect(readJsonLine(nested(900)).isClean).toBe(true);
  for (const levels of [1100, 5000, 100_000]) expect(readJsonLine(nested(levels))).toEqual({ objects: [], isClean: false });
});

test("brackets without an end are read in no time", () => {
  for (const text of ["{".repeat(2e5), '{"type":'.repeat(25_000), `${"[".repeat(2e5)}{"a":1}`, "{}".repeat(1e5)]) {
    const began = performance.now();
    readJsonLine(text);
    expect(performance.now() - began).toBeLessThan(1000);
  }
});

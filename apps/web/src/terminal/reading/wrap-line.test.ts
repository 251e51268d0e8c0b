import { lineText, type StyledLine } from "@perdure/protocol";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { rowsOf, wrapLine, type WrappedRow } from "./wrap-line.ts";

const textOf = ({ runs }: WrappedRow): string => runs.map(({ text }) => (typeof text === "string" ? text : text.join(""))).join("");

test("a line goes on in the next row where the width ends", () => {
  expect(wrapLine(["abcdefgh"], 3).map(textOf)).toEqual(["abc", "def", "gh"]);
  expect(wrapLine([], 3)).toHaveLength(1);
});

test("a wide character that does not fit begins the next row", () => {
  expect(wrapLine([["ab", 1], [["漢", "字"], 2], "c"], 3).map(textOf)).toEqual(["ab", "漢", "字c"]);
});

test("marks stay on their characters", () => {
  expect(wrapLine(["ae\u0301b"], 2).map(textOf)).toEqual(["ae\u0301", "b"]);
});

test("what is right of a line's end has its background", () => {
  expect(
    wrapLine(
      [
        ["ab", 1],
        ["", 2],
      ],
      2,
    ),
  ).toMatchObject([{ fill: 2 }]);
});

const run = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.tuple(fc.string({ minLength: 1, maxLength: 30, unit: "grapheme-ascii" }), fc.nat(5)),
  fc.tuple(fc.array(fc.constantFrom("漢", "字"), { minLength: 1, maxLength: 9 }), fc.nat(5)),
);

test("nothing is lost or added, no row is too long, and the rows are as many as counted", () => {
  fc.assert(
    fc.property(fc.array(run, { maxLength: 6 }), fc.integer({ min: 2, max: 40 }), (runs, cols) => {
      const line = runs as StyledLine;
      const rows = wrapLine(line, cols);
      expect(rows.map(textOf).join("")).toBe(lineText(line));
      expect(rows).toHaveLength(rowsOf(line, cols));
      for (const row of rows) {
        const columns = row.runs.reduce((sum, { text }) => sum + (typeof text === "string" ? Array.from(text).length : 2 * text.length), 0);
        expect(columns).toBeLessThanOrEqual(cols);
      }
    }),
  );
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { diffLines, type LineDiff } from "./line-diff.ts";

function shown(diff: LineDiff): readonly string[] {
  const signs = { same: " ", added: "+", removed: "-" } as const;
  return diff.hunks.flatMap((hunk) => [
    ...(hunk.skipped > 0 ? [`… ${hunk.skipped}`] : []),
    ...hunk.lines.map((line) => `${signs[line.is]}${line.before ?? ""}|${line.after ?? ""} ${line.text}`),
  ]);
}

test("a changed line stands between its neighbours, with the numbers of both sides", () => {
  const before = "a\nb\nc\nd\ne\nf\ng\nh\n";
  expect(shown(diffLines(before, before.replace("e", "E\nnew")))).toEqual([
    "… 1",
    " 2|2 b",
    " 3|3 c",
    " 4|4 d",
    "-5| e",
    "+|5 E",
    "+|6 new",
    " 6|7 f",
    " 7|8 g",
    " 8|9 h",
  ]);
});

test("a new file is all added, an emptied one all removed, the same one nothing", () => {
  expect(shown(diffLines(null, "a\nb\n"))).toEqual(["+|1 a", "+|2 b"]);
  expect(shown(diffLines("a\n", ""))).toEqual(["-1| a"]);
  expect(diffLines("a\nb", "a\nb")).toEqual({ hunks: [], skippedAfter: 2, added: 0, removed: 0 });
});

test("changes far apart are two hunks; what lies between is counted", () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  const { hunks, skippedAfter, added, removed } = diffLines(lines.join("\n"), lines.with(4, "x").with(24, "y").join("\n"));
  expect(hunks.map(({ skipped, lines: { length } }) => [skipped, length])).toEqual([
    [1, 8],
    [13, 8],
  ]);
  expect([skippedAfter, added, removed]).toEqual([2, 2, 2]);
});

test("both sides can be read back from it, and no way is longer than needed", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", "d", ""), { maxLength: 25 });
  fc.assert(
    fc.property(text, text, (from, to) => {
      const [before, after] = [from.map((line) => `${line}\n`).join(""), to.map((line) => `${line}\n`).join("")];
      const { hunks, added, removed } = diffLines(before, after);
      const lines = hunks.flatMap((hunk) => hunk.lines);
      for (const line of lines) {
        expect([
          line.before === undefined ? line.text : from[line.before - 1],
          line.after === undefined ? line.text : to[line.after - 1],
        ]).toEqual([line.text, line.text]);
      }
      expect(from.length - removed).toBe(to.length - added);
      expect(added + removed).toBe(from.length + to.length - 2 * longestCommon(from, to));
    }),
    { seed: 11, numRuns: 300 },
  );
});

test("two large files without anything in common are shown as replaced, soon", () => {
  const startedAt = performance.now();
  expect(diffLines(numbered("a", 8000), numbered("b", 8000))).toMatchObject({ added: 8000, removed: 8000 });
  expect(performance.now() - startedAt).toBeLessThan(1500);
});

function numbered(name: string, count: number): string {
  return Array.from({ length: count }, (_, index) => `${name} ${index}`).join("\n");
}

function longestCommon(from: readonly string[], to: readonly string[]): number {
  let row: readonly number[] = Array.from({ length: to.length + 1 }, () => 0);
  for (const line of from) {
    const next: number[] = [0];
    for (const [index, other] of to.entries()) {
      next.push(line === other ? (row[index] ?? 0) + 1 : Math.max(row[index + 1] ?? 0, next[index] ?? 0));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

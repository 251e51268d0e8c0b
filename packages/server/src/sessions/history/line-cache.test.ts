import type { StyledLines } from "@perdure/protocol";
import { expect, test } from "vitest";
import { cutLines, LineCache } from "./line-cache.ts";

function read(from: number, count: number, text = "text"): StyledLines {
  return { from, lines: Array.from({ length: count }, (_, at) => [`${text} ${from + at}`]), styles: [{}], continued: [] };
}

test("only lines that are settled are kept, in their pages", () => {
  const cache = new LineCache();
  cache.add("s 1", read(500, 2_000), 1_800);
  expect(cache.find("s 1", 499)).toBeNull();
  expect(cache.find("s 1", 700)).toMatchObject({ from: 500 });
  expect(cache.find("s 1", 1_799)?.lines).toHaveLength(800);
  expect(cache.find("s 1", 1_800)).toBeNull();
  expect(cache.find("s 2", 700)).toBeNull();
});

test("a longer reading of a page takes the place of a shorter one, never the other way", () => {
  const cache = new LineCache();
  cache.add("s 1", read(0, 10), 100);
  cache.add("s 1", read(0, 50), 100);
  cache.add("s 1", read(0, 20), 100);
  expect(cache.find("s 1", 0)?.lines).toHaveLength(50);
});

test("beyond its bound the page that was not used for longest goes first", () => {
  const cache = new LineCache(10 * 120);
  cache.add("s 1", read(0, 4), 100_000);
  cache.add("s 1", read(1_000, 4), 100_000);
  expect(cache.find("s 1", 0)).not.toBeNull();
  cache.add("s 1", read(2_000, 4), 100_000);
  expect([0, 1_000, 2_000].map((line) => cache.find("s 1", line) !== null)).toEqual([true, false, true]);
});

test("lines that are cut out take their looks with them, renumbered", () => {
  const styles = [{}, { fg: 1 }, { fg: 2 }, { fg: 3 }];
  const lines = [[["a", 1] as [string, number]], [["b", 3] as [string, number], "c", ["d", 2] as [string, number]]];
  expect(cutLines({ from: 7, lines, styles, continued: [7, 8] }, 8, 9)).toEqual({
    from: 8,
    lines: [[["b", 1], "c", ["d", 2]]],
    styles: [{}, { fg: 3 }, { fg: 2 }],
    continued: [8],
  });
});

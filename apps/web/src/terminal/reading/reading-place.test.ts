import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isBefore, lowestPlace, movedBy, placeAt, shareOf, type Extent } from "./reading-place.ts";

/** Lines from 10 on, so many pixels high. */
function extentOf(heights: readonly number[]): Extent {
  return { first: 10, end: 10 + heights.length, heightOf: (line) => heights[line - 10] ?? 0 };
}

test("a place moves over lines of any height, and stops at the edges", () => {
  const extent = extentOf([20, 40, 20, 60]);
  expect(movedBy({ line: 10, px: 0 }, 65, extent)).toEqual({ line: 12, px: 5 });
  expect(movedBy({ line: 12, px: 5 }, -30, extent)).toEqual({ line: 11, px: 15 });
  expect(movedBy({ line: 11, px: 15 }, -100, extent)).toEqual({ line: 10, px: 0 });
});

test("the lowest place has the last line at the lower edge", () => {
  expect(lowestPlace(70, extentOf([20, 40, 20, 60]))).toEqual({ line: 12, px: 10 });
  expect(lowestPlace(700, extentOf([20, 40]))).toEqual({ line: 10, px: 0 });
});

test("the share is right at both ends", () => {
  const extent = extentOf(Array.from({ length: 1_000 }, () => 20));
  const lowest = lowestPlace(400, extent);
  expect(shareOf({ line: 10, px: 0 }, lowest, extent)).toBe(0);
  expect(shareOf(lowest, lowest, extent)).toBe(1);
  expect(placeAt(1, lowest, extent)).toEqual(lowest);
  expect(placeAt(0.5, lowest, extent)).toEqual({ line: 500, px: 0 });
});

test("moving down and up again comes back", () => {
  const heights = fc.array(
    fc.integer({ min: 1, max: 5 }).map((rows) => rows * 17),
    { minLength: 2, maxLength: 60 },
  );
  fc.assert(
    fc.property(heights, fc.nat(2_000), fc.nat(2_000), (given, down, further) => {
      const extent = extentOf(given);
      const total = given.reduce((sum, height) => sum + height, 0);
      const from = movedBy({ line: 10, px: 0 }, Math.min(down, total - 1), extent);
      const moved = Math.min(further, total - 1 - Math.min(down, total - 1));
      const there = movedBy(from, moved, extent);
      expect(movedBy(there, -moved, extent)).toEqual(from);
      expect(isBefore(there, from)).toBe(false);
    }),
  );
});

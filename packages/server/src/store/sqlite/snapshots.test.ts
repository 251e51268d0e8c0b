import { expect, test } from "vitest";
import { superfluous } from "./snapshots.ts";

const MIB = 1024 * 1024;

test("snapshots closer than a MiB are thinned out, the first and the last kept", () => {
  expect(superfluous([0, 10, 20, 30])).toEqual([10, 20]);
  expect(superfluous([0, MIB, 2 * MIB, 2 * MIB + 1])).toEqual([]);
  expect(superfluous([5])).toEqual([]);
  expect(superfluous([])).toEqual([]);
});

test("of more than 64 those go whose neighbours are closest", () => {
  const offsets = Array.from({ length: 70 }, (_, index) => index * index * MIB);
  const gone = superfluous(offsets);
  expect(gone).toHaveLength(6);
  expect(Math.max(...gone)).toBeLessThan(400 * MIB);
  expect(gone).not.toContain(0);
});

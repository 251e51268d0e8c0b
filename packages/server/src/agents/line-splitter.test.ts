import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_LINE_BYTES } from "./driver.ts";
import { LineSplitter, type SplitLine } from "./line-splitter.ts";

function split(pieces: readonly Uint8Array[], from = 0): SplitLine[] {
  const splitter = new LineSplitter(from);
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...[splitter.end()].filter((line) => line !== null)];
}

test("lines have their text and their place", () => {
  expect(split([Buffer.from("ab\r\n\ncé")], 100)).toEqual([
    { is: "line", from: 100, to: 104, text: "ab" },
    { is: "line", from: 104, to: 105, text: "" },
    { is: "line", from: 105, to: 108, text: "cé" },
  ]);
});

test("however the bytes come, the lines are the same", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "é", "😀", "\n", "\r") }), fc.array(fc.nat(40)), (text, cuts) => {
      const bytes = Buffer.from(text);
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
      const pieces = places.slice(1).map((to, index) => bytes.subarray(places[index], to));
      expect(split(pieces)).toEqual(split([bytes]));
    }),
  );
});

test("bytes that were given are not needed any more", () => {
  const splitter = new LineSplitter(0);
  const data = Buffer.from("abc");
  splitter.push(data);
  data.fill(0x78);
  expect(splitter.push(Buffer.from("\n"))).toEqual([{ is: "line", from: 0, to: 4, text: "abc" }]);
  expect(splitter.consumed).toBe(4);
});

test("a line that is too long is passed over, and what follows is not", () => {
  const half = Buffer.alloc(MAX_LINE_BYTES / 2 + 1, "x");
  expect(split([half, half, Buffer.from("\nnext\n")])).toEqual([
    { is: "long-line", from: 0, to: MAX_LINE_BYTES + 3, bytes: MAX_LINE_BYTES + 2 },
    { is: "line", from: MAX_LINE_BYTES + 3, to: MAX_LINE_BYTES + 8, text: "next" },
  ]);
});

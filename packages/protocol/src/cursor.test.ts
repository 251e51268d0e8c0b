import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Cursor, formatCursor, parseCursor } from "./cursor.ts";

const place = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const cursors = fc.record({ incarnation: place, offset: place });

function order(a: Cursor, b: Cursor): number {
  return Math.sign(a.incarnation - b.incarnation || a.offset - b.offset);
}

test("a cursor is read as it was written", () => {
  fc.assert(
    fc.property(cursors, (cursor) => {
      expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
    }),
  );
});

test("the order of the texts is the order in the stream", () => {
  fc.assert(
    fc.property(cursors, cursors, (a, b) => {
      const [left, right] = [formatCursor(a), formatCursor(b)];
      expect(left < right ? -1 : left > right ? 1 : 0).toBe(order(a, b));
    }),
  );
});

test.each([
  "",
  "1_2",
  "0000000000000001",
  "0000000000000001_",
  "0000000000000001_000000000000000x",
  "0000000000000001_00000000000000001",
  " 0000000000000001_0000000000000001",
  "0000000000000001_0000000000000001\n",
  "-000000000000001_0000000000000001",
  "0000000000000001_9999999999999999",
  "９000000000000001_0000000000000001",
])("%j is no cursor", (text) => {
  expect(parseCursor(text)).toBeUndefined();
});

test("no text makes the reader throw", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => parseCursor(text)).not.toThrow();
    }),
  );
});

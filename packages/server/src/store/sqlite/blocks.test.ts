import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BLOCK_BYTES, type ByteKind, type Piece, byteLength, decode, encode, groupPieces, makeBlock, piecesOf } from "./blocks.ts";
import { DamageFound } from "./failure.ts";

function pieces(lengths: readonly number[], times: readonly number[] = []): Piece[] {
  let offset = 7;
  return lengths.map((length, index) => {
    const piece = { offset, time: times[index] ?? 1_000, data: Uint8Array.from({ length }, (__, at) => (at + index) % 251) };
    offset += length;
    return piece;
  });
}

describe("a block", () => {
  test("gives its pieces back with their times, also when the clock stepped back", () => {
    const given = pieces([5, 300, 1, 70], [1_700_000_000_000, 1_700_000_000_001, 1_600_000_000_000, 1_700_000_090_000]);
    for (const isSealed of [false, true]) expect(piecesOf(makeBlock("output", given, isSealed))).toEqual(given);
  });

  test("joins output of one millisecond, and never events", () => {
    const given = pieces([3, 4, 5], [1, 1, 2]);
    expect(piecesOf(makeBlock("output", given, true)).map((piece) => piece.data.length)).toEqual([7, 5]);
    expect(piecesOf(makeBlock("event", given, true)).map((piece) => piece.data.length)).toEqual([3, 4, 5]);
  });

  test("with any changed byte is found to be damaged", () => {
    const block = makeBlock("output", pieces([2_000, 10], [1, 2]), true);
    for (let at = 0; at < block.data.length; at += 1) {
      const data = Uint8Array.from(block.data, (byte, index) => (index === at ? byte ^ 1 : byte));
      expect(() => piecesOf({ ...block, data })).toThrow(DamageFound);
    }
    expect(() => piecesOf({ ...block, marks: Uint8Array.from([9, 9, 9]) })).toThrow(DamageFound);
  });

  test("stays raw if compression does not make it smaller", () => {
    const data = Uint8Array.from([1, 2, 3]);
    expect(encode(data, true).data).toEqual(data);
    expect(decode(encode(data, true))).toEqual(data);
  });
});

test("pieces are divided into blocks of at most 64 KiB, whole ones never cut", () => {
  const kinds: readonly ByteKind[] = ["output", "error", "event", "notice"];
  const lengths = fc.array(fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 60_000, max: 200_000 })), { maxLength: 12 });
  fc.assert(
    fc.property(fc.constantFrom(...kinds), lengths, (kind, sizes) => {
      const given = pieces(sizes);
      const groups = groupPieces(kind, given);
      const joined = Buffer.concat(groups.flat().map((piece) => piece.data));
      expect(joined.equals(Buffer.concat(given.map((piece) => piece.data)))).toBe(true);
      const isCut = kind === "output" || kind === "error";
      for (const group of groups) expect(byteLength(group) <= BLOCK_BYTES || (!isCut && group.length === 1)).toBe(true);
      expect(isCut || groups.flat().length === given.filter((piece) => piece.data.length > 0).length).toBe(true);
    }),
    { numRuns: 25, seed: 7 },
  );
});

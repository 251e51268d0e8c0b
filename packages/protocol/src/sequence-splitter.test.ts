import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Piece, SequenceSplitter } from "./sequence-splitter.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder("latin1").decode(data);

function split(chunks: readonly Uint8Array[], maxHeldBytes = 1000): { pieces: Piece[]; splitter: SequenceSplitter } {
  const splitter = new SequenceSplitter((kind) => kind !== "character", maxHeldBytes);
  const pieces = chunks.flatMap((chunk) => Array.from(splitter.split(chunk), (piece) => ({ ...piece, bytes: piece.bytes.slice() })));
  return { pieces, splitter };
}

function cutAt(data: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (data.length + 1)), data.length].toSorted((a, b) => a - b);
  return places.slice(1).map((to, index) => data.slice(places[index], to));
}

/** Neighbouring texts as one: how long they are depends on the chunks. */
function joined(pieces: Iterable<Piece>): string[] {
  const result: { kind: string; text: string }[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (last && last.kind === piece.kind && piece.kind === "text") last.text += text(piece.bytes);
    else result.push({ kind: piece.kind, text: text(piece.bytes) });
  }
  return result.map((each) => `${each.kind} ${each.text}`);
}

const noise = fc
  .array(fc.oneof(fc.nat(255), fc.constantFrom(0x1b, 0x5b, 0x5d, 0x50, 0x5c, 0x5f, 0xc2, 0x9b, 0x9c, 0x9d, 0x07, 0x18, 0xe4, 0xb8, 0x6d)), {
    maxLength: 50,
  })
  .map((values) => Uint8Array.from(values));

describe("splitting a stream into sequences", () => {
  test("names each sequence and keeps the text between them together", () => {
    const { pieces } = split([bytes("a\x1b[1mé\x1b(0b\x1b]0;t\x07c\x1bPq\x1b\\d\x1b_x\x1b\\\x07e")]);
    expect(pieces.map((piece) => piece.kind)).toEqual("text csi text escape text osc text dcs text string control text".split(" "));
  });

  test("the second byte of a character is no terminator", () => {
    const { pieces } = split([bytes("\x1b]0;东\x07x")]); // its last byte is 0x9c
    expect(pieces.map((piece) => piece.kind)).toEqual(["osc", "text"]);
  });

  test("holds an unfinished sequence back until it ends", () => {
    const { pieces, splitter } = split([bytes("ab\x1b[3")]);
    expect(joined(pieces)).toEqual(["text ab"]);
    expect(splitter.heldBytes).toBe(3);
    expect(joined(splitter.split(bytes("1mc")))).toEqual(["csi \x1b[31m", "text c"]);
    expect(splitter.heldBytes).toBe(0);
  });

  test("passes a sequence that grows too long in parts, to its end", () => {
    const { pieces, splitter } = split([bytes("\x1b]0;123456789"), bytes("more\x1b")], 8);
    expect(joined(pieces)).toEqual(["overlong \x1b]0;123456789", "overlong more"]);
    expect(splitter.overlong).toBe("osc");
    expect(splitter.heldBytes).toBe(1);
    expect(joined(splitter.split(bytes("[mx")))).toEqual(["overlong ", "csi \x1b[m", "text x"]);
    expect(splitter.overlong).toBeNull();
  });

  test("the pieces are the stream, byte for byte", () => {
    fc.assert(
      fc.property(noise, fc.array(fc.nat()), fc.integer({ min: 1, max: 20 }), (data, cuts, maxHeldBytes) => {
        const { pieces, splitter } = split([...cutAt(data, cuts), Uint8Array.of(0x18)], maxHeldBytes);
        expect(splitter.heldBytes).toBe(0);
        expect(pieces.map((piece) => text(piece.bytes)).join("")).toBe(`${text(data)}\x18`);
      }),
      { numRuns: 2000 },
    );
  });

  test("how the stream is cut does not change what is found", () => {
    fc.assert(
      fc.property(noise, fc.array(fc.nat()), (data, cuts) => {
        expect(joined(split(cutAt(data, cuts)).pieces)).toEqual(joined(split([data]).pieces));
      }),
      { numRuns: 2000 },
    );
  });
});

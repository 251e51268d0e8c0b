import fc from "fast-check";
import { expect, test } from "vitest";
import { WholeCharacters } from "./whole-characters.ts";

test("text comes whole, however it was cut, and never a part of a character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.array(fc.nat(40), { maxLength: 8 }), (given, cuts) => {
      const text = given.toWellFormed();
      const bytes = new TextEncoder().encode(text);
      const whole = new WholeCharacters();
      const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      const parts = [...cuts.toSorted((a, b) => a - b).map((cut) => Math.min(cut, bytes.length)), bytes.length];
      const taken = parts.map((end, index) => decoder.decode(whole.take(bytes.subarray(parts[index - 1] ?? 0, end))));
      expect(taken.join("")).toBe(text);
    }),
  );
});

test("what is no character is not held back for ever", () => {
  const whole = new WholeCharacters();
  expect([...whole.take(Uint8Array.of(0xe2, 0x80)), ...whole.take(Uint8Array.of(0x41)), ...whole.take(Uint8Array.of(0xff, 0x80))]).toEqual([
    0xe2, 0x80, 0x41, 0xff, 0x80,
  ]);
});

test("another stream begins without what was held back", () => {
  const whole = new WholeCharacters();
  whole.take(Uint8Array.of(0xe2));
  whole.reset();
  expect([...whole.take(Uint8Array.of(0x41))]).toEqual([0x41]);
});

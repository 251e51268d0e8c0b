import { expect, test } from "vitest";
import { countUnsent } from "./unsent.ts";

test("keys are counted as keys, whatever they weigh", () => {
  const unsent = countUnsent();
  for (const bytes of [1, 3, 1]) unsent.typed(bytes);
  expect(unsent.words(5)).toBe("3 keys not sent yet");
  expect(unsent.words(4)).toBe("2 keys not sent yet");
  expect(unsent.words(1)).toBe("1 key not sent yet");
  expect(unsent.words(0)).toBe("");
});

test("a paste is text, not keys", () => {
  const unsent = countUnsent();
  unsent.typed(2000);
  expect(unsent.words(2000)).toBe("Typed text not sent yet");
});

test("what an earlier page left to send is not counted as this page's keys", () => {
  const unsent = countUnsent();
  expect(unsent.words(40)).toBe("Typed text not sent yet");
  unsent.typed(1);
  expect(unsent.words(41)).toBe("Typed text not sent yet");
});

test("a key that was not taken is not counted", () => {
  const unsent = countUnsent();
  unsent.typed(1);
  expect(unsent.words(0)).toBe("");
  unsent.typed(1);
  expect(unsent.words(1)).toBe("1 key not sent yet");
});

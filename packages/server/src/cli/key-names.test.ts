import { expect, test } from "vitest";
import { keysToText, keyToText } from "./key-names.ts";

test.each([
  ["C-c", "\x03"],
  ["C-C", "\x03"],
  ["C-\\", "\x1c"],
  ["C-[", "\x1b"],
  ["C-Space", "\0"],
  ["C-?", "\x7f"],
  ["M-x", "\x1bx"],
  ["C-M-x", "\x1b\x18"],
  ["Escape", "\x1b"],
  ["Enter", "\r"],
  ["M-Enter", "\x1b\r"],
  ["S-Tab", "\x1b[Z"],
  ["BSpace", "\x7f"],
  ["Up", "\x1b[A"],
  ["up", "\x1b[A"],
  ["S-Up", "\x1b[1;2A"],
  ["C-Left", "\x1b[1;5D"],
  ["PageDown", "\x1b[6~"],
  ["C-Delete", "\x1b[3;5~"],
  ["F1", "\x1bOP"],
  ["S-F1", "\x1b[1;2P"],
  ["F12", "\x1b[24~"],
  ["a", "a"],
  ["-", "-"],
  ["é", "é"],
])("%s sends %j", (name, text) => {
  expect(keyToText(name)).toBe(text);
});

test("several keys are sent in order", () => {
  expect(keysToText(["Escape", ":", "w", "Enter"])).toBe("\x1b:w\r");
});

test.each(["Upp", "C-", "C-é", "word", ""])("%j is no key, and the error says how keys are written", (name) => {
  expect(() => keyToText(name)).toThrow(/is no key.*C-c, M-x/);
});

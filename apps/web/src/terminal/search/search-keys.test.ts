import { expect, test } from "vitest";
import { opensSearch } from "./search-keys.ts";

const key = (held: Partial<KeyboardEvent>): KeyboardEvent =>
  ({ type: "keydown", key: "f", altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, ...held }) as KeyboardEvent;

test("Ctrl+F is the search's, but a full-screen program's there", () => {
  expect(opensSearch(key({ ctrlKey: true }), false)).toBe(true);
  expect(opensSearch(key({ ctrlKey: true }), true)).toBe(false);
});

test("Cmd+F and Ctrl+Shift+F are the search's everywhere, F alone nowhere", () => {
  expect(opensSearch(key({ metaKey: true }), true)).toBe(true);
  expect(opensSearch(key({ ctrlKey: true, shiftKey: true, key: "F" }), true)).toBe(true);
  expect(opensSearch(key({}), false)).toBe(false);
  expect(opensSearch(key({ ctrlKey: true, type: "keyup" }), false)).toBe(false);
});

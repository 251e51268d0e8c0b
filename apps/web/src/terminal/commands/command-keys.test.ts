import { expect, test } from "vitest";
import { commandKey } from "./command-keys.ts";

const key = (held: Partial<KeyboardEvent>): KeyboardEvent =>
  ({ type: "keydown", key: "ArrowUp", altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, ...held }) as KeyboardEvent;

test("Ctrl+Shift+Up and Down go from command to command, on a Mac Cmd+Up and Down", () => {
  expect(commandKey(key({ ctrlKey: true, shiftKey: true }), false, false)).toBe(-1);
  expect(commandKey(key({ ctrlKey: true, shiftKey: true, key: "ArrowDown" }), false, false)).toBe(1);
  expect(commandKey(key({ metaKey: true }), false, true)).toBe(-1);
  expect(commandKey(key({ metaKey: true }), false, false)).toBeNull();
});

test("a full-screen program and an arrow alone keep theirs", () => {
  expect(commandKey(key({ ctrlKey: true, shiftKey: true }), true, false)).toBeNull();
  expect(commandKey(key({}), false, false)).toBeNull();
  expect(commandKey(key({ ctrlKey: true }), false, false)).toBeNull();
});

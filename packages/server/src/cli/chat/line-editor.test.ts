import { beforeEach, expect, test } from "vitest";
import { LineEditor } from "./line-editor.ts";

let editor: LineEditor;

beforeEach(() => {
  editor = new LineEditor();
});

function type(text: string): void {
  for (const character of text) editor.press({ name: character, sequence: character });
}

const press = (...names: readonly string[]): void => {
  for (const name of names) editor.press({ name });
};
const enter = (): string | undefined => editor.press({ name: "return", sequence: "\r" });

test("what is typed is the message, and then the line is empty", () => {
  type("hello");
  expect(enter()).toBe("hello");
  expect(editor.isEmpty).toBe(true);
  expect(enter()).toBeUndefined();
});

test("cursor and keys of a shell's line", () => {
  type("one two three");
  editor.press({ name: "w", ctrl: true });
  expect(editor.text).toBe("one two ");
  editor.press({ name: "a", ctrl: true });
  type(">");
  press("right", "delete");
  expect(editor.text).toBe(">oe two ");
  editor.press({ name: "k", ctrl: true });
  expect(editor.text).toBe(">o");
  press("end", "backspace", "backspace", "backspace");
  expect(editor.isEmpty).toBe(true);
});

test("characters are those that a person counts", () => {
  type("a");
  editor.press({ sequence: "👩‍👩‍👧" });
  press("backspace");
  expect(editor.text).toBe("a");
});

test("a paste is one message whatever ends of lines it has, and shows no control characters", () => {
  editor.press({ name: "paste-start", sequence: "\x1b[200~" });
  type("one");
  enter();
  editor.press({ sequence: "\x1b" });
  type("two");
  editor.press({ name: "paste-end", sequence: "\x1b[201~" });
  expect(enter()).toBe("one\ntwo");
});

test("Meta-Enter and Ctrl-J begin a new line", () => {
  type("a");
  editor.press({ name: "return", sequence: "\x1b\r", meta: true });
  type("b");
  editor.press({ name: "enter", sequence: "\n" });
  type("c");
  expect(enter()).toBe("a\nb\nc");
});

test("Up brings back what was said, Down what was being typed", () => {
  editor.remember(["first", " "]);
  type("second");
  enter();
  type("draft");
  press("up");
  expect(editor.text).toBe("second");
  press("up", "up");
  expect(editor.text).toBe("first");
  press("down", "down");
  expect(editor.text).toBe("draft");
});

test("more than a message can hold is not taken", () => {
  editor.set("x".repeat(200_000));
  expect(editor.text.length).toBe(100_000);
  type("y");
  expect(editor.text.length).toBe(100_000);
});

test("keys without text change nothing", () => {
  press("escape", "tab", "f5", "pageup");
  editor.press({ name: "x", sequence: "\x1bx", meta: true });
  expect(editor.isEmpty).toBe(true);
});

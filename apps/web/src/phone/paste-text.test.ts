import { expect, test } from "vitest";
import { editableText, pasteSequence } from "./paste-text.ts";

test("a paste is bracketed when the program asked for it", () => {
  expect(pasteSequence("a\nb", true)).toBe("\u001b[200~a\rb\u001b[201~");
  expect(pasteSequence("a\r\nb", false)).toBe("a\rb");
});

test("pasted text can not end the paste and become keys", () => {
  const hostile = pasteSequence("x\u001b[201~rm -rf /\n", true);
  expect(hostile.indexOf("\u001b[201~")).toBe(hostile.length - 6);
});

test("text given back is what a person would edit", () => {
  expect(editableText("ls -la\r")).toBe("ls -la\n");
  expect(editableText("\u001b[200~two\rlines\u001b[201~\r")).toBe("two\nlines\n");
  expect(editableText("a\u001b[A\u001bOB\u0003\u007fb\tc")).toBe("ab\tc");
});

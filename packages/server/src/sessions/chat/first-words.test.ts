import { expect, test } from "vitest";
import { firstWords, withoutMarks } from "./first-words.ts";

test("a line of a list ends behind a word, and never in the middle of a character", () => {
  expect(firstWords("one two\n\tthree  ", 40)).toBe("one two three");
  expect(firstWords("the answer is forty-two", 18)).toBe("the answer is…");
  expect(firstWords("x".repeat(50), 10)).toBe(`${"x".repeat(9)}…`);
  expect(firstWords(`${"x".repeat(8)}😀😀`, 10)).toBe(`${"x".repeat(8)}…`);
});

test("an answer is read without its marks", () => {
  const markdown =
    "# Done\n\nI **fixed** `parse` in [the file](https://example.com), *really*:\n\n- one\n2. two\n> said\n\n```ts\nlet a = 1;\n```\n";
  expect(firstWords(withoutMarks(markdown), 200)).toBe("Done I fixed parse in the file, really: one two said let a = 1;");
  expect(withoutMarks("a table\n\n| a | b |\n|---|--:|\n")).toBe("a table\n\n| a | b |\n\n");
});

test("what only looks like marks stays", () => {
  for (const text of ["2 * 3 * 4", "a_b_c and __init__.py", "5 - 3", "f(*args, **kwargs)", "#!/bin/sh"])
    expect(withoutMarks(text)).toBe(text);
});

import { expect, test } from "vitest";
import { mayAsk } from "./asking.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test.each([
  "\x1b[c",
  "ab\x1b[6nc",
  "\x1b[?2004$p",
  "\x1bP$qm\x1b\\",
  "\x1b]11;?\x07",
  "\x1b]4;1;?;2;?\x1b\\",
  "\x1b[>0q",
  "\u009b5n",
  "\x1b[18t",
])("%j may ask", (output) => {
  expect(mayAsk(bytes(output))).toBe(true);
});

test.each(["", "$ ", "what now?", "\x1b[31mred\x1b[0m\r\n", "\x1b]0;why\x07 who?", "\x1b[2J\x1b[H", "漢字 [6n"])(
  "%j does not",
  (output) => {
    expect(mayAsk(bytes(output))).toBe(false);
  },
);

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlainText } from "./plain-text.ts";

function plain(...parts: readonly (string | Uint8Array)[]): string {
  const filter = new PlainText();
  const out = parts.map((part) => filter.write(typeof part === "string" ? new TextEncoder().encode(part) : part));
  return out.join("") + filter.end();
}

describe("terminal output as plain text", () => {
  it.each([
    ["colours", "\x1b[1;31mred\x1b[0m\r\n", "red\n"],
    ["titles", "\x1b]0;title\x07text\n", "text\n"],
    ["strings ended by ST", "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n", "link\n"],
    ["character sets", "\x1b(0x\x1b(B\n", "x\n"],
    ["progress bars", "10%\r50%\r100%\r\n", "100%\n"],
    ["backspaces", "abc\b\bX\n", "aX\n"],
    ["tabs and wide characters", "a\tb 漢字 🙂\r\n", "a\tb 漢字 🙂\n"],
    ["a line without an end", "one\ntwo", "one\ntwo"],
  ])("leaves out what a terminal would interpret: %s", (_what, input, expected) => {
    expect(plain(input)).toBe(expected);
  });

  it("is the same wherever the stream is cut", () => {
    const bytes = new TextEncoder().encode("\x1b[1mä漢\x1b[0m\r\n\x1b]0;t\x1b\\🙂 done\r\nrest");
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length }), fc.integer({ min: 0, max: bytes.length }), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        expect(plain(bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to))).toBe(plain(bytes));
      }),
      { seed: 1 },
    );
  });
});

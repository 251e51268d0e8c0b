import { expect, test } from "vitest";
import { TerminalState } from "./terminal-state.ts";

function after(...pieces: readonly string[]): TerminalState {
  const state = new TerminalState();
  for (const piece of pieces) state.feed(Buffer.from(piece));
  return state;
}

test("a program that changed nothing leaves nothing to put back but the colours of text", () => {
  expect(after("hello \x1b[31mred\r\n").restore()).toBe("\x0f\x1b[m");
});

test("modes are put back to what they are in a fresh terminal", () => {
  const restored = after("\x1b[?25l\x1b[?1000;1006h\x1b[?2004h\x1b[?7l").restore();
  expect(restored).toBe("\x1b[?25h\x1b[?1000l\x1b[?1006l\x1b[?2004l\x1b[?7h\x0f\x1b[m");
});

test("what the program itself has put back is left alone", () => {
  expect(after("\x1b[?25l\x1b[?2004h\x1b[?1049h", "\x1b[?1049l\x1b[?25h\x1b[?2004l").restore()).toBe("\x0f\x1b[m");
  expect(after("\x1b[?1000h\x1b[?1049h\x1b]11;#000000\x07\x1bc").restore()).toBe("\x0f\x1b[m");
});

test("the alternate screen is left only if it was entered, in the way it was entered", () => {
  expect(after("\x1b[?1049h").isAlternate).toBe(true);
  expect(after("\x1b[?1049h").restore()).toBe("\x1b[?1049l\x0f\x1b[m");
  expect(after("\x1b[?47h").restore()).toBe("\x1b[?47l\x0f\x1b[m");
});

test("each screen's keyboard protocol is popped on its own screen", () => {
  expect(after("\x1b[>1u\x1b[?1049h\x1b[>1u\x1b[>5u").restore()).toBe("\x1b[<2u\x1b[?1049l\x1b[<1u\x0f\x1b[m");
  expect(after("\x1b[>1u\x1b[>3u\x1b[<u").restore()).toBe("\x1b[<1u\x0f\x1b[m");
  expect(after("\x1b[=3;1u").restore()).toBe("\x1b[=0u\x0f\x1b[m");
});

test("scroll region, insert mode, keypad, character sets, cursor shape and other keys are put back", () => {
  const restored = after("\x1b[2;10r\x1b[4h\x1b=\x1b(0\x1b[5 q\x1b[>4;2m").restore();
  for (const part of ["\x1b7\x1b[r\x1b8", "\x1b[4l", "\x1b>", "\x1b(B", "\x1b[0 q", "\x1b[>4m"]) expect(restored).toContain(part);
  expect(after("\x1b[2;10r\x1b[r\x1b[4h\x1b[!p\x1b[5 q\x1b[ q").restore()).toBe("\x0f\x1b[m");
});

test("colours, an open link and a progress bar are put back", () => {
  const restored = after("\x1b]11;#112233\x1b\\\x1b]4;1;red\x07\x1b]8;;https://example.org\x07link\x1b]9;4;1;50\x07").restore();
  for (const part of ["\x1b]111\x1b\\", "\x1b]104\x1b\\", "\x1b]8;;\x1b\\", "\x1b]9;4;0\x1b\\"]) expect(restored).toContain(part);
  expect(after("\x1b]11;#112233\x07\x1b]111\x07\x1b]8;;x\x07y\x1b]8;;\x07").restore()).toBe("\x0f\x1b[m");
});

test("sequences are recognised however they are split", () => {
  const output = "a\x1b[?1049h\x1b]10;#fff\x1b\\\x1b[?1002h\x1b[>1u";
  const whole = after(output).restore();
  for (let cut = 1; cut < output.length; cut += 1) expect(after(output.slice(0, cut), output.slice(cut)).restore()).toBe(whole);
  expect(after(...Array.from(output)).restore()).toBe(whole);
});

test("an unfinished sequence is ended first, so that the rest is not taken for a part of it", () => {
  expect(after("\x1b[?1000h\x1b[38;5").restore()).toBe("\x18\x1b\\\x1b[?1000l\x0f\x1b[m");
  expect(after("\x1b]0;tit").restore()).toBe("\x18\x1b\\\x0f\x1b[m");
  const state = after("\x1b]0;tit");
  expect(state.interrupt()).toBe("\x18\x1b\\");
  expect(state.interrupt()).toBe("");
});

test("synchronized output is ended before anything else", () => {
  expect(after("\x1b[?1049h\x1b[?2026h").restore()).toBe("\x1b[?2026l\x1b[?1049l\x0f\x1b[m");
});

test("once put back, nothing is changed any more", () => {
  const state = after("\x1b[?1049h\x1b[?25l");
  state.restore();
  expect(state.restore()).toBe("\x0f\x1b[m");
});

test("text of other strings and of UTF-8 is never read as a sequence", () => {
  expect(after("\x1bP[?1049h\x1b\\é\x1b_\x1b[?25l").restore()).toBe("\x1b[?25h\x0f\x1b[m");
  expect(after(`\x1b]2;${"x".repeat(100_000)}\x07ok`).restore()).toBe("\x0f\x1b[m");
});

import { expect, test } from "vitest";
import { TerminalState } from "./terminal-state.ts";

function after(...pieces: readonly string[]): TerminalState {
  const state = new TerminalState();
  for (const piece of pieces) state.feed(Buffer.from(piece));
  return state;
}

test("a program that changed nothing leaves nothing to put back but the colours of text", () => {
  expect(after("hello \x1b[31mred\r\n").restore(80)).toBe("\x0f\x1b(B\x1b[m");
});

test("modes are put back to what they are in a fresh terminal", () => {
  const restored = after("\x1b[?25l\x1b[?1000;1006h\x1b[?2004h\x1b[?7l").restore(80);
  expect(restored).toBe("\x1b[?25h\x1b[?1000l\x1b[?1006l\x1b[?2004l\x1b[?7h\x0f\x1b(B\x1b[m");
});

test("what the program itself has put back is left alone", () => {
  expect(after("\x1b[?25l\x1b[?2004h\x1b[?1049h", "\x1b[?1049l\x1b[?25h\x1b[?2004l").restore(80)).toBe("\x0f\x1b(B\x1b[m");
  expect(after("\x1b[?1000h\x1b[?1049h\x1bc").restore(80)).toBe("\x0f\x1b(B\x1b[m");
});

test("the alternate screen is left only if it was entered, in the way it was entered", () => {
  expect(after("\x1b[?1049h").isAlternate).toBe(true);
  expect(after("\x1b[?1049h").restore(80)).toBe("\x1b[?1049l\x0f\x1b(B\x1b[m");
  expect(after("\x1b[?47h").restore(80)).toBe("\x1b[?47l\x0f\x1b(B\x1b[m");
});

test("each screen's keyboard protocol is popped on its own screen", () => {
  expect(after("\x1b[>1u\x1b[?1049h\x1b[>1u\x1b[>5u").restore(80)).toBe("\x1b[<2u\x1b[?1049l\x1b[<1u\x0f\x1b(B\x1b[m");
  expect(after("\x1b[>1u\x1b[>3u\x1b[<u").restore(80)).toBe("\x1b[<1u\x0f\x1b(B\x1b[m");
  expect(after("\x1b[=3;1u").restore(80)).toBe("\x1b[=0u\x0f\x1b(B\x1b[m");
});

test("scroll region, insert mode, keypad, character sets, cursor shape and other keys are put back", () => {
  const restored = after("\x1b[2;10r\x1b[4h\x1b=\x1b(0\x1b[5 q\x1b[>4;2m").restore(80);
  for (const part of ["\x1b7\x1b[r\x1b8", "\x1b[4l", "\x1b>", "\x1b(B", "\x1b[0 q", "\x1b[>4m"]) expect(restored).toContain(part);
  expect(after("\x1b[2;10r\x1b[r\x1b[4h\x1b[!p\x1b[5 q\x1b[ q").restore(80)).toBe("\x0f\x1b(B\x1b[m");
});

test("colours, an open link and a progress bar are put back", () => {
  const restored = after("\x1b]11;#112233\x1b\\\x1b]4;1;red\x07\x1b]8;;https://example.org\x07link\x1b]9;4;1;50\x07").restore(80);
  for (const part of ["\x1b]111\x1b\\", "\x1b]104\x1b\\", "\x1b]8;;\x1b\\", "\x1b]9;4;0\x1b\\"]) expect(restored).toContain(part);
  expect(after("\x1b]11;#112233\x07\x1b]111\x07\x1b]8;;x\x07y\x1b]8;;\x07").restore(80)).toBe("\x0f\x1b(B\x1b[m");
});

test("several colours in one command, and one colour of many put back", () => {
  const restored = after("\x1b]10;red;;blue\x07\x1b]4;1;red;2;blue\x07\x1b]104;1\x07").restore(80);
  for (const part of ["\x1b]110\x1b\\", "\x1b]112\x1b\\", "\x1b]104\x1b\\"]) expect(restored).toContain(part);
  expect(restored).not.toContain("\x1b]111");
});

test("tab stops come back as wide as the terminal is", () => {
  expect(after("\x1b[3g").restore(20)).toBe("\x1b7\x1b[3g\x1b[1G\x1bH\x1b[9G\x1bH\x1b[17G\x1bH\x1b8\x0f\x1b(B\x1b[m");
});

test("a keyboard protocol left on the other screen is taken back there", () => {
  expect(after("\x1b[?47h\x1b[>1u\x1b[?47l").restore(80)).toBe("\x1b[?47h\x1b[<1u\x1b[?47l\x0f\x1b(B\x1b[m");
});

test("what a full reset leaves alone is put back all the same", () => {
  expect(after("\x1b]11;#000000\x07\x1b[?25l\x1b[2;5r\x1bc").restore(80)).toBe("\x1b[?25h\x1b]111\x1b\\\x0f\x1b(B\x1b[m");
});

test("sequences are recognised however they are split", () => {
  const output = "a\x1b[?1049h\x1b]10;#fff\x1b\\\x1b[?1002h\x1b[>1u";
  const whole = after(output).restore(80);
  for (let cut = 1; cut < output.length; cut += 1) expect(after(output.slice(0, cut), output.slice(cut)).restore(80)).toBe(whole);
  expect(after(...Array.from(output)).restore(80)).toBe(whole);
});

test("an unfinished sequence is ended first, so that the rest is not taken for a part of it", () => {
  expect(after("\x1b[?1000h\x1b[38;5").restore(80)).toBe("\x18\x1b\\\x1b[?1000l\x0f\x1b(B\x1b[m");
  expect(after("\x1b]0;tit").restore(80)).toBe("\x18\x1b\\\x0f\x1b(B\x1b[m");
  const state = after("\x1b]0;tit");
  expect(state.interrupt()).toBe("\x18\x1b\\");
  expect(state.interrupt()).toBe("");
});

test("synchronized output is ended before anything else", () => {
  expect(after("\x1b[?1049h\x1b[?2026h").restore(80)).toBe("\x1b[?2026l\x1b[?1049l\x0f\x1b(B\x1b[m");
});

test("once put back, nothing is changed any more", () => {
  const state = after("\x1b[?1049h\x1b[?25l");
  state.restore(80);
  expect(state.restore(80)).toBe("\x0f\x1b(B\x1b[m");
});

test("text of other strings and of UTF-8 is never read as a sequence", () => {
  expect(after("\x1bP[?1049h\x1b\\é\x1b_\x1b[?25l").restore(80)).toBe("\x1b[?25h\x0f\x1b(B\x1b[m");
  expect(after(`\x1b]2;${"x".repeat(100_000)}\x07ok`).restore(80)).toBe("\x0f\x1b(B\x1b[m");
});

import { describe, expect, test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import type { EngineEvent } from "./engine.ts";
import { ScreenEngine } from "./screen-engine.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

type Marked = Extract<EngineEvent, { is: "mark" }>;

function open(typedAt: { line: number; columns: number } | null = null, cols = 40) {
  const marks: Marked[] = [];
  const onEvent = (event: EngineEvent): void => void (event.is === "mark" && marks.push(event));
  const engine = new ScreenEngine({ cols, rows: 6, offset: 0, snapshot: null, typedAt }, onEvent, new FakeClock());
  return { marks, engine, feed: (text: string) => engine.feed(bytes(text), true) };
}

const A = "\x1b]133;A\x07";
const B = "\x1b]133;B\x07";
const C = "\x1b]133;C\x07";
const WHOLE = `${A}$ ${B}echo hi\r\n${C}hi\r\n\x1b]133;D;0\x1b\\\x1b]7;file:///tmp/a%20b\x07${A}$ ${B}`;

describe("marks of a shell", () => {
  test("come with their offsets and lines, and with what was typed", () => {
    const { feed, marks } = open();
    feed(WHOLE);
    expect(marks.map(({ mark, place }) => [mark, place.line])).toEqual([
      [{ is: "prompt" }, 0],
      [{ is: "input" }, 0],
      [{ is: "output", text: "echo hi" }, 1],
      [{ is: "end", exitCode: 0 }, 2],
      [{ is: "directory", path: "/tmp/a b" }, 2],
      [{ is: "prompt" }, 2],
      [{ is: "input" }, 2],
    ]);
    expect(marks[0]?.offset).toBe(A.length - 1);
  });

  test("are the same wherever the output is cut", () => {
    const whole = open();
    whole.feed(WHOLE);
    for (let cut = 1; cut < WHOLE.length; cut += 1) {
      const { feed, marks } = open();
      feed(WHOLE.slice(0, cut));
      feed(WHOLE.slice(cut));
      expect(marks).toEqual(whole.marks);
    }
  });

  test.each([
    ["the editor's text, with escapes", "\x1b]633;E;a\\x3b b\\\\n;nonce\x07", { is: "text", text: "a; b\\n" }],
    ["the editor's directory", "\x1b]633;P;Cwd=/srv/x\x07", { is: "directory", path: "/srv/x" }],
    ["the editor's end", "\x1b]633;D;130\x07", { is: "end", exitCode: 130 }],
    ["an end without a code", "\x1b]133;D\x07", { is: "end", exitCode: null }],
    ["a text within the mark of the output", "\x1b]133;C;cmdline_url=ls%20%2Dl\x07", { is: "output", text: "ls -l" }],
    ["another directory", "\x1b]1337;CurrentDir=/opt\x07", { is: "directory", path: "/opt" }],
    ["a prompt that goes on", "\x1b]133;A;k=s\x07", { is: "continuation" }],
    ["a text with controls in it", "\x1b]633;E;a\\x1b[31mb\\x07\x07", { is: "text", text: "a[31mb" }],
  ])("are read: %s", (_name, output, mark) => {
    const { feed, marks } = open();
    feed(output);
    expect(marks.map((each) => each.mark)).toEqual([mark]);
  });

  test.each([
    "\x1b]7;file://elsewhere.example/tmp\x07",
    "\x1b]7;file:///%zz\x07",
    "\x1b]7;tmp\x07",
    "\x1b]633;P;Cwd=/a\\x0ab\x07",
    "\x1b]133;Z\x07",
    "\x1b]1337;SetMark\x07",
    `\x1b]1337;CurrentDir=/${"x".repeat(1001)}\x07`,
    "\x1b]133;A\x18",
  ])("are not read from %j", (output) => {
    const { feed, marks } = open();
    feed(output);
    expect(marks).toEqual([]);
  });

  test("on the alternate screen are another terminal's", () => {
    const { feed, marks } = open();
    feed(`\x1b[?1049h${WHOLE}\x1b[?1049l`);
    expect(marks.map(({ mark }) => mark.is)).toEqual(["directory"]);
  });

  test("a command over several rows and lines is read as it was typed", () => {
    const { feed, marks } = open(null, 10);
    feed(`${A}$ ${B}echo aaaabbbbcccc \\\r\n\x1b]133;A;k=s\x07> ${B}dddd\r\n${C}`);
    expect(marks.at(-1)?.mark).toEqual({ is: "output", text: "echo aaaabbbbcccc \\\ndddd" });
  });

  test("an engine that begins while something is typed knows where that began", () => {
    const first = open();
    first.feed(`${A}$ ${B}ec`);
    const { offset, data, place, cols, rows } = first.engine.snapshot(100);
    const marks: Marked[] = [];
    const typedAt = first.marks.at(-1)!.place;
    const onEvent = (event: EngineEvent): void => void (event.is === "mark" && marks.push(event));
    const second = new ScreenEngine({ cols, rows, offset, snapshot: data, place, typedAt }, onEvent, new FakeClock());
    second.feed(bytes(`ho hi\r\n${C}`), true);
    expect(marks.map(({ mark }) => mark)).toEqual([{ is: "output", text: "echo hi" }]);
  });

  test("a flood of them is thinned out, a long command is cut", () => {
    const flood = open();
    flood.feed(A.repeat(10_000));
    expect(flood.marks.length).toBeGreaterThan(256);
    expect(flood.marks.length).toBeLessThan(256 + (10_000 * A.length) / 64 + 1);
    const long = open();
    long.feed(`\x1b]633;E;${"x".repeat(5_000)}\x07`);
    expect(long.marks[0]?.mark).toEqual({ is: "text", text: "x".repeat(1_000) });
  });
});

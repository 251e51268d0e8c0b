import { describe, expect, test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { lineOutput, seededRandom } from "../testing/recordings.ts";
import type { EngineEvent } from "./engine.ts";
import { ScreenEngine } from "./screen-engine.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const ST = "\x1b\\";

function open(options: { readonly offset?: number; readonly snapshot?: Uint8Array } = {}) {
  const clock = new FakeClock();
  const events: EngineEvent[] = [];
  const start = { cols: 40, rows: 6, offset: options.offset ?? 0, snapshot: options.snapshot ?? null };
  const engine = new ScreenEngine(start, (event) => events.push(event), clock);
  return { engine, events, clock };
}

function answersTo(output: string): string[] {
  const { engine, events } = open();
  engine.feed(bytes(output), true);
  return events.map((event) => (event.is === "answer" ? new TextDecoder().decode(event.data) : event.is));
}

describe("answers to queries", () => {
  test.each([
    ["primary attributes", "\x1b[c", "\x1b[?1;2c"],
    ["secondary attributes", "\x1b[>c", "\x1b[>0;276;0c"],
    ["status", "\x1b[5n", "\x1b[0n"],
    ["the cursor", "ab\x1b[6n", "\x1b[1;3R"],
    ["the cursor behind an emoji, two columns wide", "👍\x1b[6n", "\x1b[1;3R"],
    ["a private mode", "\x1b[?2004$p", "\x1b[?2004;2$y"],
    ["a mode", "\x1b[4$p", "\x1b[4;2$y"],
    ["a setting", `\x1bP$qm${ST}`, `\x1bP1$r0m${ST}`],
    ["the foreground", "\x1b]10;?\x07", "\x1b]10;rgb:e6e6/e6e6/e6e6\x07"],
    ["the background, with ST", `\x1b]11;?${ST}`, `\x1b]11;rgb:1212/1414/1818${ST}`],
    ["several colours", "\x1b]10;?;?\x07", "\x1b]10;rgb:e6e6/e6e6/e6e6\x07\x1b]11;rgb:1212/1414/1818\x07"],
    ["the palette", "\x1b]4;1;?;255;?\x07", "\x1b]4;1;rgb:cccc/0000/0000\x07\x1b]4;255;rgb:eeee/eeee/eeee\x07"],
    ["the version", "\x1b[>0q", "\x1bP>|xterm.js(6.0.0)\x1b\\"],
    ["the size", "\x1b[18t", "\x1b[8;6;40t"],
    ["introduced by a C1 control", "\u009b5n", "\x1b[0n"],
  ])("%s", (_name, query, answer) => {
    expect(answersTo(query)).toEqual([answer]);
  });

  test.each(["\x1b[?u", "\x1b[=c", "\x1b]4;256;?\x07", "\x1b]10;#fff\x07", "\x1b[31m", "\x1b[14t", "\x1b]0c\x07"])(
    "%j is met with silence",
    (output) => {
      expect(answersTo(output).filter((answer) => answer !== "title")).toEqual([]);
    },
  );

  test("colours are those of the screen that was told of, and of the program where it set its own", () => {
    const { engine, events } = open();
    engine.recolour({
      foreground: "#000000",
      background: "#fefdfb",
      cursor: "#14795c",
      palette: Array.from({ length: 16 }, () => "#0a0b0c"),
    });
    engine.feed(
      bytes("\x1b]4;3;rgb:ff/00/80\x07\x1b]11;?\x07\x1b]4;2;?;3;?\x07\x1b]12;#123456\x07\x1b]12;?\x07\x1b]112\x07\x1b]12;?\x07"),
      true,
    );
    expect(events.map((event) => (event.is === "answer" ? new TextDecoder().decode(event.data) : event.is))).toEqual([
      "\x1b]11;rgb:fefe/fdfd/fbfb\x07",
      "\x1b]4;2;rgb:0a0a/0b0b/0c0c\x07\x1b]4;3;rgb:ffff/0000/8080\x07",
      "\x1b]12;rgb:1212/3434/5656\x07",
      "\x1b]12;rgb:1414/7979/5c5c\x07",
    ]);
  });

  test("each answer carries the offset of its query's last byte, however the output was cut", () => {
    const parts = ["漢字 \x1b[6", "n text \x1b]11;?", `${ST}\x1b[1mx\x1b[c`, `\x1b]10;?\x1b[5n`, `\x1bP$qr${ST} end`];
    const output = bytes(parts.join(""));
    const told = (cuts: readonly number[]) => {
      const { engine, events } = open({ offset: 1000 });
      let from = 0;
      for (const to of [...cuts, output.length]) {
        engine.feed(output.slice(from, to), true);
        from = to;
      }
      return events;
    };
    const whole = told([]);
    expect(whole.map((event) => (event.is === "answer" ? event.offset : event.is))).toEqual([1010, 1024, 1032, 1038, 1042, 1049]);
    expect(told(Array.from(output, (_, index) => index))).toEqual(whole);
    const random = seededRandom(7);
    for (let count = 0; count < 200; count++) {
      const cuts = Array.from({ length: 4 }, () => random(output.length)).toSorted((a, b) => a - b);
      expect(told(cuts)).toEqual(whole);
    }
  });

  test("come at most a thousand a second", () => {
    const { engine, events, clock } = open();
    engine.feed(bytes("\x1b[5n".repeat(1500)), true);
    expect(events).toHaveLength(1000);
    clock.advance(1000);
    engine.feed(bytes("\x1b[5n"), true);
    expect(events).toHaveLength(1001);
  });
});

describe("what a program wants to be noticed", () => {
  test("a bell is told, but not the one that ends a string", () => {
    const { engine, events } = open({ offset: 5 });
    engine.feed(bytes("ab\x07\x1b]112\x07c"), true);
    expect(events).toEqual([{ is: "bell", offset: 7 }]);
  });

  test.each([
    ["\x1b]9;tests passed\x07", "tests passed"],
    [`\x1b]777;notify;Build;done; really${ST}`, "Build: done; really"],
    [`\x1b]777;notify;;done${ST}`, "done"],
    [`\x1b]99;i=1;Hello${ST}`, "Hello"],
    ["\x1b]9;one\ntwo\u2028x\u202ey\x07", "one two x y"],
    [`\x1b]9;${"é".repeat(300)}\x07`, "é".repeat(256)],
  ])("%j is a notification", (output, text) => {
    const { engine, events } = open();
    engine.feed(bytes(output), false);
    expect(events).toEqual([{ is: "notification", offset: bytes(output).length - 1, text }]);
  });

  test.each([
    "\x1b]9;4;1;50\x07",
    "\x1b]9;4\x07",
    "\x1b]777;precmd\x07",
    `\x1b]99;p=?;${ST}`,
    `\x1b]99;e=1;SGk=${ST}`,
    "\x1b]9;\x07",
    "\x1b]9;cut\x18",
  ])("%j is none", (output) => {
    const { engine, events } = open();
    engine.feed(bytes(output), true);
    expect(events).toEqual([]);
  });

  test("bells and notifications come at most ten times a second each", () => {
    const { engine, events, clock } = open();
    engine.feed(bytes("\x07".repeat(100) + "\x1b]9;x\x07".repeat(100)), true);
    expect(events).toHaveLength(20);
    clock.advance(1000);
    engine.feed(bytes("\x07"), true);
    expect(events).toHaveLength(21);
  });
});

describe("titles", () => {
  test("a change is told once, without controls", () => {
    const { engine, events } = open();
    engine.feed(bytes("\x1b]0;one\x07\x1b]2;one\x07\x1b]2;t\u2029wo\x07\x1b]1;icon\x07"), true);
    expect(events).toEqual([
      { is: "title", title: "one" },
      { is: "title", title: "t wo" },
    ]);
  });

  test("of many, the last is told when time has passed", () => {
    const { engine, events, clock } = open();
    for (let count = 0; count < 50; count++) engine.feed(bytes(`\x1b]2;spinner ${count}\x07`), true);
    expect(events).toHaveLength(10);
    clock.advance(1000);
    expect(events).toHaveLength(11);
    expect(events.at(-1)).toEqual({ is: "title", title: "spinner 49" });
    expect(clock.pending).toBe(0);
  });

  test("an engine opened from a snapshot knows the title and does not tell it again", () => {
    const first = open();
    first.engine.feed(bytes("\x1b]2;vim\x07text"), true);
    const second = open({ snapshot: first.engine.snapshot(10).data });
    expect(second.engine.snapshot(10).data).toEqual(first.engine.snapshot(10).data);
    second.engine.feed(bytes("\x1b]2;vim\x07"), true);
    expect(second.events).toEqual([]);
  });

  test("a closed engine tells nothing more", () => {
    const { engine, events, clock } = open();
    for (let count = 0; count < 50; count++) engine.feed(bytes(`\x1b]2;${count}\x07`), true);
    engine.close();
    clock.advance(1000);
    expect(events).toHaveLength(10);
  });
});

test("arbitrary bytes harm nothing", () => {
  const random = seededRandom(99);
  const { engine } = open();
  for (let round = 0; round < 300; round++) {
    const noise = Uint8Array.from({ length: 1 + random(400) }, () =>
      random(3) === 0 ? [0x1b, 0x5b, 0x5d, 0x50, 0x9b, 0xc2, 0x07][random(7)]! : random(256),
    );
    engine.feed(noise, true);
    if (round % 10 === 0) engine.snapshot(50);
    if (round % 50 === 0) engine.resize(1 + random(90), 1 + random(30));
    engine.feed(lineOutput(round, 200), true);
  }
  engine.feed(bytes("\x18\x1bc\r\nalive"), true);
  expect(engine.lines(0)).toContain("alive");
});

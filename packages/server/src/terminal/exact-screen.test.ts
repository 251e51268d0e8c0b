import type { Terminal } from "@xterm/headless";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { systemClock } from "../platform/clock.ts";
import { cutAt, PlayedScreen, type Step } from "../testing/screen/cut.ts";
import { difference } from "../testing/screen/engine-state.ts";
import { spell, stream } from "../testing/screen/grammar.ts";
import { MORE_FOR_MUTANTS, PROBES } from "../testing/screen/probes.ts";
import { ScreenEngine } from "./screen-engine.ts";
import { writeSnapshot } from "./screen-snapshot.ts";
import type { Cell, ScreenBuffer, ScreenState } from "./screen-state.ts";
import { checkCore } from "./xterm-core.ts";
import { XtermScreen } from "./xterm-screen.ts";

const SIZE = { cols: 40, rows: 8 };
const SCROLLBACK = 30;
/** More, and with another seed, by hand: EXACT_RUNS=20000 EXACT_SEED=7 */
const RUNS = Number(process.env.EXACT_RUNS ?? 1200);
const SEED = Number(process.env.EXACT_SEED ?? 20_261_121);

const bytes = (text: string) => new TextEncoder().encode(text);

function moved(before: Uint8Array, after: Uint8Array) {
  const steps: Step[] = [before, after];
  const { atRestore, atEnd, excuses } = cutAt(SIZE, steps, { step: 0, byte: before.length }, SCROLLBACK);
  return { atRestore, atEnd, excuses };
}

const EXACT = { atRestore: {}, atEnd: {}, excuses: [] };

describe("a terminal restored from a snapshot is the one that stayed, in every field:", () => {
  test.each(PROBES)("%s", (_name, before, after) => {
    expect(moved(bytes(before), bytes(after))).toEqual(EXACT);
  });

  test("half a character", () => {
    expect(moved(Uint8Array.of(0x61, 0xe2, 0x82), Uint8Array.of(0xac, 0x62))).toEqual(EXACT);
  });

  test("broken characters inside of a sequence", () => {
    expect(moved(Uint8Array.of(0x1b, 0x5b, 0x33, 0xe2), Uint8Array.of(0x31, 0x6d, 0x62))).toEqual(EXACT);
  });

  test("there are at least sixty of these states", () => expect(PROBES.length).toBeGreaterThanOrEqual(60));
});

test("any output, cut anywhere and resized anywhere, goes on as if it had not been cut", () => {
  const excused: Record<string, number> = {};
  fc.assert(
    fc.property(stream(40), (made) => {
      const { atRestore, atEnd, excuses } = cutAt(made.size, made.steps, made.cut, 20);
      for (const excuse of excuses) excused[excuse] = (excused[excuse] ?? 0) + 1;
      const found = excuses.length > 0 ? {} : { ...atRestore, ...atEnd };
      expect([spell(made), found]).toEqual([spell(made), {}]);
    }),
    { numRuns: RUNS, seed: SEED },
  );
  expect(Object.values(excused).reduce((sum, count) => sum + count, 0)).toBeLessThan(RUNS / 50 + 5);
});

/** Everything that a snapshot is made from, with what it would be if it were forgotten. */
const MUTANTS: Readonly<Record<string, (state: ScreenState) => Partial<ScreenState>>> = {
  isAlternate: () => ({ isAlternate: false }),
  "pen.fg": ({ pen }) => ({ pen: { ...pen, fg: pen.fg & 0x10000000 } }),
  "pen.bg": ({ pen }) => ({ pen: { ...pen, bg: pen.bg & 0x10000000 } }),
  "pen.underline": ({ pen }) => ({ pen: { ...pen, underline: pen.underline > 0 ? 1 : 0 } }),
  "pen.underlineColour": ({ pen }) => ({ pen: { ...pen, underlineColour: 0 } }),
  "pen.link": ({ pen }) => ({ pen: { ...pen, link: 0 } }),
  charsets: () => ({ charsets: [null, null, null, null] }),
  shift: () => ({ shift: 0 }),
  charset: ({ charsets, shift }) => ({ charset: charsets[shift] ?? null }),
  printedWidth: () => ({ printedWidth: 0 }),
  hasJoined: ({ hasJoined }) => ({ hasJoined: !hasJoined }),
  title: () => ({ title: "" }),
  icon: () => ({ icon: "" }),
  colours: () => ({ colours: new Map() }),
  link: () => ({ link: () => null }),
  widthOf: () => ({ widthOf: () => 1 }),
  ...Object.fromEntries(
    [1, 45, 66, 9, 1000, 1002, 1003, 1004, 1006, 1016, 2004, 2026].map((mode) => [
      `modes.on ${mode}`,
      ({ modes }: ScreenState) => ({ modes: { ...modes, on: modes.on.filter((each) => each !== mode) } }),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries({
      isInserting: false,
      isOrigin: false,
      isWrapping: true,
      isCursorHidden: false,
      isNewLine: false,
      isBlinkOption: false,
      cursorShape: 0,
      cursorBlinks: undefined,
      otherKeys: null,
    }).map(([name, value]) => [`modes.${name}`, ({ modes }: ScreenState) => ({ modes: { ...modes, [name]: value } })]),
  ),
  ...ofBuffer("column", { column: 0 }),
  ...ofBuffer("row", { row: 0 }),
  ...ofBuffer("marginTop", { marginTop: 0 }),
  ...ofBuffer("marginBottom", { marginBottom: SIZE.rows - 1 }),
  ...ofBuffer("tabStops", { tabStops: [0, 8, 16, 24, 32] }),
  ...ofBuffer("keyboard", { keyboard: { flags: 0, pushed: [] } }),
  ...ofBuffer("isWrapped", { isWrapped: () => false }),
  ...["column", "line", "fg", "bg"].reduce((all, name) => ({ ...all, ...ofSaved(name, 0) }), {}),
  ...ofSaved("charset", null),
  ...["fg", "bg", "underline", "underlineColour", "link"].reduce((all, name) => ({ ...all, ...ofCells(name, 0) }), {}),
  ...ofCells("text", "?"),
  ...ofCells("width", 1),
};

function ofBuffer(name: string, change: Partial<ScreenBuffer>): Record<string, (state: ScreenState) => Partial<ScreenState>> {
  return {
    [`active ${name}`]: (state) =>
      state.isAlternate ? { alternate: { ...state.alternate, ...change } } : { normal: { ...state.normal, ...change } },
  };
}

function ofSaved(name: string, value: unknown): Record<string, (state: ScreenState) => Partial<ScreenState>> {
  return {
    [`saved ${name}`]: ({ normal }) => ({ normal: { ...normal, saved: { ...normal.saved, [name]: value } } }),
    [`other screen's saved ${name}`]: ({ alternate }) => ({ alternate: { ...alternate, saved: { ...alternate.saved, [name]: value } } }),
  };
}

function ofCells(name: string, value: unknown): Record<string, (state: ScreenState) => Partial<ScreenState>> {
  const change = (cell: Cell): Cell => (cell.text === "" && name === "text" ? cell : { ...cell, [name]: value });
  return {
    [`cells' ${name}`]: ({ normal }) => ({ normal: { ...normal, read: (line) => normal.read(line)?.map(change) ?? null } }),
  };
}

describe("a snapshot that leaves out is found out:", () => {
  const screens = [...PROBES.map(([, before]) => before), ...MORE_FOR_MUTANTS].map((before) => {
    const screen = new PlayedScreen(SIZE, SCROLLBACK);
    screen.play(bytes(before));
    return screen;
  });

  /** Field by field, so that none is forgotten here that is added there. */
  test("every field of the state has a mutant", () => {
    const { state } = screens[0]!.screen;
    const known = Object.keys(MUTANTS).map((name) => name.split(/[ .]/)[name.startsWith("active") ? 1 : 0]);
    const fields = Object.keys(state).filter((field) => !["cols", "rows", "normal", "alternate", "modes", "pen"].includes(field));
    for (const field of fields) expect(known).toContain(field);
    const ofScreen = Object.keys(state.normal).filter((field) => !["base", "saved", "read"].includes(field));
    for (const field of ofScreen) expect(known).toContain(field);
    for (const field of Object.keys(state.modes)) expect(Object.keys(MUTANTS).join()).toContain(`modes.${field}`);
    for (const field of Object.keys(state.normal.saved)) expect(MUTANTS).toHaveProperty([`saved ${field}`]);
    for (const field of Object.keys(state.normal.read(0)![0]!)) expect(MUTANTS).toHaveProperty([`cells' ${field}`]);
  });

  test.each(Object.entries(MUTANTS))("%s", (_name, mutate) => {
    const isFound = screens.some((stayed) => {
      const { state } = stayed.screen;
      const restored = new PlayedScreen(SIZE, SCROLLBACK);
      restored.play(bytes(writeSnapshot({ ...state, ...mutate(state) }, SCROLLBACK)));
      const found = Object.keys(difference(stayed.state(), restored.state()));
      restored.close();
      return found.length > 0;
    });
    expect(isFound).toBe(true);
  });
});

describe("what is hostile or too large", () => {
  test.each([
    ["rows to insert", "\x1b[2147483647L"],
    ["rows to delete", "\x1b[2147483647M"],
    ["lines to scroll up", "\x1b[2147483647S"],
    ["lines to scroll down", "\x1b[2147483647T"],
    ["tabs", "\x1b[2147483647I\x1b[2147483647Z"],
    ["copies of a character", "x\x1b[2147483647b"],
    ["columns to insert, delete, erase", "abc\r\x1b[2147483647@\x1b[2147483647P\x1b[2147483647X\x1b[2147483647'}"],
    ["erasing up to the last cell", "\x1b[999;999H\x1b[1J"],
    ["erasing what is unprotected up to the last cell", "\x1b[999;999H\x1b[?1J"],
  ])("%s harm nothing", (_name, output) => {
    const startedMs = performance.now();
    expect(moved(bytes(`text${output}`), bytes("\x1b[m\x1b[1;1Halive"))).toEqual(EXACT);
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  test("a hundred megabytes without a new line take no more memory than a screen", () => {
    const engine = new ScreenEngine({ ...SIZE, offset: 0, snapshot: null }, () => {}, systemClock);
    const block = new Uint8Array(1024 * 1024).fill(0x78);
    const before = process.memoryUsage();
    for (let count = 0; count < 100; count++) engine.feed(block, false);
    expect(process.memoryUsage().rss - before.rss).toBeLessThan(150 * 1024 * 1024);
    expect(engine.snapshot(0).data.length).toBeLessThan(32 * 1024);
  });

  test("a title of many megabytes leaves the screen as it was, and the snapshot small", () => {
    const engine = new ScreenEngine({ ...SIZE, offset: 0, snapshot: null }, () => {}, systemClock);
    engine.feed(bytes("seen\x1b]2;"), false);
    const block = new Uint8Array(1024 * 1024).fill(0x78);
    for (let count = 0; count < 20; count++) engine.feed(block, false);
    expect(engine.snapshot(0).data.length).toBeLessThan(1024);
    engine.feed(bytes("\x07 still"), false);
    expect(engine.lines(0)).toEqual(["seen still"]);
  });

  test("bytes that are no UTF-8 go on as if they had not been cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (noise, at) => {
        const cut = Math.min(at, noise.length);
        const { atRestore, atEnd, excuses } = cutAt(SIZE, [noise], { step: 0, byte: cut }, SCROLLBACK);
        expect(excuses.length > 0 ? {} : { ...atRestore, ...atEnd }).toEqual({});
      }),
      { numRuns: 300, seed: SEED },
    );
  });
});

test("an emulator of another version is refused by the name of the field that is missing", () => {
  const { terminal } = new XtermScreen(10, 1, 1);
  const core = (terminal as unknown as { readonly _core: Record<string, unknown> })._core;
  Reflect.deleteProperty(core.coreMouseService as object, "_activeEncoding");
  expect(() => checkCore(() => terminal)).toThrow("coreMouseService.activeEncoding");
  expect(() => checkCore(() => ({ _core: {}, dispose() {} }) as unknown as Terminal)).toThrow("writeSync");
  expect(() => checkCore(() => new XtermScreen(10, 1, 1).terminal)).not.toThrow();
});

describe("what is excused is the emulator's own:", () => {
  test("links: a link is forgotten with the rows it was written in, though its text was moved out of them", () => {
    const screen = new XtermScreen(10, 4, 10);
    screen.write("\x1b[2;3r\x1b[3;1H\x1b]8;;e:x\x1b\\link\x1b]8;;\x1b\\");
    screen.write("\n"); // the region scrolls: the text is in the second row now, the emulator still counts the third
    screen.write("\x1b[r\x1b[2;9H\x1b[J");
    const { text, link } = screen.state.normal.read(1)![0]!;
    expect([text, screen.state.link(link)]).toEqual(["l", null]);
  });

  test("misfit: a mark after a wide character that did not fit joins what stands before, and makes it wide", () => {
    const screen = new XtermScreen(10, 4, 10);
    screen.write("\x1b[?7labcdefghi漢\u0301");
    expect(
      screen.state.normal
        .read(0)!
        .slice(8)
        .map(({ text, width }) => [text, width]),
    ).toEqual([
      ["i\u0301", 2],
      ["", 1],
    ]);
  });

  test("waiting: a wrap waits behind a blank when rows are moved under the cursor", () => {
    const screen = new XtermScreen(10, 4, 10);
    screen.write("\x1b[?1049hab\r\n0123456789\x1b[T");
    const { column, row, base } = screen.state.alternate;
    expect([column, screen.state.alternate.read(base + row)![9]!.text]).toEqual([10, ""]);
  });
});

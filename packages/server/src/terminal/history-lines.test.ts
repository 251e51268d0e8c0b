import { type LinePlace, firstWholeNumber, LINE_COLUMNS, lineText, type StyledLines } from "@perdure/protocol";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import type { EngineStart } from "./engine.ts";
import type { Wanted } from "./gatherer.ts";
import { ScreenEngine } from "./screen-engine.ts";
import { XtermScreen } from "./xterm-screen.ts";

/** So little that rows leave all the time. */
const SCROLLBACK = 8;
/** So much that no resize brings back what has left: a terminal that keeps everything would. */
const LARGE_SCROLLBACK = 60;
const ALL: Wanted = { is: "lines", from: 0, to: 1_000_000 };
const ESC = "\x1b";

type Step = { readonly is: "print"; readonly text: string } | { readonly is: "size"; readonly cols: number; readonly rows: number };

interface Kept {
  /** Steps before it. */
  readonly step: number;
  readonly start: EngineStart;
  readonly place: LinePlace;
}

const print = (text: string): Step => ({ is: "print", text });

function open(start: Partial<EngineStart>, wants?: Wanted, scrollback: number = SCROLLBACK): ScreenEngine {
  const all = { cols: 20, rows: 6, offset: 0, snapshot: null, ...start, ...(wants ? { wants } : {}) };
  return new ScreenEngine(all, () => undefined, new FakeClock(), scrollback);
}

function take(engine: ScreenEngine, step: Step): void {
  if (step.is === "print") engine.feed(new TextEncoder().encode(step.text), false);
  else engine.resize(step.cols, step.rows);
}

function linesOf(engine: ScreenEngine): StyledLines {
  const { gathered } = engine.gathered(true);
  if (gathered?.is !== "lines") throw new Error("no lines were gathered");
  return gathered.lines;
}

function textsOf(lines: StyledLines): string[] {
  return lines.lines.map((line) => lineText(line).trimEnd());
}

/** One engine for everything. */
function whole(steps: readonly Step[], scrollback?: number): StyledLines {
  const engine = open({}, ALL, scrollback);
  for (const step of steps) take(engine, step);
  return linesOf(engine);
}

/** What a server keeps: a snapshot wherever `cuts` says, each from an engine that was restored from the one before. */
function keep(steps: readonly Step[], cuts: readonly boolean[]): Kept[] {
  const kept: Kept[] = [];
  let engine = open({});
  for (const [step, each] of steps.entries()) {
    take(engine, each);
    if (cuts[step] !== true) continue;
    const { cols, rows, data, place } = engine.snapshot(SCROLLBACK);
    const start = { cols, rows, offset: 0, snapshot: data, place };
    kept.push({ step: step + 1, start, place });
    engine = open(start);
  }
  return kept;
}

/** Lines read as a server reads them: from the last snapshot that holds the first of them. */
function read(steps: readonly Step[], kept: readonly Kept[], from: number, to: number): StyledLines {
  const at = kept.findLast(({ place }) => firstWholeNumber(place) <= from);
  const engine = open(at?.start ?? {}, { is: "lines", from, to });
  for (const step of steps.slice(at?.step ?? 0)) take(engine, step);
  return linesOf(engine);
}

const letters = (from: string) => fc.constantFrom(...Array.from(from));
/** What every terminal does alike, however much it keeps. */
const plain = fc.oneof(
  { weight: 6, arbitrary: fc.string({ minLength: 1, maxLength: 12, unit: letters("abcdef ghi") }) },
  { weight: 6, arbitrary: fc.constant("\r\n") },
  { weight: 2, arbitrary: fc.string({ minLength: 20, maxLength: 70, unit: letters("xyz0123") }) },
  { weight: 1, arbitrary: fc.constantFrom("e\u0301", `${ESC}[31mred${ESC}[0m`, `${ESC}[44m  ${ESC}[K${ESC}[0m`) },
  { weight: 1, arbitrary: fc.constantFrom(`${ESC}[H${ESC}[2J`, `${ESC}[A`, `${ESC}[2K`, "\t", "\r") },
  { weight: 1, arbitrary: fc.constantFrom(`${ESC}[1;4r`, `${ESC}[r`) },
);
const piece = fc.oneof(
  { weight: 16, arbitrary: plain },
  { weight: 1, arbitrary: fc.constantFrom("漢字かな", "🙂🙂") },
  { weight: 1, arbitrary: fc.constantFrom(`${ESC}[3J`, `${ESC}c`, `${ESC}M`) },
  { weight: 1, arbitrary: fc.constantFrom(`${ESC}[L`, `${ESC}[2M`, `${ESC}[3S`, `${ESC}[T`) },
);
const size = fc.record({ is: fc.constant("size" as const), cols: fc.integer({ min: 8, max: 30 }), rows: fc.integer({ min: 3, max: 9 }) });
const step = fc.oneof(
  { weight: 8, arbitrary: fc.array(piece, { minLength: 1, maxLength: 25 }).map((pieces): Step => print(pieces.join(""))) },
  { weight: 2, arbitrary: size },
  { weight: 1, arbitrary: fc.array(piece, { maxLength: 8 }).map((on): Step => print(`${ESC}[?1049h${on.join("")}${ESC}[?1049l`)) },
);
const stream = fc.array(step, { minLength: 1, maxLength: 40 });
const cuts = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });

describe("the lines of a history", () => {
  it("have the same numbers and texts from whichever snapshot they are read, at any cut", () => {
    fc.assert(
      fc.property(stream, cuts, fc.nat(120), fc.integer({ min: 1, max: 60 }), (steps, where, start, count) => {
        const all = whole(steps);
        const from = Math.min(start, all.lines.length);
        const some = read(steps, keep(steps, where), from, from + count);
        // How many blank rows are below the cursor is no part of the lines.
        expect(withoutBlankEnd(textsOf(some))).toEqual(withoutBlankEnd(textsOf(all).slice(from, from + count)));
      }),
      { numRuns: 300 },
    );
  });

  it("are those of one terminal with unlimited scrollback", () => {
    const printing = fc.array(plain, { minLength: 1, maxLength: 25 }).map((pieces): Step => print(pieces.join("")));
    const steps = fc.array(fc.oneof({ weight: 8, arbitrary: printing }, { weight: 1, arbitrary: size }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(steps, (given) => {
        expect(withoutBlankEnd(textsOf(whole(given, LARGE_SCROLLBACK)))).toEqual(unlimited(given));
      }),
      { numRuns: 300 },
    );
  });
});

/** Rows joined as their marks say, counted by nobody. */
function unlimited(steps: readonly Step[]): readonly string[] {
  const screen = new XtermScreen(20, 6, 100_000);
  for (const each of steps) {
    if (each.is === "print") screen.write(each.text);
    else screen.terminal.resize(each.cols, each.rows);
  }
  const { normal } = screen.terminal.buffer;
  const lines: string[] = [];
  for (let row = 0; row < normal.length; row++) {
    const line = normal.getLine(row)!;
    const isWide =
      normal.getLine(row + 1)?.isWrapped === true &&
      normal
        .getLine(row + 1)
        ?.getCell(0)
        ?.getWidth() === 2;
    const isBlank = line.getCell(screen.terminal.cols - 1)?.getCode() === 0 && line.getCell(screen.terminal.cols - 1)?.getWidth() === 1;
    const text = line.translateToString(false, 0, isWide && isBlank ? screen.terminal.cols - 1 : screen.terminal.cols);
    if (line.isWrapped) lines[lines.length - 1] += text;
    else lines.push(text);
  }
  return withoutBlankEnd(lines.map((line) => line.trimEnd()));
}

function withoutBlankEnd(lines: readonly string[]): readonly string[] {
  return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
}

describe("a line that is too long for one number", () => {
  it("counts as several, divided at the same columns at every width", () => {
    const text = Array.from({ length: LINE_COLUMNS * 2 + 100 }, (_, at) => String.fromCharCode(97 + (at % 26))).join("");
    const narrow = whole([print(text), print("\r\nnext\r\n".repeat(80))]);
    const wide = whole([{ is: "size", cols: 133, rows: 6 }, print(text), print("\r\nnext\r\n".repeat(80))]);
    expect(textsOf(narrow).slice(0, 4)).toEqual([
      text.slice(0, LINE_COLUMNS),
      text.slice(LINE_COLUMNS, 2 * LINE_COLUMNS),
      text.slice(2 * LINE_COLUMNS),
      "next",
    ]);
    expect(textsOf(wide)).toEqual(textsOf(narrow));
    expect(narrow.continued).toEqual([1, 2]);
  });
});

/** Reads from a snapshot taken behind the first steps. */
function readBehind(before: readonly Step[], behind: readonly Step[]): { readonly place: LinePlace; readonly texts: readonly string[] } {
  const first = open({});
  for (const each of before) take(first, each);
  const { cols, rows, data, place } = first.snapshot(SCROLLBACK);
  const engine = open({ cols, rows, snapshot: data, place }, { is: "lines", from: firstWholeNumber(place), to: 1_000 });
  for (const each of behind) take(engine, each);
  return { place, texts: textsOf(linesOf(engine)) };
}

describe("numbers go on behind a snapshot", () => {
  it("that begins within a line, too long for one number", () => {
    const columns = LINE_COLUMNS + 1_000;
    const { place, texts } = readBehind([print("x".repeat(columns))], [print("\r\nfirst\r\nsecond\r\n")]);
    expect(place).toEqual({ line: 0, columns: Math.floor(columns / 20) * 20 - 13 * 20 });
    expect(texts.slice(0, 2)).toEqual(["first", "second"]);
  });

  it("where the program has cleared what was above the screen, within a line", () => {
    const { place, texts } = readBehind([print(`${"x".repeat(150)}${ESC}[3J${ESC}[H${ESC}[2J`)], [print("new\r\n")]);
    expect(place).toEqual({ line: 1, columns: 0 });
    expect(texts[0]).toBe("new");
  });
});

describe("no line is lost", () => {
  const long = Array.from({ length: 40 }, (_, at) => `${at} `.repeat(15).trimEnd());

  it("when a resize makes rows longer and fewer, before they leave", () => {
    const steps: Step[] = [print(long.join("\r\n")), { is: "size", cols: 30, rows: 3 }, print("\r\nend\r\n".repeat(20))];
    expect(textsOf(whole(steps)).slice(0, 39)).toEqual(long.slice(0, 39));
  });

  it("when a resize makes more rows than the terminal keeps", () => {
    const steps: Step[] = [print(`${long.join("\r\n")}\r\n`), { is: "size", cols: 6, rows: 6 }, print("end\r\n".repeat(20))];
    expect(textsOf(whole(steps)).slice(0, 40)).toEqual(long);
  });

  it("when it leaves a region above rows that stay", () => {
    const scrolled = Array.from({ length: 30 }, (_, at) => `in ${at}`);
    const steps = [
      print(`${"above\r\n".repeat(30)}${ESC}[1;4r${ESC}[4;1H${ESC}[2K${scrolled.join("\r\n")}${ESC}[r${ESC}[6;1H${"\r\nend".repeat(20)}`),
    ];
    expect(textsOf(whole(steps)).filter((text) => text.startsWith("in "))).toEqual(scrolled);
  });
});

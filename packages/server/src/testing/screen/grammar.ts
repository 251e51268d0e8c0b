/**
 * Output made of every sequence that the emulator knows, as a fast-check arbitrary: text of several widths, cursor, erasing, scrolling,
 * modes, attributes, links, character sets, strings; also noise and sequences that are broken off.
 */
import fc from "fast-check";
import type { Cut, Size, Step } from "./cut.ts";

const ESC = "\x1b";
const CSI = "\x1b[";
const ST = "\x1b\\";

const TEXTS = [
  "a",
  "hello ",
  "x",
  "0123456789",
  "e\u0301",
  "\u0301",
  "\u0302\u0308",
  "漢",
  "漢字かな",
  "👍",
  "👨\u200d👩",
  "é",
  "─│",
  "q",
  "`j~",
  "한글",
  "\u200b",
  "👍\ufe0f",
];
const CONTROLS = ["\r", "\n", "\r\n", "\b", "\t", "\x0b", "\x0c", "\x0e", "\x0f", "\x07", "\x00", "\x7f"];
const ESCAPES = ["7", "8", "D", "E", "H", "M", "=", ">", "n", "o", "|", "}", "~", "#8", "%@", "%G", "\\", "c", "Z", "Q"];
const CHARSET_FINALS = ["0", "A", "B", "4", "C", "5", "R", "Q", "K", "Y", "E", "6", "Z", "H", "7", "="];
const ERASERS = ["J", "1J", "2J", "K", "1K", "2K", "?J", "?1J", "?2J", "?K", "?1K", "?2K", "3J"];
const EDITORS = ["@", "P", "L", "M", "X", "S", "T", " @", " A", "'}", "'~", "b"];
const MOVERS = ["A", "B", "C", "D", "E", "F", "G", "I", "Z", "`", "a", "d", "e"];
const PRIVATE_MODES = [1, 6, 7, 7, 12, 25, 45, 66, 9, 1000, 1002, 1003, 1004, 1006, 1016, 2004, 2026, 47, 1047, 1048, 1049, 1049, 2, 3];
const SGR = [
  "0",
  "1",
  "2",
  "3",
  "4",
  "5",
  "7",
  "8",
  "9",
  "21",
  "22",
  "23",
  "24",
  "25",
  "27",
  "28",
  "29",
  "53",
  "55",
  "59",
  "4:0",
  "4:1",
  "4:2",
  "4:3",
  "4:4",
  "4:5",
  "39",
  "49",
];
const COLOURS = [
  "31",
  "37",
  "44",
  "92",
  "101",
  "38;5;200",
  "48;5;17",
  "38;2;10;200;30",
  "48;2;1;2;3",
  "38:2::9:8:7",
  "58:5:9",
  "58:2::4:5:6",
];
const LINKS = ["8;;http://a.example/", "8;id=one;http://b.example/", "8;id=one;http://c.example/", "8;;"];
const STRINGS = [
  "0;both",
  "1;icon",
  "2;title",
  "2;",
  "2;t\u00eftle; more",
  "4;1;rgb:11/22/33",
  "4;300;#123456",
  "4;7;#abc;8;#def",
  "10;#102030",
  "11;rgb:1/2/3",
  "12;#fff",
  "104",
  "104;1",
  "110",
  "111",
  "112",
  "133;A",
  "7;file://h/p",
  "9;note",
];

const small = fc.integer({ min: 0, max: 12 });
const any = fc.oneof({ weight: 6, arbitrary: small }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 300 }) });
const from = (values: readonly string[]) => fc.constantFrom(...values);

const sgr = fc.array(fc.oneof({ weight: 3, arbitrary: from(SGR) }, { weight: 2, arbitrary: from(COLOURS) }), {
  minLength: 1,
  maxLength: 4,
});
const mode = fc.tuple(fc.constantFrom(...PRIVATE_MODES), from(["h", "l"]));

const sequence = fc.oneof(
  { weight: 8, arbitrary: fc.array(from(TEXTS), { minLength: 1, maxLength: 6 }).map((texts) => texts.join("")) },
  { weight: 2, arbitrary: fc.tuple(from(TEXTS), fc.integer({ min: 2, max: 60 })).map(([text, count]) => text.repeat(count)) },
  { weight: 4, arbitrary: from(CONTROLS) },
  { weight: 3, arbitrary: from(ESCAPES.filter((escape) => escape !== "c")).map((final) => ESC + final) },
  { weight: 4, arbitrary: sgr.map((codes) => `${CSI}${codes.join(";")}m`) },
  { weight: 3, arbitrary: fc.tuple(any, any).map(([row, column]) => `${CSI}${row};${column}H`) },
  { weight: 3, arbitrary: fc.tuple(small, from(MOVERS)).map(([count, final]) => `${CSI}${count}${final}`) },
  { weight: 3, arbitrary: fc.tuple(small, from(EDITORS)).map(([count, final]) => `${CSI}${count}${final}`) },
  { weight: 3, arbitrary: from(ERASERS.slice(0, -1)).map((eraser) => `${CSI}${eraser}`) },
  { weight: 2, arbitrary: mode.map(([number, final]) => `${CSI}?${number}${final}`) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(4, 20), from(["h", "l"])).map(([number, final]) => `${CSI}${number}${final}`) },
  { weight: 1, arbitrary: fc.tuple(small, small).map(([top, bottom]) => `${CSI}${top};${bottom}r`) },
  { weight: 1, arbitrary: fc.tuple(from(["(", ")", "*", "+", "-", ".", "/"]), from(CHARSET_FINALS)).map((parts) => ESC + parts.join("")) },
  { weight: 2, arbitrary: from(LINKS).map((link) => `${ESC}]${link}${ST}`) },
  { weight: 1, arbitrary: fc.tuple(from(STRINGS), from(["\x07", ST, "\u009c", "\x18"])).map((parts) => `${ESC}]${parts.join("")}`) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 9 }).map((style) => `${CSI}${style} q`) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 2).map((value) => `${CSI}${value}"q`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("0g", "3g", "!p", "s", "u", ">1u", ">5u", "<u", "=3;2u", ">4;2m", ">4m").map((end) => CSI + end),
  },
  { weight: 1, arbitrary: from(["\x1b[3", "\x1b", "\x1b[?1;", "\x1b]2;cut", "\x1bP$q", "\x1b_x", "\x1b(", "\u009b", "\x1b[1 "]) },
);

/** Fewer of what changes everything: full reset, erasing the history. */
const rare = fc.oneof(fc.constant("\x1bc"), fc.constant("\x1b[3J"));

const noise = fc.uint8Array({ minLength: 1, maxLength: 6 });
const size = fc.record({ cols: fc.integer({ min: 2, max: 30 }), rows: fc.integer({ min: 2, max: 9 }) });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 400, arbitrary: sequence.map((text) => new TextEncoder().encode(text)) },
  { weight: 3, arbitrary: rare.map((text) => new TextEncoder().encode(text)) },
  { weight: 4, arbitrary: noise },
  { weight: 6, arbitrary: size },
);

export interface Stream {
  readonly size: Size;
  readonly steps: readonly Step[];
  readonly cut: Cut;
}

/** A stream of steps in a small terminal, and where it is cut. */
export function stream(maxSteps: number): fc.Arbitrary<Stream> {
  return fc
    .tuple(size, fc.array(step, { minLength: 1, maxLength: maxSteps, size: "max" }), fc.nat(), fc.nat())
    .map(([start, steps, at, byte]) => {
      const index = at % (steps.length + 1);
      const cutStep = steps[index];
      return { size: start, steps, cut: { step: index, byte: cutStep instanceof Uint8Array ? byte % (cutStep.length + 1) : 0 } };
    });
}

/** A stream as one reads it in a failure. */
export function spell({ size: start, steps, cut }: Stream): string {
  const words = steps.map((each) =>
    each instanceof Uint8Array ? JSON.stringify(Buffer.from(each).toString()) : `${each.cols}x${each.rows}`,
  );
  return `${start.cols}x${start.rows} ${words.slice(0, cut.step).join(" ")} [cut ${cut.byte}] ${words.slice(cut.step).join(" ")}`;
}

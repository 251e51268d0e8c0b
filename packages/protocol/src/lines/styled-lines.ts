/**
 * Lines of a history as they travel (PROTOCOL §13.3): text in runs of one look, each look once. A line is as long as it was
 * printed; whoever shows it wraps it for the own width.
 */
import * as z from "zod/mini";

/** One of the 256 colours by its number, or `#rrggbb`. */
const Colour = z.union([z.number().check(z.int(), z.minimum(0), z.maximum(255)), z.string().check(z.regex(/^#[0-9a-f]{6}$/))]);
export type Colour = z.infer<typeof Colour>;

const flag = z.optional(z.literal(true));

/** What is not said is as in a new terminal. */
export const LineStyle = z.object({
  fg: z.optional(Colour),
  bg: z.optional(Colour),
  bold: flag,
  dim: flag,
  italic: flag,
  blink: flag,
  inverse: flag,
  invisible: flag,
  strike: flag,
  overline: flag,
  /** 1: single, 2: double, 3: curly, 4: dotted, 5: dashed. */
  underline: z.optional(z.number().check(z.int(), z.minimum(1), z.maximum(5))),
  underlineColour: z.optional(Colour),
  /** The program's own link; hostile input. */
  link: z.optional(z.string()),
});
export type LineStyle = z.infer<typeof LineStyle>;

/**
 * Text without a look, or text with the number of its look. A list of characters instead of text: each takes two columns. Empty text at
 * the end of a line: the rest of the row has this look's background.
 */
export const LineRun = z.union([
  z.string(),
  z.tuple([z.union([z.string(), z.array(z.string())]), z.number().check(z.int(), z.minimum(0))]),
]);
export type LineRun = z.infer<typeof LineRun>;

/** A line: its runs from left to right. */
export const StyledLine = z.array(LineRun);
export type StyledLine = z.infer<typeof StyledLine>;

export const StyledLines = z.object({
  /** Number of the first of the lines. */
  from: z.number(),
  lines: z.array(StyledLine),
  styles: z.array(LineStyle),
  /** Numbers among them that go on from the line before: parts of one too long for one number. */
  continued: z.array(z.number()),
});
export type StyledLines = z.infer<typeof StyledLines>;

/** Answers `GET /api/sessions/:id/lines`. */
export const HistoryLines = z.extend(StyledLines, {
  /** The first number that is still kept. */
  first: z.number(),
  /** Lines below this number never change; those from it on are as they are now. */
  settled: z.number(),
  /** Incarnation of the stream: in another one the same numbers may be other lines. */
  incarnation: z.number(),
});
export type HistoryLines = z.infer<typeof HistoryLines>;

/** Most lines in one answer. */
export const MAX_LINES = 1000;

const Match = z.object({
  line: z.number(),
  /** Part of the line around the first place where it matches; `at` counts the characters before that place in it. */
  excerpt: z.string(),
  at: z.number(),
});
export type LineMatch = z.infer<typeof Match>;

/** Answers `GET /api/sessions/:id/search`. */
export const SearchAnswer = z.object({
  /** Newest first. */
  matches: z.array(Match),
  /** Everything from this number on was searched. Asked again `before` it, the search goes on; `null`: it is complete. */
  next: z.nullable(z.number()),
});
export type SearchAnswer = z.infer<typeof SearchAnswer>;

/** Longest text to search for. */
export const MAX_QUERY_LENGTH = 200;

/** A line's text, without its look. */
export function lineText(line: StyledLine): string {
  return line.map((run) => (typeof run === "string" ? run : typeof run[0] === "string" ? run[0] : run[0].join(""))).join("");
}

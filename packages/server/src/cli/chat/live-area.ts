/**
 * The lower end of a chat in a terminal: rows that are drawn anew on every change (what is being said, what waits, the line that is
 * typed), below everything that stays. What stays goes into the terminal's own scrollback and is never touched again.
 */
import { cellWidth } from "../table.ts";

/** A line before it is broken into rows. */
export interface LiveLine {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

/** The line that is typed: the cursor stands behind `before`. */
export interface TypedLine {
  readonly before: string;
  readonly after: string;
}

export interface AreaSize {
  readonly cols: number;
  readonly rows: number;
}

/** A sequence of style, or a character. */
// oxlint-disable-next-line no-control-regex -- sequences begin with it
const PIECE = /\u001b\[[\d;]*m|[^]/gu;

const PROMPT = "› ";
const INDENT = "  ";

export class LiveArea {
  /** Widths of the rows that are drawn, down to the cursor's. */
  #drawn: readonly number[] = [];

  /** What to write: the lines that stay from now on, then the area. What does not fit the screen is cut at the area's upper end. */
  draw(settled: readonly LiveLine[], live: readonly LiveLine[], typed: TypedLine, size: AreaSize): string {
    const most = Math.max(1, size.rows - 1);
    const before = promptRows(typed.before, size.cols);
    const first = Math.max(0, before.length - most);
    const prompt = promptRows(typed.before + typed.after, size.cols).slice(first, first + most);
    const above = rowsOf(live, size.cols).slice(Math.min(0, prompt.length - most) || Infinity);
    const below = prompt.length - (before.length - first);
    const column = cellWidth(before.at(-1) ?? "");
    const out = [
      this.#top(size.cols),
      ...settled.map((line) => `${paint(line, expand(line.text))}\r\n`),
      [...above.map(({ shown }) => shown), ...prompt].join("\r\n"),
      below > 0 ? `\x1b[${below}A` : "",
      `\r${column > 0 ? `\x1b[${column}C` : ""}`,
    ];
    this.#drawn = [...above.map(({ width }) => width), ...before.slice(first).map(cellWidth)];
    return `\x1b[?25l${out.join("")}\x1b[?25h`;
  }

  /** Takes the area away; what stays, stays. */
  clear(cols: number): string {
    const text = this.#top(cols);
    this.#drawn = [];
    return text;
  }

  /** To the area's first row, and nothing from there on. A terminal that became narrower has broken the rows once more. */
  #top(cols: number): string {
    const above = this.#drawn.slice(0, -1).reduce((sum, width) => sum + Math.max(1, Math.ceil(width / cols)), 0);
    const last = this.#drawn.at(-1) ?? 0;
    const up = above + (last > cols ? Math.ceil(last / cols) - 1 : 0);
    return `${up > 0 ? `\x1b[${up}A` : ""}\r\x1b[J`;
  }
}

/** A text in rows of at most so many cells; an empty one is one empty row. */
export function wrapped(text: string, cols: number): readonly string[] {
  const rows: string[] = [];
  let row = "";
  let width = 0;
  for (const character of text.match(PIECE) ?? []) {
    const cells = cellWidth(character);
    if (width + cells > cols) {
      rows.push(row);
      row = "";
      width = 0;
    }
    row += character;
    width += cells;
  }
  return [...rows, row];
}

/** Rows of what is typed; one column stays free for the cursor. */
function promptRows(text: string, cols: number): readonly string[] {
  const width = Math.max(1, cols - PROMPT.length - 1);
  return text
    .split("\n")
    .flatMap((line, at) => wrapped(expand(line), width).map((row, index) => (at + index === 0 ? PROMPT : INDENT) + row));
}

function rowsOf(lines: readonly LiveLine[], cols: number): readonly { readonly shown: string; readonly width: number }[] {
  return lines.flatMap((line) => wrapped(expand(line.text), cols).map((row) => ({ shown: paint(line, row), width: cellWidth(row) })));
}

function paint(line: LiveLine, text: string): string {
  return line.paint === undefined || text === "" ? text : line.paint(text);
}

function expand(text: string): string {
  return text.replaceAll("\t", "    ");
}

/**
 * Reads rows of a terminal as styled lines: rows that go on from each other are joined, lines that are longer than a number allows
 * are divided, each look is told once.
 */
import { LINE_COLUMNS, type PlacedRow } from "./line-numbers.ts";
import type { LineRun, LineStyle, StyledLines } from "./styled-lines.ts";
import { type EmulatedTerminal, linkAddress, type RowCell, type TerminalRow } from "./terminal-rows.ts";

/** Most characters in one reading; the line that goes beyond is the last. */
const MAX_CHARACTERS = 2 * 1024 * 1024;

/** The emulator's mark, in the number with the background, of a cell with underlines or a link of its own. */
const HAS_EXTENDED = 0x10000000;

/** Reads the lines with numbers from `from` up to and without `to`, from rows that come in order, the first line of them whole. */
export class LineReader {
  readonly #from: number;
  readonly #to: number;
  readonly #lines: LineRun[][] = [];
  readonly #continued: number[] = [];
  readonly #looks: Looks;
  #characters = 0;
  #isFull = false;

  constructor(terminal: EmulatedTerminal, from: number, to: number) {
    this.#from = from;
    this.#to = to;
    this.#looks = new Looks(terminal);
  }

  get lines(): StyledLines {
    return { from: this.#from, lines: this.#lines, styles: this.#looks.styles, continued: this.#continued };
  }

  take({ row, place, columns, endsLine }: PlacedRow): void {
    if (this.#isFull || place.line >= this.#to) return;
    const last = place.columns + Math.max(columns, 1) - 1;
    for (let part = Math.floor(place.columns / LINE_COLUMNS); part <= Math.floor(last / LINE_COLUMNS); part++) {
      const number = place.line + part;
      const start = Math.max(0, part * LINE_COLUMNS - place.columns);
      const end = Math.min(columns, (part + 1) * LINE_COLUMNS - place.columns);
      if (number >= this.#from && number < this.#to) this.#read(number, part > 0, row, start, end, endsLine && end === columns);
    }
  }

  #read(number: number, isContinued: boolean, row: TerminalRow, start: number, end: number, isEnd: boolean): void {
    const index = number - this.#from;
    if (index > this.#lines.length) throw new Error(`line ${number} came before line ${this.#from + this.#lines.length}`);
    if (index === this.#lines.length) {
      if (this.#characters > MAX_CHARACTERS) {
        this.#isFull = true;
        return;
      }
      this.#lines.push([]);
      if (isContinued) this.#continued.push(number);
    }
    this.#characters += end - start + 1;
    readCells(row, start, end, this.#looks, this.#lines[index]!);
    if (isEnd && end < row.length) this.#fill(row, end, this.#lines[index]!);
  }

  /** A background up to the end of the row. */
  #fill(row: TerminalRow, from: number, line: LineRun[]): void {
    if (row.getNoBgTrimmedLength() < row.length) return;
    const style = this.#looks.at(row, from);
    if (style > 0) line.push(["", style]);
  }
}

/** Adds the cells of a row from `start` up to `end` to a line. */
function readCells(row: TerminalRow, start: number, end: number, looks: Looks, line: LineRun[]): void {
  for (let column = start; column < end; column++) {
    const style = looks.at(row, column);
    const width = looks.cell.getWidth();
    if (width === 0) continue;
    append(line, looks.cell.getChars() || " ", width === 2, style);
  }
}

function append(line: LineRun[], text: string, isWide: boolean, style: number): void {
  const last = line.at(-1);
  if (isWide) {
    if (typeof last === "object" && last[1] === style && typeof last[0] === "object") last[0].push(text);
    else line.push([[text], style]);
  } else if (style === 0) {
    if (typeof last === "string") line[line.length - 1] = last + text;
    else line.push(text);
  } else if (typeof last === "object" && last[1] === style && typeof last[0] === "string") last[0] += text;
  else line.push([text, style]);
}

/** The looks met so far; 0 is that of a new terminal. */
class Looks {
  readonly styles: LineStyle[] = [{}];
  readonly cell: RowCell;
  readonly #terminal: EmulatedTerminal;
  readonly #known = new Map<string, number>();
  #fg = 0;
  #bg = 0;
  #ext = 0;
  #link = 0;
  #style = 0;

  constructor(terminal: EmulatedTerminal) {
    this.#terminal = terminal;
    this.cell = terminal.buffer.active.getNullCell() as RowCell;
  }

  /** Number of the look of a cell, which is then in `cell`. Neighbours mostly look the same. */
  at(row: TerminalRow, column: number): number {
    const { fg, bg, extended } = row.loadCell(column, this.cell);
    const hasMore = (bg & HAS_EXTENDED) !== 0; // else those of another cell are still there
    const [ext, urlId] = hasMore ? [extended.ext, extended.urlId] : [0, 0];
    if (fg === this.#fg && bg === this.#bg && ext === this.#ext && urlId === this.#link) return this.#style;
    [this.#fg, this.#bg, this.#ext, this.#link] = [fg, bg, ext, urlId];
    this.#style = this.#number();
    return this.#style;
  }

  #number(): number {
    const style = styleOf(this.cell, this.#link === 0 ? undefined : linkAddress(this.#terminal, this.#link));
    const key = JSON.stringify(style);
    if (key === "{}") return 0;
    const known = this.#known.get(key) ?? this.styles.length;
    if (known === this.styles.length) {
      this.styles.push(style);
      this.#known.set(key, known);
    }
    return known;
  }
}

function styleOf(cell: RowCell, link: string | undefined): LineStyle {
  const underline = cell.getUnderlineStyle();
  const underlineColour =
    underline > 0 && !cell.isUnderlineColorDefault() ? colour(cell.getUnderlineColorMode(), cell.getUnderlineColor()) : undefined;
  const style: Record<string, unknown> = {
    fg: colour(cell.getFgColorMode(), cell.getFgColor()),
    bg: colour(cell.getBgColorMode(), cell.getBgColor()),
    bold: isSet(cell.isBold()),
    dim: isSet(cell.isDim()),
    italic: isSet(cell.isItalic()),
    blink: isSet(cell.isBlink()),
    inverse: isSet(cell.isInverse()),
    invisible: isSet(cell.isInvisible()),
    strike: isSet(cell.isStrikethrough()),
    overline: isSet(cell.isOverline()),
    underline: underline > 0 ? underline : undefined,
    underlineColour,
    link,
  };
  return Object.fromEntries(Object.entries(style).filter(([, value]) => value !== undefined)) as LineStyle;
}

function isSet(flag: number): true | undefined {
  return flag ? true : undefined;
}

/** Modes: default, 16 colours, 256 colours, red green blue. */
function colour(mode: number, value: number): LineStyle["fg"] {
  switch (mode >> 24) {
    case 1:
    case 2:
      return value & 0xff;
    case 3:
      return `#${(value & 0xffffff).toString(16).padStart(6, "0")}`;
    default:
      return undefined;
  }
}

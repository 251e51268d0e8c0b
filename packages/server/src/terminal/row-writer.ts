/**
 * Writes rows of cells so that an empty terminal, reading on from where it stands, gets the same rows, cell for cell: text, attributes,
 * links, backgrounds, and which row goes on in the next. It prints as the program did, so rows scroll into the history and full rows
 * wrap by themselves; what cannot come about by printing alone is made at its place first, and printed around.
 */
import { isBlank, isHalved, isLeftBefore, isLeftBehind, isLoneHalf, isMarkedBlank, isSameLook, isSound, startOf } from "./cell-shapes.ts";
import { COLOUR } from "./pen.ts";
import type { PenWriter } from "./pen-writer.ts";
import type { Cell, ScreenBuffer, ScreenState } from "./screen-state.ts";

const CSI = "\x1b[";
/** Printed where a wide character must not fit, or must be cut in half. */
const ANY_WIDE = "\u4e00";
const ANY_NARROW = "x";
const VISIT = `${CSI}?47h`;
const END_VISIT = `${CSI}?47l`;
const NO_WRAP = `${CSI}?7l`;
const WRAP = `${CSI}?7h`;

/** What is known of a cell of the row that is being written. */
const FILLED = 0;
const UNKNOWN = 1;
const DONE = 2;

export class RowWriter {
  readonly #buffer: ScreenBuffer;
  readonly #cols: number;
  readonly #rows: number;
  readonly #pen: PenWriter;
  readonly #widthOf: ScreenState["widthOf"];
  /** Of the row being written, what the terminal has there already. */
  readonly #known: Uint8Array;
  #text = "";
  /** The row that was written first. */
  #start = 0;
  /** Where the terminal's cursor is; the number of columns: a wrap waits. */
  #column = 0;
  /** Background of cells in the current row that nothing was written to. */
  #fill = 0;

  constructor(buffer: ScreenBuffer, size: Pick<ScreenState, "cols" | "rows" | "widthOf">, pen: PenWriter) {
    this.#buffer = buffer;
    this.#cols = size.cols;
    this.#rows = size.rows;
    this.#widthOf = size.widthOf;
    this.#pen = pen;
    this.#known = new Uint8Array(size.cols);
  }

  /**
   * Rows from `start` to the end of the screen. The cursor is left anywhere. `onRow` may add something while the row of that number is
   * on the terminal's screen, and is told where.
   */
  write(start: number, onRow?: { readonly line: number; readonly write: (row: number) => string }): string {
    const end = this.#buffer.base + this.#rows;
    this.#start = start;
    if (this.#buffer.isWrapped(start)) this.#wrapFirst();
    const pause = onRow ? this.#pauseFrom(onRow.line, end) : -1;
    for (let line = start; line < end; line++) {
      const cells = this.#buffer.read(line);
      if (!cells) break;
      this.#writeRow(cells, this.#isWrapped(line + 1, end));
      if (onRow && line === pause) this.#pause(Math.min(line - start, this.#rows - 1), line - onRow.line, onRow.write);
      if (line + 1 < end) this.#goOn(line, end, line - start >= this.#rows - 1);
    }
    return this.#text;
  }

  /** The first row from there on that does not go on in the next, while the row there is on the screen: nothing is torn apart. */
  #pauseFrom(line: number, end: number): number {
    for (let at = line; at < Math.min(end, line + this.#rows); at++) if (!this.#isWrapped(at + 1, end)) return at;
    return line;
  }

  #pause(row: number, rowsSince: number, write: (row: number) => string): void {
    this.#text += `${write(row - rowsSince)}${CSI}${row + 1}H`;
    this.#column = 0;
  }

  /**
   * Prints the last cell of a row again, at an address, so that a wrap waits; `null` if that cell cannot be printed. `show`: what has to be sent
   * to have a text.
   */
  reprint(row: number, at: number, show: (text: string) => string | null = (text) => text): string | null {
    const cells = this.#buffer.read(this.#buffer.base + row);
    if (!cells) return null;
    const last = this.#cols - 1;
    const from = isHalved(cells, last - 1) ? last - 1 : startOf(cells, last);
    const first = cells[from]!;
    if (!this.#pen.isNear(first)) return null;
    const text = show(first.text);
    if (text === null || ((from !== last - 1 || !isHalved(cells, from)) && !isSound(cells, from))) return null;
    const place = `${this.#pen.toCell(first)}${CSI}${at + 1};${from + 1}H${text}`;
    if (!isHalved(cells, from)) return place;
    const over = show(cells[last]!.text);
    return over === null || over === "" ? null : `${place}${this.#pen.toCell(cells[last]!)}${NO_WRAP}${over}${WRAP}`;
  }

  /** A wide character in the last columns that was then written over is printed before what did so; `null`: there is none. */
  halvedBefore(cells: readonly Cell[], row: number): string | null {
    const column = this.#cols - 2;
    const cell = cells[column];
    if (!cell || !isHalved(cells, column)) return null;
    return `${this.#pen.toCell(cell)}${CSI}${row + 1};${column + 1}H${cell.text}`;
  }

  /**
   * A wide character that did not fit, with the cursor in the last column and no wrapping; nothing was written, but a mark then joined what was
   * before. `null`: not known how. `pen` goes to the pen it was written with.
   */
  misfit(cells: readonly Cell[], row: number, hasJoined: boolean, pen: () => string): string | null {
    const column = this.#cols - 2;
    const to = (at: number) => `${CSI}${row + 1};${at + 1}H`;
    if (!isHalved(cells, column)) return hasJoined ? null : `${pen()}${to(column + 1)}${ANY_WIDE}`;
    const [cell, next] = [{ ...cells[column]! }, { ...cells[column + 1]! }];
    const marks = hasJoined ? Array.from(cell.text).slice(-1).join("") : "";
    const text = cell.text.slice(0, cell.text.length - marks.length);
    const first = `${this.#pen.toCell(cell)}${to(column)}`;
    if (this.#isWide(text)) {
      const over = next.text === "" ? "" : this.#pen.toCell(next) + next.text;
      return `${first}${text}${over}${pen()}${ANY_WIDE}${marks}`;
    }
    const base = text === "" ? `${this.#pen.toErase(cell.bg & COLOUR)}${CSI}X` : text;
    const over = next.text === "" ? "" : `${this.#pen.toCell(next)}${to(column + 1)}${next.text}`;
    return `${first}${base}${over}${pen()}${to(column + 1)}${ANY_WIDE}${marks}`;
  }

  /** A wide character at the cursor, two columns before the end, and what was written over its second half. */
  overwritten(cell: Cell, next: Cell): string {
    return `${cell.text}${this.#pen.toCell(next)}${NO_WRAP}${next.text || ANY_WIDE}${WRAP}`;
  }

  #isWide(text: string): boolean {
    return this.#widthOf(text.codePointAt(0) ?? 0) === 2;
  }

  #isWrapped(line: number, end: number): boolean {
    return line < end && this.#buffer.isWrapped(line);
  }

  /** The first row goes on from one that is not written: one is wrapped into the second row, and the first is deleted. */
  #wrapFirst(): void {
    if (this.#rows < 2) return;
    this.#text += `${this.#pen.toErase(0)}${CSI}${this.#cols}G${ANY_NARROW}${ANY_NARROW}${CSI}H${CSI}M`;
    this.#known[0] = UNKNOWN;
  }

  #writeRow(cells: readonly Cell[], goesOn: boolean): void {
    const last = cells[this.#cols - 1]!;
    const end = goesOn && isBlank(last) ? this.#cols - 1 : this.#cols; // the wrap makes that one
    this.#makeSpecial(cells, end);
    let column = 0;
    while (column < end) {
      const cell = cells[column]!;
      if (this.#known[column] !== DONE && isMarkedBlank(cell) && isLeftBefore(cells, column)) {
        this.#moveTo(column);
        this.#text += ANY_WIDE;
        this.#column = -1;
        column++;
      } else if (isBlank(cell) && this.#known[column] !== DONE) column += this.#writeBlanks(cells, column, end);
      else {
        const isLeaving = cell.text !== "" && isLeftBehind(cells, column + Math.max(1, cell.width));
        if ((this.#known[column] !== DONE || isLeaving) && cell.text !== "") this.#printText(cells, column);
        column++;
      }
    }
    this.#known.fill(FILLED);
  }

  /** A wide character of which the last column shows only half cannot be had: it stays blank. */
  #printText(cells: readonly Cell[], column: number): void {
    const cell = cells[column]!;
    const behind = column + cell.width;
    if (isSound(cells, column) && behind < this.#cols && isLeftBehind(cells, behind)) {
      this.#printOver(cell, behind - 1, column);
      this.#known[behind] = DONE;
    } else if (isSound(cells, column)) return this.#print(cell, column);
    else if (isHalved(cells, column)) this.#printHalved(cells, column);
  }

  /** Over the first half of a wide character, of which the second stays as a blank that looks alike. */
  #printOver(cell: Cell, wide: number, column: number): void {
    this.#text += this.#pen.toCell(cell);
    this.#column = -1;
    this.#moveTo(wide);
    this.#text += ANY_WIDE;
    this.#column = -1;
    this.#print(cell, column);
  }

  /** Blanks with the same background: erased, not printed, and stepped over. */
  #writeBlanks(cells: readonly Cell[], column: number, end: number): number {
    const background = cells[column]!.bg & COLOUR;
    let count = 0;
    let isKnown = true;
    while (column + count < end && this.#known[column + count] !== DONE) {
      const cell = cells[column + count]!;
      if (!isBlank(cell) || (cell.bg & COLOUR) !== background || (count > 0 && isMarkedBlank(cell))) break;
      isKnown &&= this.#known[column + count] === FILLED;
      count++;
    }
    if (isKnown && background === this.#fill) return count;
    this.#moveTo(column);
    this.#text += `${this.#pen.toErase(background)}${CSI}${count === 1 ? "" : count}X`;
    return count;
  }

  /**
   * A wide character without its second half: in the last columns it comes about by writing over that without wrapping, or by a mark that
   * joins after a wide character did not fit; it is moved from there.
   */
  #printHalved(cells: readonly Cell[], column: number): void {
    const [cell, next] = [cells[column]!, cells[column + 1]!];
    if (this.#isWide(cell.text)) {
      this.#text += this.#pen.toCell(cell);
      this.#column = -1;
      this.#moveTo(this.#cols - 2);
      this.#text += this.overwritten(cell, next);
    } else this.#printMisfit(cell, next);
    this.#column = -1;
    const steps = this.#cols - 2 - column;
    if (steps > 0) {
      this.#moveTo(column);
      this.#text += `${this.#pen.toErase(this.#fill)}${CSI}${steps}P`;
      this.#known.fill(FILLED, column + 2);
    }
    this.#known[column + 1] = DONE;
  }

  #printMisfit(cell: Cell, next: Cell): void {
    const characters = Array.from(cell.text);
    const isBased = this.#widthOf(cell.text.codePointAt(0) ?? 0) > 0;
    const marks = isBased ? (characters.pop() ?? "") : cell.text;
    this.#text += isBased ? this.#pen.toCell(cell) : this.#pen.toErase(cell.bg & COLOUR);
    this.#column = -1;
    this.#moveTo(this.#cols - 2);
    this.#text += isBased ? characters.join("") : `${CSI}X`;
    this.#column = -1;
    this.#text += next.text === "" ? this.#pen.toErase(next.bg & COLOUR) : this.#pen.toCell(next);
    this.#moveTo(this.#cols - 1);
    this.#text += next.text === "" ? `${CSI}X` : next.text;
    this.#text += `${CSI}${this.#cols}G${NO_WRAP}${ANY_WIDE}${marks}${WRAP}`;
  }

  #print(cell: Cell, column: number): void {
    this.#text += this.#pen.toCell(cell);
    // A mark that stands alone would join a character printed just before it; restoring a cursor may have moved it.
    if (cell.width === 0 || !this.#pen.isSimple(cell)) this.#column = -1;
    this.#moveTo(column);
    this.#text += cell.text;
    this.#column = column + Math.max(1, cell.width);
  }

  #moveTo(column: number): void {
    if (this.#column === column) return;
    const steps = column - this.#column;
    if (column === 0) this.#text += "\r";
    else if (this.#column < 0 || this.#column >= this.#cols || steps < 0) this.#text += `${CSI}${column + 1}G`;
    else this.#text += `${CSI}${steps === 1 ? "" : steps}C`;
    this.#column = column;
  }

  /** From the end of a row to the start of the next. A row that scrolls in has the background of the pen at that moment. */
  #goOn(line: number, end: number, isScrolling: boolean): void {
    if (this.#isWrapped(line + 1, end)) return this.#wrap(line, isScrolling);
    this.#text += `${this.#pen.toErase(0)}\r\n`;
    this.#column = 0;
    this.#fill = 0;
  }

  #wrap(line: number, isScrolling: boolean): void {
    const next = { ...this.#buffer.read(line + 1)![0]! };
    const cells = this.#buffer.read(line)!;
    const last = cells[this.#cols - 1]!;
    const row = Math.min(line - this.#start, this.#rows - 1);
    const isWide = isBlank(last) && (this.#pen.isAlternate || !isHalved(cells, this.#cols - 2));
    const printed = isWide ? this.#wrapWide(last, next) : this.#wrapFull(cells, next, row);
    this.#fill = isScrolling ? this.#pen.background : 0;
    const width = printed === next ? Math.max(1, next.width) : isWide ? 2 : 1;
    this.#known.fill(printed === next ? DONE : UNKNOWN, 0, width);
    this.#column = width;
  }

  /** A wide character does not fit into the last column: it leaves a blank there, which looks as the character does. */
  #wrapWide(last: Cell, next: Cell): Cell | null {
    this.#text += this.#pen.to(last);
    this.#moveTo(this.#cols - 1);
    const isNext = next.width === 2 && isSameLook(next, last);
    this.#text += isNext ? next.text : ANY_WIDE;
    return isNext ? next : null;
  }

  #wrapFull(cells: readonly Cell[], next: Cell, row: number): Cell | null {
    const from = startOf(cells, this.#cols - 1);
    const isPrintable = isSound(cells, from) || (isHalved(cells, from - 1) && cells[from]!.text !== "");
    // Waiting on the other screen leaves the last cell alone.
    if (!isPrintable && !this.#pen.isAlternate) this.#text += `${VISIT}${CSI}${row + 1};${this.#cols}H${ANY_NARROW}${END_VISIT}`;
    else if (this.#column !== this.#cols) this.#printLast(cells);
    const isNext = next.width > 0 && next.text !== "" && this.#pen.isSimple(next);
    this.#text += isNext ? this.#pen.toCell(next) + next.text : this.#pen.toErase(0) + ANY_NARROW;
    return isNext ? next : null;
  }

  #printLast(cells: readonly Cell[]): void {
    const last = this.#cols - 1;
    if (isHalved(cells, last - 1)) this.#printHalved(cells, last - 1);
    else {
      const from = startOf(cells, last);
      this.#text += this.#pen.toCell(cells[from]!);
      this.#column = -1;
      this.#moveTo(from);
      this.#text += cells[from]!.text;
    }
  }

  /**
   * Blanks that have more than a background come about when half of a wide character is overwritten, second halves without a first
   * when one is moved away. From right to left, because each leaves its left neighbour unknown; what is in the first column is made
   * in the second, and all are moved.
   */
  #makeSpecial(cells: readonly Cell[], end: number): void {
    const special: number[] = [];
    for (let column = 0; column < end; column++) {
      const isMarked = isMarkedBlank(cells[column]!) && !isLeftBefore(cells, column) && !isLeftBehind(cells, column);
      if (isMarked || isLoneHalf(cells, column)) special.unshift(column);
    }
    if (special.length === 0) return;
    const shift = special.some((column) => column === 0 || (column === 1 && isLoneHalf(cells, 1))) ? 1 : 0;
    // A lone half beside a blank in the last column moves that there when it is made.
    const isMoved = special[0] === this.#cols - 1 && special[1] === this.#cols - 2 && isLoneHalf(cells, this.#cols - 2) && shift === 0;
    for (const [index, column] of special.entries()) {
      if (isMoved && index === 1) this.#makeLoneHalf(cells[column]!, column, true);
      else if (column + shift < this.#cols) this.#makeOne(cells, column, isMoved && index === 0 ? column - 1 : column + shift);
    }
    if (shift === 0) return;
    this.#moveTo(0);
    this.#text += `${this.#pen.toErase(this.#fill)}${CSI}P`;
    this.#known.copyWithin(0, 1);
    this.#known[this.#cols - 1] = FILLED;
    if (special[0] === this.#cols - 1) this.#makeOne(cells, special[0], special[0]);
  }

  #makeOne(cells: readonly Cell[], column: number, at: number): void {
    if (isLoneHalf(cells, column)) this.#makeLoneHalf(cells[column]!, at);
    else this.#makeMarkedBlank(cells[column]!, at);
  }

  #makeMarkedBlank(cell: Cell, column: number): void {
    this.#moveTo(column - 1);
    this.#text += `${ANY_WIDE}${this.#pen.to(cell)}`;
    this.#column = -1;
    this.#moveTo(column - 1);
    this.#text += " ";
    this.#column = column;
    this.#know(column);
  }

  /** Something is put in between the halves, and what was moved on is moved back. */
  #makeLoneHalf(cell: Cell, column: number, isMoving = false): void {
    if (column < 2) return;
    this.#text += this.#pen.to(cell);
    this.#column = -1;
    this.#moveTo(column - 2);
    this.#text += ANY_WIDE;
    this.#column = -1;
    this.#moveTo(column - 1);
    this.#text += `${this.#pen.toErase(this.#fill)}${CSI}@`;
    if (isMoving) this.#known[column + 1] = DONE;
    else if (column + 1 < this.#cols) {
      this.#moveTo(column + 1);
      this.#text += `${CSI}P`;
    }
    this.#know(column);
    this.#know(column - 1);
    this.#known[column - 1] = UNKNOWN;
    this.#known[column] = DONE;
  }

  /** What was made stands; its left neighbour, and what that was part of, is to be written again. */
  #know(column: number): void {
    if (column > 1 && this.#known[column - 1] === DONE) this.#known[column - 2] = UNKNOWN;
    this.#known[column - 1] = UNKNOWN;
    this.#known[column] = DONE;
  }
}

/**
 * Writes rows of cells so that an empty terminal, reading on from where it stands, gets the same rows: text, attributes,
 * backgrounds, and which row goes on in the next. It prints as the program did, so rows scroll into the history and full rows
 * wrap by themselves; what cannot come about by printing alone is erased into shape.
 */
import type { IBuffer, IBufferLine } from "@xterm/headless";
import { PenMemo, PLAIN } from "./pen.ts";
import type { Cell } from "./xterm-screen.ts";

const CSI = "\x1b[";

export class RowWriter {
  readonly #buffer: IBuffer;
  readonly #cols: number;
  readonly #rows: number;
  readonly #cell: Cell;
  readonly #pens = new PenMemo();
  #text = "";
  #pen = PLAIN;
  /** Background, as SGR, of cells in the current row that nothing was written to. */
  #fill = PLAIN;

  constructor(buffer: IBuffer, cols: number, rows: number) {
    this.#buffer = buffer;
    this.#cols = cols;
    this.#rows = rows;
    this.#cell = buffer.getNullCell() as Cell;
  }

  /** Rows from `start` to the end of the screen. The cursor is left anywhere, the pen plain. */
  write(start: number): string {
    const end = this.#buffer.baseY + this.#rows;
    for (let row = start; row < end; row++) {
      const line = this.#buffer.getLine(row);
      if (!line) break;
      const next = row + 1 < end ? this.#buffer.getLine(row + 1) : undefined;
      this.#writeRow(line, next);
      if (row + 1 < end) this.#goOn(line, next, row - start);
    }
    this.#setPen(PLAIN);
    return this.#text;
  }

  /** Puts the cursor there; rows are told from `top` on. Behind the last column, where a wrap waits, one gets by printing only. */
  place(row: number, column: number, top: number): string {
    if (column >= this.#cols) return `${this.reprint(row, column, top)?.text ?? ""}${PLAIN}`;
    return `${CSI}${row - top + 1};${column + 1}H`;
  }

  /** Gets the cursor there by printing the character before it again, with its pen; `null` if there is none. */
  reprint(row: number, column: number, top: number): { readonly text: string; readonly pen: string } | null {
    const line = this.#buffer.getLine(this.#buffer.baseY + row);
    if (!line || column === 0) return null;
    const isWide = column > 1 && this.#load(line, column - 1).getWidth() === 0;
    const from = column - (isWide ? 2 : 1);
    const cell = this.#load(line, from);
    const pen = this.#pens.sgr(cell);
    return { text: `${CSI}${row - top + 1};${from + 1}H${pen}${cell.getChars() || " "}`, pen };
  }

  #writeRow(line: IBufferLine, next: IBufferLine | undefined): void {
    const end = this.#contentEnd(line, next);
    let column = 0;
    while (column < end) {
      const cell = this.#load(line, column);
      if (isBlank(cell)) column += this.#writeBlanks(line, column, end);
      else {
        if (cell.getWidth() > 0) this.#print(cell);
        column++;
      }
    }
  }

  /** Blanks with the same background: erased, not printed, and stepped over. */
  #writeBlanks(line: IBufferLine, column: number, end: number): number {
    const background = this.#pens.background(this.#load(line, column));
    let count = 1;
    while (column + count < end && this.#isBlankOf(line, column + count, background)) count++;
    if (background !== this.#fill) {
      this.#setPen(background);
      this.#text += `${CSI}${count}X`;
    }
    if (column + count < this.#cols) this.#text += `${CSI}${count}C`;
    return count;
  }

  /** From the end of a row to the start of the next; `index` counts the rows written so far. */
  #goOn(line: IBufferLine, next: IBufferLine | undefined, index: number): void {
    if (!next?.isWrapped || this.#rows === 1) {
      this.#setPen(PLAIN);
      this.#text += "\r\n";
      this.#fill = PLAIN;
      return;
    }
    const isFull = !isBlank(this.#load(line, this.#cols - 1)) || this.#isLeftByWide(line, next);
    const first = this.#load(next, 0);
    if (!isFull || isBlank(first)) return this.#forceWrap(line);
    this.#fill = index >= this.#rows - 1 ? this.#pens.background(first) : PLAIN; // scrolling fills the new row
  }

  /** Wraps where printing would not have: prints in the last column and beyond, and puts both cells back. */
  #forceWrap(line: IBufferLine): void {
    const last = this.#load(line, this.#cols - 1);
    this.#setPen(PLAIN);
    if (isBlank(last)) {
      const background = this.#pens.background(last);
      this.#text += `${CSI}${this.#cols}G  ${CSI}A${CSI}${this.#cols}G`;
      this.#setPen(background);
      this.#text += `${CSI}1X${CSI}B`;
      this.#setPen(PLAIN);
    } else this.#text += " ";
    this.#text += `\r${CSI}1X`;
    this.#fill = PLAIN;
  }

  /** Behind the last cell that is not simply left as it is in a new row. */
  #contentEnd(line: IBufferLine, next: IBufferLine | undefined): number {
    if (this.#isLeftByWide(line, next)) return this.#cols - 1;
    let end = this.#cols;
    while (end > 0 && this.#isBlankOf(line, end - 1, this.#fill)) end--;
    return end;
  }

  /** A wide character did not fit into the last column; it will leave the same blank there when it is printed again. */
  #isLeftByWide(line: IBufferLine, next: IBufferLine | undefined): boolean {
    if (!next?.isWrapped || this.#cols < 2) return false;
    const wide = this.#load(next, 0);
    if (wide.getWidth() !== 2) return false;
    const pen = this.#pens.sgr(wide);
    const last = this.#load(line, this.#cols - 1);
    return isBlank(last) && this.#pens.sgr(last) === pen;
  }

  #isBlankOf(line: IBufferLine, column: number, background: string): boolean {
    const cell = this.#load(line, column);
    return isBlank(cell) && this.#pens.background(cell) === background;
  }

  #print(cell: Cell): void {
    this.#setPen(this.#pens.sgr(cell));
    this.#text += cell.getChars();
  }

  #setPen(pen: string): void {
    if (pen === this.#pen) return;
    this.#pen = pen;
    this.#text += pen;
  }

  #load(line: IBufferLine, column: number): Cell {
    return line.getCell(column, this.#cell) as Cell;
  }
}

function isBlank(cell: Cell): boolean {
  return cell.getCode() === 0 && cell.getWidth() === 1;
}

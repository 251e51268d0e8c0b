/**
 * Counts the logical lines of a session's main screen from its birth (PROTOCOL §13). A logical line is a row with those that go
 * on from it. The terminal keeps the newest rows; of those that have left at its top only their number is known, and this class
 * keeps it. Server and page count with it, so they agree on the number of every row without telling each other.
 *
 * Where the terminal stands in the count is a {@link LinePlace} of its first row: with a snapshot it is all that is needed to go on.
 */
import { type EmulatedTerminal, mainBuffer, type RowList, type TerminalRow } from "./terminal-rows.ts";

/** A longer line counts as several: a new number each so many columns. */
export const LINE_COLUMNS = 16_384;

/** A place in the count: so many columns into the line that begins with this number. Columns are those of the text, however it is wrapped. */
export interface LinePlace {
  readonly line: number;
  readonly columns: number;
}

export const FIRST_PLACE: LinePlace = { line: 0, columns: 0 };

/** A row at its place. */
export interface PlacedRow {
  readonly row: TerminalRow;
  readonly place: LinePlace;
  /** Columns of the line that it holds. */
  readonly columns: number;
  readonly endsLine: boolean;
}

/** The number of the line, or of the part of a long one, that a place is in. */
export function numberAt({ line, columns }: LinePlace): number {
  return line + Math.floor(columns / LINE_COLUMNS);
}

/** The first number whose text begins at this place or behind it. */
export function firstWholeNumber({ line, columns }: LinePlace): number {
  return line + Math.ceil(columns / LINE_COLUMNS);
}

export class LineNumbers {
  readonly #terminal: EmulatedTerminal;
  readonly #scrollback: number;
  readonly #onLeaving: (row: PlacedRow) => void;
  #watched: RowList | null = null;
  /** Columns that the rows are filled to: while the terminal is resized, its rows are longer already. */
  #cols: number;
  /** Where the first row is: behind the last one that has left. */
  #line = 0;
  #columns = 0;
  #isResizing = false;

  /** The terminal must be resized through this class only. `onLeaving` is told of each row before it leaves. */
  constructor(terminal: EmulatedTerminal, onLeaving: (row: PlacedRow) => void = ignore) {
    this.#terminal = terminal;
    this.#scrollback = terminal.options.scrollback ?? 0;
    this.#cols = terminal.cols;
    this.#onLeaving = onLeaving;
    terminal.parser.registerEscHandler({ final: "c" }, () => {
      this.#leaveAll();
      return false;
    });
    terminal.buffer.onBufferChange(() => this.#watch());
    this.#watch();
  }

  /** The first row is here: what is in the terminal was drawn from a snapshot. */
  begin(place: LinePlace): void {
    this.#line = place.line;
    this.#columns = place.columns;
  }

  /** Where the first row is. Numbers below its own never change. */
  get first(): LinePlace {
    return { line: this.#line, columns: this.#columns };
  }

  /** Where a row is, counted from 0 at the top of what the terminal keeps. */
  at(index: number): LinePlace {
    let place = this.first;
    for (let above = 0; above < index; above++) place = behind(this.#placed(above, place));
    return place;
  }

  /** Rows that the terminal keeps, down to the last one of the screen. */
  get rowCount(): number {
    return this.#rows.length;
  }

  /** The number behind the last row. */
  get end(): number {
    return numberAt(this.at(this.rowCount - 1)) + 1;
  }

  /** The rows that the terminal keeps, up to the last one with text or the cursor. */
  *rows(): Generator<PlacedRow> {
    const { ybase, y } = mainBuffer(this.#terminal);
    const end = Math.max(this.#rowsWithText, Math.min(ybase + y + 1, this.#rows.length));
    let place = this.first;
    for (let index = 0; index < end; index++) {
      const placed = this.#placed(index, place, index === end - 1);
      yield placed;
      place = behind(placed);
    }
  }

  /**
   * Resizes the terminal. Narrower rows are more rows: for the moment the terminal keeps all of them, and those that are too many leave
   * in order; by itself it would drop them without a word.
   */
  resize(cols: number, rows: number): void {
    const terminal = this.#terminal;
    const room = cols < terminal.cols ? this.#mostRowsAt(cols) : 0;
    if (room > this.#scrollback) terminal.options.scrollback = room;
    this.#isResizing = true;
    terminal.resize(cols, rows);
    this.#cols = terminal.cols;
    if (room > this.#scrollback) terminal.options.scrollback = this.#scrollback;
    this.#isResizing = false;
  }

  get #rows(): RowList {
    return mainBuffer(this.#terminal).lines;
  }

  get #rowsWithText(): number {
    const rows = this.#rows;
    let end = rows.length;
    while (end > 0 && (rows.get(end - 1)?.getTrimmedLength() ?? 0) === 0) end--;
    return end;
  }

  #mostRowsAt(cols: number): number {
    const rows = this.#rows;
    let count = 0;
    for (let index = 0; index < rows.length; index++) {
      count += Math.ceil((rows.get(index)?.getTrimmedLength() ?? 0) / Math.max(1, cols - 1)) + 1;
    }
    return count;
  }

  /** All ways in which rows leave at the top are told of before they do. A reset makes new lists. */
  #watch(): void {
    const rows = this.#rows;
    if (rows === this.#watched) return;
    this.#watched = rows;
    const recycle = rows.recycle.bind(rows);
    const trimStart = rows.trimStart.bind(rows);
    const splice = rows.splice.bind(rows);
    const isCounting = this.#onLeaving === ignore;
    rows.recycle = () => {
      // Nearly every row is a line, and where nobody reads it, that is all there is to know: no row is too long for one number.
      if (isCounting && this.#columns === 0 && rows.get(1)?.isWrapped === false) this.#line += 1;
      else this.#leave(1);
      return recycle();
    };
    rows.trimStart = (count) => {
      // Cleared by the program, they are lines for themselves: what goes on below may be written anew at any moment.
      this.#leave(Math.min(count, rows.length), !this.#isResizing);
      trimStart(count);
    };
    rows.splice = (start, deleteCount, ...added) => {
      this.#leave(rows.length - deleteCount + added.length - rows.maxLength);
      splice(start, deleteCount, ...added);
    };
  }

  #leave(count: number, areAll = false): void {
    for (let index = 0; index < count; index++) this.#leaveRow(index, areAll && index === count - 1);
  }

  /** What a reset clears is history, up to the last row with text. */
  #leaveAll(): void {
    this.#leave(this.#rowsWithText, true);
  }

  #leaveRow(index: number, isLast: boolean): void {
    const placed = this.#placed(index, this.first, isLast);
    this.#onLeaving(placed);
    const { line, columns } = behind(placed);
    this.#line = line;
    this.#columns = columns;
  }

  #placed(index: number, place: LinePlace, isLast = false): PlacedRow {
    const rows = this.#rows;
    const row = rows.get(index)!;
    const next = isLast || index + 1 >= rows.length ? undefined : rows.get(index + 1);
    const endsLine = !next?.isWrapped;
    return { row, place, columns: next && !endsLine ? columnsBefore(row, next, this.#cols) : row.getTrimmedLength(), endsLine };
  }
}

/** All of them; but the blank that a wide character leaves where it does not fit is not text. */
function columnsBefore(row: TerminalRow, next: TerminalRow, cols: number): number {
  const last = cols - 1;
  const isLeftByWide = next.getWidth(0) === 2 && !row.hasContent(last) && row.getWidth(last) === 1;
  return isLeftByWide ? last : cols;
}

function behind({ place, columns, endsLine }: PlacedRow): LinePlace {
  const at = { line: place.line, columns: place.columns + columns };
  return endsLine ? { line: at.line + Math.max(1, Math.ceil(at.columns / LINE_COLUMNS)), columns: 0 } : at;
}

function ignore(): void {
  // Only the count matters.
}

/**
 * Writes a screen as VT bytes for an empty terminal of the same size: what reads them, and then what the program writes next, is the
 * terminal of somebody who never left. The order of the parts matters: whatever moves the cursor comes before it, whatever touches
 * the saved cursor before that is saved, and last the character before the cursor is printed again, because a combining mark or REP
 * may follow. What bytes cannot express is listed in docs/TERMINAL.md.
 */
import { isBlank, isHalved, isSameLook, isSound, startOf } from "./cell-shapes.ts";
import { COLOUR, EXTENDED, has, PLAIN_PEN } from "./pen.ts";
import { PenWriter } from "./pen-writer.ts";
import { RowWriter } from "./row-writer.ts";
import { setKeyboard, setModes, setNames } from "./setting-sequences.ts";
import type { Cell, Charset, Link, SavedCursor, ScreenBuffer, ScreenState } from "./screen-state.ts";

const CSI = "\x1b[";
const ST = "\x1b\\";
const SAVE = "\x1b7";
const TO_ALTERNATE = `${CSI}?1049h`;
const TO_ALTERNATE_UNSAVED = `${CSI}?1047h`;
/** To the other screen and back without touching what is saved: the cursor goes along, the main screen is not changed. */
const VISIT_ALTERNATE = `${CSI}?47h`;
const END_VISIT = `${CSI}?47l`;
const DESIGNATORS = ["(", ")", "*", "+"];
const SHIFTS = ["\x0f", "\x0e", "\x1bn", "\x1bo"];
const ASCII = "\x1b(B";
/** Does nothing, but parts a mark that follows from the character before. */
const APART = ST;
const TAB_WIDTH = 8;
const ANY_WIDE = "\u4e00";
/** A mark that stands alone moves a waiting cursor one column further out. */
const LONE_MARK = "\u0301";

/** At most `scrollback` lines above the screen. */
export function writeSnapshot(state: ScreenState, scrollback: number): string {
  return new SnapshotWriter(state, scrollback).write();
}

class SnapshotWriter {
  readonly #state: ScreenState;
  readonly #pen: PenWriter;
  readonly #active: ScreenBuffer;
  readonly #rows: RowWriter;
  /** First row of the main screen that is written. */
  readonly #start: number;

  constructor(state: ScreenState, scrollback: number) {
    this.#state = state;
    this.#start = Math.max(0, state.normal.base - scrollback);
    this.#pen = new PenWriter((number) => state.link(number));
    this.#active = state.isAlternate ? state.alternate : state.normal;
    this.#rows = new RowWriter(this.#active, state, this.#pen);
  }

  write(): string {
    const parts = [
      this.#main(),
      this.#state.isAlternate ? this.#alternate() : this.#savedOfAlternate(),
      this.#tabs(this.#active),
      this.#savedOfActive(),
      this.#openLink(),
      this.#margins(this.#active),
      setNames(this.#state),
      this.#charsets(),
      this.#restoredPen(),
      setModes(this.#state.modes),
      this.#cursor(),
    ];
    return parts.join("");
  }

  #main(): string {
    const { normal, rows, isAlternate } = this.#state;
    const writer = isAlternate ? new RowWriter(normal, this.#state, this.#pen) : this.#rows;
    const { saved } = normal;
    const onRow = { line: saved.line, write: (row: number) => this.#save(saved, this.#placeSaved(row, saved.column)) };
    // In the first rows it is saved before anything is written: the place is the same.
    if (this.#isSavedAbove(normal) && saved.line - this.#start < rows)
      return `${onRow.write(saved.line - this.#start)}${CSI}H${writer.write(this.#start)}${setKeyboard(normal.keyboard)}`;
    return writer.write(this.#start, this.#isSavedAbove(normal) ? onRow : undefined) + setKeyboard(normal.keyboard);
  }

  /** The main screen's own things come before it is left, because only then they can be told. */
  #alternate(): string {
    const { normal, alternate } = this.#state;
    const before = this.#tabs(normal) + this.#margins(normal);
    const enter = this.#enterAlternate(normal);
    this.#pen.isAlternate = true;
    const clear = this.#pen.background === 0 ? "" : `${this.#pen.toErase(0)}${CSI}2J`;
    return `${before}${enter}${clear}${CSI}H${this.#rows.write(alternate.base)}${setKeyboard(alternate.keyboard)}`;
  }

  /** The main screen's cursor stays where it is while the other is shown; mostly it is saved there. */
  #enterAlternate(normal: ScreenBuffer): string {
    const { saved, base, row, column } = normal;
    if (saved.line - base === row && saved.column === column) return this.#savedCursor(normal, TO_ALTERNATE);
    const isSaved = isUnsaved(saved) || this.#isSavedAbove(normal);
    const save = isSaved ? "" : this.#savedCursor(normal, SAVE);
    return `${save}${this.#pen.toErase(0)}${this.#placeSaved(row, column)}${TO_ALTERNATE_UNSAVED}`;
  }

  /** The alternate screen keeps its saved cursor while it is not shown. */
  #savedOfAlternate(): string {
    const { alternate } = this.#state;
    const { saved } = alternate;
    const keys = setKeyboard(alternate.keyboard);
    if (isUnsaved(saved) && keys === "" && !this.#pen.used) return "";
    return `${VISIT_ALTERNATE}${keys}${this.#save(saved, this.#placeSaved(saved.line, saved.column))}${END_VISIT}`;
  }

  #savedOfActive(): string {
    const isUsed = this.#state.isAlternate && this.#pen.used;
    const isThere = (isUnsaved(this.#active.saved) && !isUsed) || this.#isSavedAbove(this.#active);
    return isThere ? "" : this.#savedCursor(this.#active, SAVE);
  }

  /** It has scrolled above the screen with its line, and was saved when that was written. */
  #isSavedAbove({ saved, base }: ScreenBuffer): boolean {
    return saved.line >= this.#start && saved.line < base;
  }

  #savedCursor(buffer: ScreenBuffer, save: string): string {
    const { saved, base } = buffer;
    const row = Math.min(this.#state.rows - 1, Math.max(0, saved.line - base));
    return this.#save(saved, this.#placeSaved(row, saved.column), save);
  }

  #save(saved: SavedCursor, place: string, save: string = SAVE): string {
    const pen = this.#pen.toSave(saved.fg, saved.bg);
    const set = saved.charset ? `\x1b(${saved.charset.final}` : "";
    // The pen comes first: it may have to save and restore the cursor itself.
    return `${pen}${place}${set}${save}${set && ASCII}`;
  }

  /** Puts the cursor there, while no mode and no margin is set. A wrap that waited there is not restored with it. */
  #placeSaved(row: number, column: number): string {
    return `${CSI}${row + 1};${Math.min(column, this.#state.cols - 1) + 1}H`;
  }

  /**
   * A wrap waits in a row that was erased meanwhile; behind a blank in any other row it cannot. `at`: where the row is as the cursor's address
   * tells it.
   */
  #waitErased(buffer: ScreenBuffer, row: number, at: number): string {
    const cells = buffer.read(buffer.base + row) ?? [];
    const { bg = 0 } = cells[0] ?? {};
    if (!cells.every((cell) => isBlank(cell) && cell.fg === 0 && cell.bg === bg)) return `${CSI}${at + 1};${this.#state.cols}H`;
    const background = bg & COLOUR;
    return `${this.#pen.toErase(background)}${CSI}${at + 1};${this.#state.cols}Hx${CSI}1K`;
  }

  #waitAnywhere(row: number, column: number): string {
    return `${CSI}${row + 1};${this.#state.cols}Hx${further(column - this.#state.cols)}`;
  }

  #tabs({ tabStops }: ScreenBuffer): string {
    const { cols } = this.#state;
    const usual = Array.from({ length: Math.ceil(cols / TAB_WIDTH) }, (_, index) => index * TAB_WIDTH);
    if (usual.join() === tabStops.join()) return "";
    const set = tabStops.map((column) => `${column < cols ? `${CSI}${column + 1}G` : this.#waitSomewhere(column)}\x1bH`);
    return `${CSI}3g${set.join("")}`;
  }

  /** Behind the last column of any row. */
  #waitSomewhere(column: number): string {
    const { cols, rows } = this.#state;
    if (!this.#pen.isAlternate) return `${VISIT_ALTERNATE}${this.#waitAnywhere(0, column)}${END_VISIT}`;
    for (let row = 0; row < rows; row++) {
      const again = this.#rows.reprint(row, row);
      if (again !== null) return again + further(column - cols);
    }
    return `${CSI}${cols}G`;
  }

  #margins({ marginTop, marginBottom }: ScreenBuffer): string {
    const isWhole = marginTop === 0 && marginBottom === this.#state.rows - 1;
    return isWhole ? "" : `${CSI}${marginTop + 1};${marginBottom + 1}r`;
  }

  /** What was printed of the link that is open is printed again with it, so that what follows belongs to the same link. */
  #openLink(): string {
    const { pen, rows } = this.#state;
    const link = pen.link > 0 ? this.#state.link(pen.link) : null;
    if (!link) return "";
    if (link.id !== undefined) return this.#openAgain(link);
    let text = "";
    for (let row = 0; row < rows; row++) {
      const cells = this.#active.read(this.#active.base + row);
      for (const [column, cell] of cells?.entries() ?? []) {
        if (cell.link !== pen.link || !has(cell.bg, EXTENDED) || !this.#pen.isSimple(cell)) continue;
        const again = this.#textAgain(cells!, row, column) ?? this.#leftBehind(cells!, row, column);
        if (again === null) continue;
        if (text === "") text += this.#pen.endLink() + this.#toLinkRow(link);
        text += `${this.#pen.toCell(cell)}${CSI}${row + 1};${column + 1}H${again}`;
      }
    }
    return text || this.#toLinkRow(link);
  }

  /** A link with a name is the same wherever it is begun, as long as it is known. */
  #openAgain(link: Link): string {
    let text = "";
    for (const line of link.lines) {
      const row = line - this.#active.base;
      if (row < 0 || row >= this.#state.rows) continue;
      text += `${this.#pen.endLink()}${CSI}${row + 1}H${this.#pen.to({ ...PLAIN_PEN, bg: EXTENDED, link: this.#state.pen.link })}`;
    }
    return text;
  }

  /** A link is forgotten with the row that it began in, so it begins there again. */
  #toLinkRow({ lines }: Link): string {
    const row = (lines[0] ?? 0) - this.#active.base;
    return row >= 0 && row < this.#state.rows ? `${CSI}${row + 1}H` : "";
  }

  /** What is printed to have the same cell again. The blank that a wide character leaves in the last column needs that character. */
  #textAgain(cells: readonly Cell[], row: number, column: number): string | null {
    if (isSound(cells, column)) return cells[column]!.text;
    if (isHalved(cells, column) && column === this.#state.cols - 2) return this.#rows.overwritten(cells[column]!, cells[column + 1]!);
    const follower = cells[column + 1];
    if (isBlank(cells[column]!) && follower?.link === this.#state.pen.link && isSound(cells, column + 1))
      return `${ANY_WIDE}${CSI}${row + 1};${column + 2}H${follower.text}`;
    const line = this.#active.base + row + 1;
    if (!isBlank(cells[column]!) || column !== this.#state.cols - 1 || row === this.#state.rows - 1) return null;
    const next = this.#active.isWrapped(line) ? this.#active.read(line)![0]! : null;
    const text = next?.width === 2 && next.link === this.#state.pen.link ? next.text : null;
    this.#active.read(line - 1);
    return text;
  }

  /** A blank that half of a wide character has left, when the other half was written over by its left neighbour. */
  #leftBehind(cells: readonly Cell[], row: number, column: number): string | null {
    const from = column > 0 ? startOf(cells, column - 1) : 0;
    if (column === 0 || !isSound(cells, from) || !isSameLook(cells[from]!, cells[column]!)) return null;
    return `${CSI}${row + 1};${column}H${ANY_WIDE}${CSI}${row + 1};${from + 1}H${cells[from]!.text}`;
  }

  #charsets(): string {
    const { charsets, shift } = this.#state;
    const sets = charsets.map((set, index) => (set ? `\x1b${DESIGNATORS[index]}${set.final}` : "")).join("");
    return sets + (shift > 0 ? SHIFTS[shift] : "");
  }

  /** Pen and character set as restoring a cursor left them, where nothing else leads there. */
  #restoredPen(): string {
    const { pen, charset, charsets, shift, normal, alternate, isAlternate } = this.#state;
    const isShifted = charset === (charsets[shift] ?? null);
    if (isShifted && this.#pen.isSimple(pen)) return "";
    const suits = ({ saved }: ScreenBuffer) => isShifted || saved.charset === charset;
    // Restoring takes the saved character set; where none is saved, none is in force.
    const fromActive = suits(this.#active) ? this.#pen.viaSaved(pen, this.#active.saved) : null;
    if (fromActive !== null) return fromActive + (isShifted ? this.#shiftAgain() : "");
    if (isAlternate || this.#active !== normal || !suits(alternate)) return "";
    const fromOther = this.#pen.viaSaved(pen, alternate.saved);
    return fromOther === null ? "" : `${VISIT_ALTERNATE}${fromOther}${END_VISIT}${isShifted ? this.#shiftAgain() : ""}`;
  }

  #shiftAgain(): string {
    return SHIFTS[this.#state.shift]!;
  }

  /** Comes last: whatever follows would end a pending wrap, or part a combining mark from its character. */
  #cursor(): string {
    const { column, row, base } = this.#active;
    const { modes, cols, printedWidth } = this.#state;
    const isOutside = modes.isOrigin && (row < this.#active.marginTop || row > this.#active.marginBottom);
    const top = modes.isOrigin ? this.#active.marginTop : 0;
    const insert = modes.isInserting ? `${CSI}4h` : "";
    const cells = this.#active.read(base + row);
    if (printedWidth > 0 && !isOutside && cells) {
      const printed = this.#printAgain(cells, row - top);
      if (printed !== null) return printed;
    }
    if (isOutside) return this.#finalPen() + this.#outsideMargins(row, column) + insert;
    if (column < cols) return `${this.#finalPen()}${CSI}${row - top + 1};${column + 1}H${insert}`;
    return this.#waiting(row, top) + this.#finalPen() + APART + further(column - cols) + insert;
  }

  /** The pen of the terminal; one that only restoring a cursor leads to is there already, or cannot be had. */
  #finalPen(): string {
    const { pen } = this.#state;
    return this.#pen.isSimple(pen) ? this.#pen.to(pen) : this.#pen.toNearest(pen);
  }

  /** A wrap waits. Without wrapping the cursor waits just the same. */
  #waiting(row: number, top: number): string {
    const cells = this.#active.read(this.#active.base + row);
    const last = cells?.[startOf(cells, this.#state.cols - 1)];
    const isReachable = this.#pen.isSimple(this.#state.pen) || (last !== undefined && isSamePen(last, this.#state.pen));
    const again = isReachable ? this.#rows.reprint(row, row - top, (text) => this.#bytesFor(text)) : null;
    if (again !== null) return `${again}${this.#state.modes.isWrapping ? "" : `${CSI}?7l`}`;
    if (!this.#state.isAlternate) return `${VISIT_ALTERNATE}${this.#waitAnywhere(row, this.#state.cols)}${END_VISIT}`;
    return this.#waitErased(this.#active, row, row - top);
  }

  /** With origin mode a cursor outside the margins comes only from the other screen, which has none. */
  #outsideMargins(row: number, column: number): string {
    const { cols } = this.#state;
    const place = column < cols ? `${CSI}${row + 1};${column + 1}H` : this.#waitAnywhere(row, column);
    return this.#state.isAlternate ? "" : `${VISIT_ALTERNATE}${place}${END_VISIT}`;
  }

  /** The character before the cursor, with the pen and modes that are in force; `null` if that would not lead there. */
  #printAgain(cells: readonly Cell[], row: number): string | null {
    const { cols, pen, modes, printedWidth, hasJoined } = this.#state;
    const { column } = this.#active;
    if (column > cols) return null;
    const from = column - printedWidth;
    const cell = cells[from];
    const insert = modes.isInserting ? `${CSI}4h` : "";
    const isThere = cell !== undefined && isSound(cells, from) && cell.width === printedWidth;
    if (isThere && isSamePen(cell, pen) && Array.from(cell.text).length > 1 === hasJoined) {
      const bytes = this.#bytesFor(cell.text);
      if (bytes === null) return null;
      const halved = from === cols - 1 ? this.#rows.halvedBefore(cells, row) : null;
      if (halved !== null) return `${insert}${halved}${this.#finalPen()}${bytes}`;
      const place = `${CSI}${row + 1};${from + 1}H`;
      return `${this.#finalPen()}${place}${insert && `${CSI}${printedWidth}P`}${insert}${bytes}`;
    }
    // Without wrapping a wide character that does not fit is not written, but a mark joins what is before.
    if (modes.isWrapping || printedWidth !== 2 || column !== cols - 1) return null;
    const before = this.#rows.misfit(cells, row, hasJoined, () => this.#finalPen());
    return before === null ? null : insert + before;
  }

  /** What the character set in force shows as this text. */
  #bytesFor(text: string): string | null {
    const { charset } = this.#state;
    if (!charset) return text;
    let bytes = "";
    for (const character of text) {
      const byte = untranslated(charset, character);
      if (byte === null) return null;
      bytes += byte;
    }
    return bytes;
  }
}

function untranslated({ shows }: Charset, character: string): string | null {
  if (character > "~" || shows[character] === undefined) return character;
  for (const [byte, shown] of Object.entries(shows)) if (shown === character) return byte;
  return null;
}

/** A cell that was printed with the pen keeps of it what the emulator keeps. */
function isSamePen(cell: Cell, pen: ScreenState["pen"]): boolean {
  if (cell.fg !== pen.fg || cell.bg !== pen.bg) return false;
  if (!has(pen.bg, EXTENDED)) return true;
  return cell.underline === pen.underline && cell.underlineColour === pen.underlineColour && cell.link === pen.link;
}

function isUnsaved({ column, line, fg, bg, charset }: SavedCursor): boolean {
  return column === 0 && line === 0 && fg === PLAIN_PEN.fg && bg === PLAIN_PEN.bg && charset === null;
}

function further(columns: number): string {
  return columns > 0 ? APART + LONE_MARK : "";
}

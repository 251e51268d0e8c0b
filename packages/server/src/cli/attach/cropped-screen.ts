/**
 * A session whose screen has another size than the user's terminal: it is kept in an emulator of its own size, and the part around the
 * cursor that fits is painted. Keys and pastes reach the program as it wants them; the mouse does while the part begins in the corner.
 */
import { SCROLLBACK_LINES } from "../../terminal/engine.ts";
import { EXTENDED, has, PLAIN_PEN } from "../../terminal/pen.ts";
import { PenWriter } from "../../terminal/pen-writer.ts";
import { writeSnapshot } from "../../terminal/screen-snapshot.ts";
import type { Cell, ScreenBuffer, ScreenState } from "../../terminal/screen-state.ts";
import { XtermScreen } from "../../terminal/xterm-screen.ts";
import type { Size } from "./screen-size.ts";

const CSI = "\x1b[";
/** Without wrapping the last column can be written without a scroll. */
const BEGIN = `${CSI}?25l${CSI}?7l${CSI}m`;
const END = `${CSI}m${CSI}?7h`;
/** Modes that change what keys, pastes and the window send. */
const OF_KEYS = new Set([1, 66, 1004, 2004]);
const OF_MOUSE = new Set([9, 1000, 1002, 1003, 1006, 1016]);

export class CroppedScreen {
  readonly #screen: XtermScreen;
  /** What the terminal was told, by what it is about. */
  readonly #told = new Map<string, string>();
  #modes: readonly number[] = [];

  constructor({ cols, rows }: Size) {
    this.#screen = new XtermScreen(cols, rows, SCROLLBACK_LINES);
  }

  get size(): Size {
    return this.#screen.terminal;
  }

  write(data: Uint8Array): void {
    this.#screen.write(data);
  }

  resize({ cols, rows }: Size): void {
    this.#screen.resize(cols, rows);
  }

  /** What makes an empty terminal of the session's size this one. */
  whole(): string {
    return writeSnapshot(this.#screen.state, SCROLLBACK_LINES);
  }

  /** Paints a terminal of this size, over whatever it shows. */
  paint(own: Size): string {
    const { state } = this.#screen;
    const buffer = state.isAlternate ? state.alternate : state.normal;
    const top = Math.max(0, Math.min(state.rows, buffer.row + 1) - own.rows);
    const left = Math.max(0, Math.min(state.cols, buffer.column + 1) - own.cols);
    const rows = paintRows(state, buffer, { top, left, ...own });
    const cursor = `${CSI}${buffer.row - top + 1};${Math.min(buffer.column, state.cols - 1) - left + 1}H`;
    const shown = state.modes.isCursorHidden ? "" : `${CSI}?25h`;
    return `${BEGIN}${rows}${END}${this.#tellModes(state, top === 0 && left === 0)}${cursor}${shown}`;
  }

  close(): void {
    this.#screen.close();
  }

  #tellModes(state: ScreenState, isInCorner: boolean): string {
    const { modes, title, normal, alternate, isAlternate } = state;
    const wanted = modes.on.filter((mode) => OF_KEYS.has(mode) || (isInCorner && OF_MOUSE.has(mode)));
    const off = this.#modes.filter((mode) => !wanted.includes(mode)).map((mode) => `${CSI}?${mode}l`);
    const on = wanted.filter((mode) => !this.#modes.includes(mode)).map((mode) => `${CSI}?${mode}h`);
    this.#modes = wanted;
    const { flags } = (isAlternate ? alternate : normal).keyboard;
    const shape = modes.cursorShape === 0 ? 0 : modes.cursorShape + (modes.cursorBlinks ? 0 : 1);
    return [
      ...off,
      ...on,
      this.#tell("keyboard", `${CSI}=${flags}u`, flags === 0),
      this.#tell("keys", `${CSI}>4${modes.otherKeys === null ? "" : `;${modes.otherKeys}`}m`, modes.otherKeys === null),
      this.#tell("cursor", `${CSI}${shape} q`, shape === 0),
      this.#tell("title", `\x1b]2;${title}\x1b\\`, title === ""),
    ].join("");
  }

  /** Only news; `isUsual`: nothing to tell as long as nothing else was told. */
  #tell(what: string, sequence: string, isUsual: boolean): string {
    if (this.#told.get(what) === sequence || (isUsual && !this.#told.has(what))) return "";
    this.#told.set(what, sequence);
    return sequence;
  }
}

interface Part extends Size {
  readonly top: number;
  readonly left: number;
}

function paintRows(state: ScreenState, buffer: ScreenBuffer, part: Part): string {
  const pen = new PenWriter((number) => state.link(number));
  const count = Math.min(part.rows, state.rows - part.top);
  let text = "";
  for (let row = 0; row < count; row += 1) {
    const cells = buffer.read(buffer.base + part.top + row) ?? [];
    const right = Math.min(cells.length, part.left + part.cols);
    text += `${CSI}${row + 1};1H${paintCells(cells, part.left, right, pen)}`;
    if (right - part.left < part.cols) text += `${pen.toNearest(PLAIN_PEN)}${CSI}K`;
  }
  return count < part.rows ? `${text}${pen.toNearest(PLAIN_PEN)}${CSI}${count + 1};1H${CSI}J` : text + pen.toNearest(PLAIN_PEN);
}

/** A wide character of which only half fits is left blank. */
function paintCells(cells: readonly Cell[], left: number, right: number, pen: PenWriter): string {
  let text = "";
  for (let column = left; column < right; column += 1) {
    const cell = cells[column]!;
    const isSecondHalf = cell.width === 0 && cell.text === "";
    if (isSecondHalf && column > left && cells[column - 1]!.width === 2) continue;
    const isCut = isSecondHalf || (cell.width === 2 && (column + 1 >= right || cells[column + 1]!.width !== 0));
    text += pen.toNearest(has(cell.bg, EXTENDED) ? cell : { ...PLAIN_PEN, fg: cell.fg, bg: cell.bg });
    text += isCut || cell.text === "" || cell.width === 0 ? " " : cell.text;
  }
  return text;
}

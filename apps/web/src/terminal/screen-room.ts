/**
 * The room that the page has for a session's terminal, and how the terminal lies in it: at the chosen letters if it has the page's own
 * size, else with letters that make it fit, else panned so that the line with the cursor is seen.
 */
import type { Terminal } from "@xterm/xterm";
import { fittingFont, isSameSize, ownSize, revealed, type CellAt, type Room, type Size } from "./screen-fit.ts";

export interface RoomEvents {
  /** The room has changed, or may have. */
  changed(): void;
  /** The size that fits into it at the chosen letter size is another one now. */
  ownSize(size: Size): void;
  /** The terminal lies otherwise in it. */
  moved(): void;
}

/** How long another size may last before it is taken for somebody else's: our own resize is on its way back within it. */
const SETTLE_MS = 350;

export class ScreenRoom {
  /** As large as the terminal, so that nothing inside makes the frame longer. */
  readonly sheet: HTMLElement = document.createElement("div");
  readonly #frame: HTMLElement;
  readonly #terminal: Terminal;
  readonly #cellAt: CellAt;
  readonly #events: RoomEvents;
  readonly #watcher = new ResizeObserver(() => this.#roomChanged());
  #fontSize: number;
  #own: Size = { cols: 80, rows: 24 };
  #settling: ReturnType<typeof setTimeout> | undefined;
  #isAlive = true;
  #isPanned = false;
  #revealedRow = -1;

  /** `frame`: its content box is the room. The terminal is to be opened in the sheet. */
  constructor(frame: HTMLElement, terminal: Terminal, cellAt: CellAt, events: RoomEvents) {
    this.#frame = frame;
    this.#terminal = terminal;
    this.#cellAt = cellAt;
    this.#events = events;
    this.#fontSize = terminal.options.fontSize ?? 0;
    this.sheet.style.overflow = "clip";
    frame.append(this.sheet);
  }

  /** The terminal is open: from now on it is laid out. Answers the size that fits. */
  begin(): Size {
    this.#own = this.#fitting();
    this.#watcher.observe(this.#frame);
    return this.#own;
  }

  /** The size that fits at the chosen letter size. */
  get ownSize(): Size {
    return this.#own;
  }

  get fontSize(): number {
    return this.#fontSize;
  }

  /** A letter at the chosen size. */
  get ownCell(): Room {
    return this.#cellAt(this.#fontSize);
  }

  /** A letter as it is drawn now. */
  get cell(): Room {
    return this.#cellAt(this.#terminal.options.fontSize ?? this.#fontSize);
  }

  /** The terminal is larger than the room. */
  get isPanned(): boolean {
    return this.#isPanned;
  }

  setFontSize(fontSize: number): void {
    this.#fontSize = fontSize;
    this.#roomChanged();
    this.lay();
  }

  /** Once the program is over nobody can change the size any more: then the letters follow the width, and the height is panned. */
  setAlive(isAlive: boolean): void {
    if (this.#isAlive === isAlive) return;
    this.#isAlive = isAlive;
    this.lay();
  }

  /** Moves the window over a terminal larger than the room; the pixels that it could not move vertically are returned. */
  pan(x: number, y: number): number {
    const before = this.#frame.scrollTop;
    this.#frame.scrollLeft += x;
    this.#frame.scrollTop += y;
    return y - (this.#frame.scrollTop - before);
  }

  /** At its own size the terminal has the chosen letters at once. Another size is given the time of a round trip first. */
  lay(): void {
    clearTimeout(this.#settling);
    this.#settling = undefined;
    if (isSameSize(this.#terminal, this.#own)) return this.#setLetters(this.#fontSize);
    this.#settling = setTimeout(() => this.#setLetters(this.#fittingFont()), SETTLE_MS);
    this.#cutSheet();
    this.revealCursor();
  }

  /** In a room smaller than the terminal, the line with the cursor is the one to see. */
  revealCursor(): void {
    if (!this.#isPanned) return;
    const frame = this.#frame;
    const row = this.#terminal.buffer.active.cursorY;
    if (row === this.#revealedRow) return;
    this.#revealedRow = row;
    const bottom = (row + 1) * this.cell.height;
    frame.scrollTop = revealed(frame.scrollTop, frame.clientHeight, frame.scrollHeight, bottom + 2);
  }

  dispose(): void {
    clearTimeout(this.#settling);
    this.#watcher.disconnect();
    this.sheet.remove();
  }

  #roomChanged(): void {
    const own = this.#fitting();
    this.#events.changed();
    if (isSameSize(own, this.#own)) return this.lay();
    this.#own = own;
    this.lay();
    this.#events.ownSize(own);
  }

  #setLetters(fontSize: number): void {
    if (this.#terminal.options.fontSize !== fontSize) this.#terminal.options.fontSize = fontSize;
    this.#cutSheet();
    this.revealCursor();
    this.#events.moved();
  }

  #fittingFont(): number {
    const room = this.#room();
    return fittingFont(this.#isAlive ? room : { ...room, height: Infinity }, this.#cellAt, this.#terminal, this.#fontSize);
  }

  #cutSheet(): void {
    const { cell } = this;
    const room = this.#room();
    const [width, height] = [Math.ceil(cell.width * this.#terminal.cols), Math.ceil(cell.height * this.#terminal.rows)];
    this.sheet.style.width = `${width}px`;
    this.sheet.style.height = `${height}px`;
    this.#revealedRow = -1;
    this.#isPanned = width > room.width + 1 || height > room.height + 1;
  }

  #room(): Room {
    const style = getComputedStyle(this.#frame);
    return {
      width: this.#frame.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight),
      height: this.#frame.clientHeight - Number.parseFloat(style.paddingTop) - Number.parseFloat(style.paddingBottom),
    };
  }

  #fitting(): Size {
    return ownSize(this.#room(), this.#cellAt, this.#fontSize);
  }
}

/**
 * Draws a session into the user's own terminal, which stays an ordinary terminal: its scrollback keeps working, and every way out
 * puts it back. What stood on it before is scrolled up, not erased. Queries in the output are taken out, because the server's
 * engine has answered them already.
 */
import { QueryFilter } from "@perdure/client";
import { TerminalState } from "./terminal-state.ts";

/** The terminal as far as drawing needs it. `done` is called once the bytes are with the terminal. */
export interface DrawingSurface {
  readonly cols: number;
  readonly rows: number;
  write(data: Uint8Array | string, done?: () => void): void;
}

/** The main screen as it was: erase from the top, which unlike ED 2 moves nothing into the scrollback. */
const HOME_AND_CLEAR = "\x1b[H\x1b[J";
/** The names of window and icon are kept on the terminal's own stack meanwhile. */
const KEEP_TITLE = "\x1b[22;0t";
const GIVE_TITLE_BACK = "\x1b[23;0t";

export class OuterScreen {
  readonly #surface: DrawingSurface;
  readonly #filter = new QueryFilter();
  readonly #state = new TerminalState();
  #isBegun = false;
  #hasStatus = false;

  constructor(surface: DrawingSurface) {
    this.#surface = surface;
  }

  /** A status line covers a part of the screen: only a snapshot brings back what is below it. */
  get isCovered(): boolean {
    return this.#hasStatus;
  }

  /** Draws this instead of everything so far. */
  snapshot(data: Uint8Array, done: () => void): void {
    const before = this.#isBegun ? this.#state.restore(this.#surface.cols) : this.#begin();
    this.#hasStatus = false;
    this.#filter.reset();
    this.#surface.write(before + HOME_AND_CLEAR);
    this.output(data, done);
  }

  output(data: Uint8Array, done: () => void): void {
    if (!this.#isBegun) this.#surface.write(this.#begin() + HOME_AND_CLEAR);
    const shown = this.#filter.filter(data);
    this.#state.feed(shown);
    this.#surface.write(shown, done);
  }

  /** One line at the bottom, over what is there, until the next snapshot. The cursor and its colours stay. */
  showStatus(text: string): void {
    const { cols, rows } = this.#surface;
    const line = ` ${text} `.slice(0, Math.max(1, cols - 1)).padEnd(Math.max(1, cols - 1));
    this.#hasStatus = true;
    const begin = this.#isBegun ? "" : this.#begin() + HOME_AND_CLEAR;
    this.#surface.write(`${begin}${this.#state.interrupt()}\x1b7\x1b[?6l\x1b[${rows};1H\x1b[0;7m${line}\x1b[0m\x1b8`);
  }

  bell(): void {
    this.#surface.write("\x07");
  }

  /**
   * What puts the terminal back, on any way out; empty if nothing was drawn. `isBelow`: what the user reads next goes below the
   * whole screen, because the program lives on and its cursor may stand anywhere.
   */
  leave(isBelow: boolean): string {
    if (!this.#isBegun) return "";
    this.#isBegun = false;
    const wasAlternate = this.#state.isAlternate;
    const clearStatus = this.#hasStatus ? `\x1b7\x1b[${this.#surface.rows};1H\x1b[0m\x1b[K\x1b8` : "";
    const below = isBelow && !wasAlternate ? `\x1b[${this.#surface.rows};1H\r\n` : "";
    return `${this.#state.interrupt()}${clearStatus}${this.#state.restore(this.#surface.cols)}${below}${GIVE_TITLE_BACK}`;
  }

  /** Scrolls up exactly the lines in use: as many line feeds as the screen has rows. */
  #begin(): string {
    this.#isBegun = true;
    return `${KEEP_TITLE}\r${"\n".repeat(this.#surface.rows)}`;
  }
}

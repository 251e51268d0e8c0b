/**
 * Draws a session into the user's own terminal, which stays an ordinary terminal: its scrollback keeps working, and every way out
 * puts it back. What stood on it before is scrolled up, not erased. Queries in the output are taken out, because the server's
 * engine has answered them already. While the session has another size than the terminal, the part of it that fits is painted.
 */
import { QueryFilter } from "@perdure/client";
import { WholeCharacters } from "@perdure/protocol";
import { systemClock, type Clock } from "../../platform/clock.ts";
import type { CroppedScreen } from "./cropped-screen.ts";
import { isSameSize, type Size } from "./screen-size.ts";
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
/** A part is painted at most once in so long. */
const PAINT_EVERY_MS = 33;

export class OuterScreen {
  readonly #surface: DrawingSurface;
  readonly #filter = new QueryFilter();
  readonly #characters = new WholeCharacters();
  readonly #state = new TerminalState();
  readonly #crop: (size: Size) => CroppedScreen;
  readonly #clock: Clock;
  #isBegun = false;
  #hasStatus = false;
  /** The session has another size. */
  #cropped: CroppedScreen | null = null;
  #paintedAt = -Infinity;
  #cancelPaint: (() => void) | null = null;

  /** `crop`: makes what shows a session of another size. Handed in, because commands that show none need not load an emulator. */
  constructor(surface: DrawingSurface, crop: (size: Size) => CroppedScreen, clock: Clock = systemClock) {
    this.#surface = surface;
    this.#crop = crop;
    this.#clock = clock;
  }

  /** A status line covers a part of the screen: only a snapshot brings back what is below it. */
  get isCovered(): boolean {
    return this.#hasStatus;
  }

  /** Draws this instead of everything so far. */
  snapshot(data: Uint8Array, size: Size, done: () => void): void {
    const before = this.#isBegun ? this.#state.restore(this.#surface.cols) : this.#begin();
    this.#hasStatus = false;
    this.#filter.reset();
    this.#characters.reset();
    this.#endCropping();
    if (!isSameSize(size, this.#surface)) this.#cropped = this.#crop(size);
    this.#surface.write(before + HOME_AND_CLEAR);
    this.output(data, done);
  }

  output(data: Uint8Array, done: () => void): void {
    if (!this.#isBegun) this.#surface.write(this.#begin() + HOME_AND_CLEAR);
    const shown = this.#characters.take(this.#filter.filter(data));
    if (this.#cropped === null) return this.#draw(shown, done);
    this.#cropped.write(shown);
    this.#paintSoon();
    done();
  }

  /** The session has this size now. `false`: what is there must come as a snapshot. */
  resized(size: Size): boolean {
    this.#cropped?.resize(size);
    return this.#fit(size);
  }

  /** The terminal has another size; the session has this one. As {@link resized}. */
  refit(size: Size): boolean {
    return this.#fit(size);
  }

  #fit(size: Size): boolean {
    const isSame = isSameSize(size, this.#surface);
    if (this.#cropped === null) return isSame;
    if (!isSame) this.#paintSoon();
    else {
      const whole = this.#cropped.whole();
      this.#endCropping();
      this.#surface.write(this.#state.restore(this.#surface.cols) + HOME_AND_CLEAR);
      this.#draw(new TextEncoder().encode(whole), () => undefined);
    }
    return true;
  }

  #draw(shown: Uint8Array, done: () => void): void {
    this.#state.feed(shown);
    this.#surface.write(shown, done);
  }

  #paintSoon(): void {
    if (this.#cancelPaint !== null || this.#hasStatus) return;
    const waitMs = this.#paintedAt + PAINT_EVERY_MS - this.#clock.now();
    if (waitMs > 0) this.#cancelPaint = this.#clock.after(waitMs, () => this.#paint());
    else this.#paint();
  }

  #paint(): void {
    this.#cancelPaint = null;
    if (this.#cropped === null || this.#hasStatus) return;
    this.#paintedAt = this.#clock.now();
    this.#draw(new TextEncoder().encode(this.#cropped.paint(this.#surface)), () => undefined);
  }

  #endCropping(): void {
    this.#cancelPaint?.();
    this.#cancelPaint = null;
    this.#cropped?.close();
    this.#cropped = null;
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
    const wasCropped = this.#cropped !== null;
    this.#endCropping();
    const wasAlternate = this.#state.isAlternate;
    const clearStatus = this.#hasStatus ? `\x1b7\x1b[${this.#surface.rows};1H\x1b[0m\x1b[K\x1b8` : "";
    const below = (isBelow || wasCropped) && !wasAlternate ? `\x1b[${this.#surface.rows};1H\r\n` : "";
    return `${this.#state.interrupt()}${clearStatus}${this.#state.restore(this.#surface.cols)}${below}${GIVE_TITLE_BACK}`;
  }

  /** Scrolls up exactly the lines in use: as many line feeds as the screen has rows. */
  #begin(): string {
    this.#isBegun = true;
    return `${KEEP_TITLE}\r${"\n".repeat(this.#surface.rows)}`;
  }
}

/**
 * Everything a terminal is between two sequences, as far as it decides what is seen or how later output is read: what a snapshot
 * has to carry. Attributes and links are told as the emulator packs them, because two packings that look alike need not behave alike.
 */

/** How text is written. `fg` and `bg` hold a colour and flags, `underline` is the style as it was asked for (0: none), `link` a number of the emulator's, 0: none. */
export interface Pen {
  readonly fg: number;
  readonly bg: number;
  readonly underline: number;
  readonly underlineColour: number;
  readonly link: number;
}

/** What stands in a cell. The second half of a wide character has width 0 and no text; a cell that nothing was written to has width 1 and no text. */
export interface Cell extends Pen {
  readonly text: string;
  readonly width: number;
}

/** A cursor as DECSC saved it. Of attributes the emulator saves only these two. */
export interface SavedCursor {
  readonly column: number;
  /** Counted from the first kept row, above the screen included. */
  readonly line: number;
  readonly fg: number;
  readonly bg: number;
  readonly charset: Charset | null;
}

/** One of the two screens. Rows are counted from the first kept one; `base` is the first on the screen. */
export interface ScreenBuffer {
  readonly base: number;
  readonly column: number;
  /** Counted from the top of the screen. */
  readonly row: number;
  readonly marginTop: number;
  readonly marginBottom: number;
  readonly tabStops: readonly number[];
  readonly saved: SavedCursor;
  readonly keyboard: KeyboardStack;
  /** The row goes on from the row before. */
  isWrapped(line: number): boolean;
  /** The cells of a row, as many as the screen has columns. Reading another row overwrites them. */
  read(line: number): readonly Cell[] | null;
}

/** A character set: what designates it, and what it shows in place of some ASCII characters. */
export interface Charset {
  readonly final: string;
  readonly shows: Readonly<Record<string, string>>;
}

/** Where a link leads; `null`: the emulator has forgotten it, though cells still carry its number. */
export interface Link {
  readonly id: string | undefined;
  readonly uri: string;
  /** Rows it was begun or written in, of the screen that is shown; when the last of them is gone it is forgotten. */
  readonly lines: readonly number[];
}

/** Flags of the kitty keyboard protocol: those in force, and those pushed below them. */
export interface KeyboardStack {
  readonly flags: number;
  readonly pushed: readonly number[];
}

/** Modes by the number that sets them; those not in here are as in a new terminal. */
export interface Modes {
  /** DECSET numbers that are on, but off in a new terminal. */
  readonly on: readonly number[];
  readonly isInserting: boolean;
  readonly isOrigin: boolean;
  readonly isWrapping: boolean;
  readonly isCursorHidden: boolean;
  readonly isNewLine: boolean;
  readonly isBlinkOption: boolean;
  /** 1 block, 3 underline, 5 bar; 0: the terminal's own. */
  readonly cursorShape: number;
  readonly cursorBlinks: boolean | undefined;
  /** XTMODKEYS 4; `null`: the terminal's own. */
  readonly otherKeys: number | null;
}

export interface ScreenState {
  readonly cols: number;
  readonly rows: number;
  readonly normal: ScreenBuffer;
  readonly alternate: ScreenBuffer;
  readonly isAlternate: boolean;
  readonly pen: Pen;
  /** G0 to G3. */
  readonly charsets: readonly (Charset | null)[];
  readonly shift: number;
  /** What characters are read by now: after restoring a cursor it need not be the one that is shifted in. */
  readonly charset: Charset | null;
  readonly modes: Modes;
  /** Columns of the character that was written last, if nothing came after it that a combining mark or REP would not refer to; else 0. */
  readonly printedWidth: number;
  /** Whether that was a mark that joined the character before. */
  readonly hasJoined: boolean;
  readonly title: string;
  readonly icon: string;
  /** Colours that were set: 0 to 255, foreground 256, background 257, cursor 258. */
  readonly colours: ReadonlyMap<number, Rgb>;
  link(number: number): Link | null;
  /** Columns that the emulator gives a character: 0, 1 or 2. */
  widthOf(codepoint: number): number;
}

export type Rgb = readonly [number, number, number];

/**
 * The one file that knows the emulator's insides: @xterm/headless 6.0.0, pinned to that very version. Of its private parts are
 * used `_core.writeSync` (parses at once; `write` goes through timers and costs two to three times as much), and to read the
 * state that its public interface does not tell: `_core.buffers`, `_core.coreService`, `_core.coreMouseService`,
 * `_core._inputHandler`, and of cells the packed attributes and the underlines.
 */
import { Unicode11Addon } from "@xterm/addon-unicode11";
import headless, { type IBufferCell, type Terminal } from "@xterm/headless";

/** How a cell looks, or would look if it were written now. */
export type Attributes = Pick<IBufferCell, AttributeReader> & {
  /** 0: none, 1: single, 2: double, 3: curly, 4: dotted, 5: dashed. */
  getUnderlineStyle(): number;
  isUnderlineColorDefault(): boolean;
  getUnderlineColor(): number;
  getUnderlineColorMode(): number;
};

type AttributeReader =
  | "isBold"
  | "isDim"
  | "isItalic"
  | "isBlink"
  | "isInverse"
  | "isInvisible"
  | "isStrikethrough"
  | "isOverline"
  | "getFgColor"
  | "getFgColorMode"
  | "getBgColor"
  | "getBgColorMode";

/** A cell with its attributes as the emulator keeps them, in three numbers (`ext`: underline and hyperlink). */
export type Cell = IBufferCell & Attributes & { readonly fg: number; readonly bg: number; readonly extended: { readonly ext: number } };

/** The private parts that are used. */
interface Core {
  writeSync(data: Uint8Array | string): void;
  readonly buffers: { readonly active: CoreBuffer; readonly normal: CoreBuffer };
  readonly coreService: {
    readonly isCursorHidden: boolean;
    readonly decPrivateModes: { readonly cursorStyle?: "block" | "underline" | "bar"; readonly cursorBlink?: boolean };
  };
  readonly coreMouseService: { readonly activeEncoding: string };
  readonly _inputHandler: { readonly _curAttrData: Attributes; readonly _parser: { readonly precedingJoinState: number } };
}

interface CoreBuffer {
  readonly scrollTop: number;
  readonly scrollBottom: number;
  readonly ybase: number;
  readonly savedX: number;
  readonly savedY: number;
  readonly savedCurAttrData: Attributes;
}

/** A cursor as DECSC saved it, counted from 0 on the screen. */
export interface SavedCursor {
  readonly column: number;
  readonly row: number;
  readonly pen: Attributes;
}

/** Modes that the emulator does not tell publicly. */
export interface HiddenModes {
  /** First and last row of the scroll region, counted from 0. */
  readonly scrollTop: number;
  readonly scrollBottom: number;
  readonly isCursorHidden: boolean;
  /** Parameter of DECSCUSR; 0: the terminal's own. */
  readonly cursorStyle: number;
  /** Parameter of the DECSET that set the encoding of mouse reports; 0: the old one. */
  readonly mouseEncoding: number;
}

const CURSOR_STYLES = { block: 1, underline: 3, bar: 5 } as const;
const MOUSE_ENCODINGS: Readonly<Record<string, number>> = { SGR: 1006, SGR_PIXELS: 1016 };

export class XtermScreen {
  /** The public interface, to read from. */
  readonly terminal: Terminal;
  readonly #core: Core;
  #replies = "";

  constructor(cols: number, rows: number, scrollback: number) {
    this.terminal = new headless.Terminal({
      cols,
      rows,
      scrollback,
      allowProposedApi: true,
      logLevel: "off",
      windowOptions: { getWinSizeChars: true },
    });
    // The web app's terminal counts widths by the same table: otherwise its rows would wrap elsewhere.
    this.terminal.loadAddon(new Unicode11Addon());
    this.terminal.unicode.activeVersion = "11";
    // oxlint-disable-next-line no-underscore-dangle -- the emulator's own name
    this.#core = (this.terminal as unknown as { readonly _core: Core })._core;
    this.terminal.onData((data) => {
      this.#replies += data;
    });
  }

  /** Parses the bytes at once; returns what the emulator answers to them. */
  write(data: Uint8Array | string): string {
    this.#replies = "";
    this.#core.writeSync(data);
    return this.#replies;
  }

  resize(cols: number, rows: number): void {
    this.terminal.resize(cols, rows);
  }

  /** Rows of the screen and at most so many above it as text; trailing blanks and trailing empty rows are cut. */
  lines(scrollback: number): string[] {
    const buffer = this.terminal.buffer.active;
    const lines: string[] = [];
    for (let row = Math.max(0, buffer.baseY - scrollback); row < buffer.baseY + this.terminal.rows; row++) {
      lines.push(buffer.getLine(row)?.translateToString(true).trimEnd() ?? "");
    }
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  /** From the main screen's cursor, as it is or will be when the alternate screen is left, to the first row that nothing was written on or below. */
  get rowsToFreeRow(): number {
    const { active, normal } = this.terminal.buffer;
    const cursorRow = active.type === "normal" ? normal.cursorY : this.savedCursor("normal").row;
    let free = this.terminal.rows;
    while (free > 0 && (normal.getLine(normal.baseY + free - 1)?.translateToString(true) ?? "") === "") free -= 1;
    return free - cursorRow;
  }

  get hiddenModes(): HiddenModes {
    const { buffers, coreService, coreMouseService } = this.#core;
    const { cursorStyle, cursorBlink } = coreService.decPrivateModes;
    return {
      scrollTop: buffers.active.scrollTop,
      scrollBottom: buffers.active.scrollBottom,
      isCursorHidden: coreService.isCursorHidden,
      cursorStyle: cursorStyle ? CURSOR_STYLES[cursorStyle] + (cursorBlink ? 0 : 1) : 0,
      mouseEncoding: MOUSE_ENCODINGS[coreMouseService.activeEncoding] ?? 0,
    };
  }

  /** What is written next looks like this. */
  get pen(): Attributes {
    // oxlint-disable-next-line no-underscore-dangle -- the emulator's own names
    return this.#core._inputHandler._curAttrData;
  }

  /** True if the last thing parsed was a character: a combining mark or REP would refer to it. */
  get hasJustPrinted(): boolean {
    // oxlint-disable-next-line no-underscore-dangle -- the emulator's own names
    return this.#core._inputHandler._parser.precedingJoinState !== 0;
  }

  savedCursor(which: "active" | "normal"): SavedCursor {
    const buffer = this.#core.buffers[which];
    return { column: buffer.savedX, row: Math.max(0, buffer.savedY - buffer.ybase), pen: buffer.savedCurAttrData };
  }

  close(): void {
    this.terminal.dispose();
  }
}

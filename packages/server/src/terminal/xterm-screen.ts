/**
 * The one file that knows the emulator's insides: @xterm/headless 6.0.0, pinned to that very version. Of its private parts are
 * used `_core.writeSync` (parses at once; `write` goes through timers and costs two to three times as much), and to read:
 * `_core.buffers`, `_core.coreService`, `_core.coreMouseService`, for the state that its public interface does not tell.
 */
import headless, { type Terminal } from "@xterm/headless";

/** The private parts that are used. */
interface Core {
  writeSync(data: Uint8Array | string): void;
  readonly buffers: { readonly active: CoreBuffer; readonly normal: CoreBuffer };
  readonly coreService: {
    readonly isCursorHidden: boolean;
    readonly decPrivateModes: { readonly cursorStyle?: "block" | "underline" | "bar"; readonly cursorBlink?: boolean };
  };
  readonly coreMouseService: { readonly activeEncoding: string };
}

interface CoreBuffer {
  readonly scrollTop: number;
  readonly scrollBottom: number;
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

  close(): void {
    this.terminal.dispose();
  }
}

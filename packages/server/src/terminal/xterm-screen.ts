/**
 * The one place that knows the emulator's insides: @xterm/headless 6.0.0, pinned to that very version (`xterm-core.ts` says what is
 * used, and checks it at the start). `writeSync` parses at once; `write` goes through timers and costs two to three times as much.
 */
import { guardEmulator } from "@perdure/protocol";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import headless, { type Terminal } from "@xterm/headless";
import { KeyboardProtocol } from "./keyboard-protocol.ts";
import type { Cell, Charset, KeyboardStack, Modes, Pen, Rgb, SavedCursor, ScreenBuffer, ScreenState } from "./screen-state.ts";
import { checkCore, type ColourRequest, type Core, type CoreBuffer, type CoreCharset, type CoreLine, coreOf } from "./xterm-core.ts";

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

const CURSOR_SHAPES = { block: 1, underline: 3, bar: 5 } as const;
const MOUSE_ENCODINGS: Readonly<Record<string, number>> = { SGR: 1006, SGR_PIXELS: 1016 };
const MOUSE_PROTOCOLS: Readonly<Record<string, number>> = { X10: 9, VT200: 1000, DRAG: 1002, ANY: 1003 };

const HAS_EXTENDED = 0x10000000;
const IS_COMBINED = 0x200000;
const CODEPOINT = 0x1fffff;
const WIDTH_SHIFT = 22;
/** Where the emulator keeps the style of an underline. */
const UNDERLINE_SHIFT = 26;
const COLOUR = 0x3ffffff;

/** Designations by the table that they select; learned from the emulator when its first terminal is made. */
let charsets: ReadonlyMap<CoreCharset, Charset> | null = null;

export class XtermScreen {
  /** The public interface, to read from. */
  readonly terminal: Terminal;
  readonly #core: Core;
  readonly #keyboard: KeyboardProtocol;
  readonly #colours = new Map<number, Rgb>();
  #replies = "";

  /** Throws if the emulator is not the version that this is written for. */
  constructor(cols: number, rows: number, scrollback: number) {
    charsets ??= learnCharsets();
    this.terminal = makeTerminal(cols, rows, scrollback);
    this.#core = coreOf(this.terminal);
    this.#keyboard = new KeyboardProtocol(this.terminal.parser, () => this.terminal.buffer.active.type === "alternate");
    this.terminal.onData((data) => {
      this.#replies += data;
    });
    this.#core._inputHandler.onColor((requests) => this.#applyColours(requests));
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
    const { ybase, savedY } = this.#core._bufferService.buffers.normal;
    const cursorRow = active.type === "normal" ? normal.cursorY : Math.min(this.terminal.rows - 1, Math.max(0, savedY - ybase));
    let free = this.terminal.rows;
    while (free > 0 && (normal.getLine(normal.baseY + free - 1)?.translateToString(true) ?? "") === "") free -= 1;
    return free - cursorRow;
  }

  get hiddenModes(): HiddenModes {
    const { _bufferService: buffers, coreService, coreMouseService } = this.#core;
    const { cursorStyle, cursorBlink } = coreService.decPrivateModes;
    return {
      scrollTop: buffers.buffers.active.scrollTop,
      scrollBottom: buffers.buffers.active.scrollBottom,
      isCursorHidden: coreService.isCursorHidden,
      cursorStyle: cursorStyle ? CURSOR_SHAPES[cursorStyle] + (cursorBlink ? 0 : 1) : 0,
      mouseEncoding: MOUSE_ENCODINGS[coreMouseService.activeEncoding] ?? 0,
    };
  }

  /** Those that the program has set, by their numbers. */
  get colours(): ReadonlyMap<number, Rgb> {
    return this.#colours;
  }

  /** Inside a sequence: what is written next belongs to it. */
  get isInSequence(): boolean {
    return this.#core._inputHandler._parser.currentState !== 0;
  }

  /** Everything a snapshot carries. Valid until the next write or resize. */
  get state(): ScreenState {
    const { _bufferService: service, _charsetService: shifted, _inputHandler: input, unicodeService } = this.#core;
    const { normal, alt, active } = service.buffers;
    const { cols, rows } = this.terminal;
    const { precedingJoinState } = input._parser;
    return {
      cols,
      rows,
      normal: bufferState(normal, cols, this.#keyboard.normal),
      alternate: bufferState(alt, cols, this.#keyboard.alternate),
      isAlternate: active === alt,
      pen: penOf(input._curAttrData),
      charsets: [0, 1, 2, 3].map((set) => charsetOf(shifted._charsets[set])),
      shift: shifted.glevel,
      charset: charsetOf(shifted.charset),
      modes: this.#modes(),
      printedWidth: (precedingJoinState >> 1) & 3,
      hasJoined: (precedingJoinState & 1) === 1,
      title: input._windowTitle,
      icon: input._iconName,
      colours: this.#colours,
      widthOf: (codepoint) => unicodeService.wcwidth(codepoint),
      link: (number) => {
        const link = this.#core._oscLinkService._dataByLinkId.get(number);
        return link ? { id: link.data.id, uri: link.data.uri, lines: link.lines.map(({ line }) => line) } : null;
      },
    };
  }

  close(): void {
    this.terminal.dispose();
  }

  #modes(): Modes {
    const { coreService, coreMouseService, optionsService } = this.#core;
    const modes = coreService.decPrivateModes;
    const on = [
      modes.applicationCursorKeys ? 1 : 0,
      modes.reverseWraparound ? 45 : 0,
      modes.applicationKeypad ? 66 : 0,
      modes.sendFocus ? 1004 : 0,
      modes.bracketedPasteMode ? 2004 : 0,
      modes.synchronizedOutput ? 2026 : 0,
      MOUSE_PROTOCOLS[coreMouseService.activeProtocol] ?? 0,
      MOUSE_ENCODINGS[coreMouseService.activeEncoding] ?? 0,
    ];
    return {
      on: on.filter((mode) => mode > 0),
      isInserting: coreService.modes.insertMode,
      isOrigin: modes.origin,
      isWrapping: modes.wraparound,
      isCursorHidden: coreService.isCursorHidden,
      isNewLine: optionsService.rawOptions.convertEol,
      isBlinkOption: optionsService.rawOptions.cursorBlink,
      cursorShape: modes.cursorStyle ? CURSOR_SHAPES[modes.cursorStyle] : 0,
      cursorBlinks: modes.cursorBlink,
      otherKeys: this.#keyboard.otherKeys,
    };
  }

  #applyColours(requests: readonly ColourRequest[]): void {
    for (const { type, index, color } of requests) {
      if (type === 1 && index !== undefined && color) this.#colours.set(index, color);
      else if (type === 2 && index !== undefined) this.#colours.delete(index);
      else if (type === 2) for (const known of this.#colours.keys()) if (known < 256) this.#colours.delete(known);
    }
  }
}

function makeTerminal(cols: number, rows: number, scrollback: number): Terminal {
  const terminal = new headless.Terminal({
    cols,
    rows,
    scrollback,
    allowProposedApi: true,
    logLevel: "off",
    windowOptions: { getWinSizeChars: true },
  });
  // The web app's terminal counts widths by the same table: otherwise its rows would wrap elsewhere.
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = "11";
  guardEmulator(terminal);
  return terminal;
}

function learnCharsets(): ReadonlyMap<CoreCharset, Charset> {
  checkCore(() => makeTerminal(10, 1, 1));
  const scratch = makeTerminal(10, 1, 1);
  const core = coreOf(scratch);
  const learned = new Map<CoreCharset, Charset>();
  for (let code = 0x30; code < 0x7f; code++) {
    const final = String.fromCharCode(code);
    core.writeSync(`\x1b(B\x1b(${final}`);
    const shows = core._charsetService._charsets[0];
    if (shows && !learned.has(shows)) learned.set(shows, { final, shows });
  }
  scratch.dispose();
  return learned;
}

function charsetOf(table: CoreCharset | undefined): Charset | null {
  return (table && charsets?.get(table)) ?? null;
}

function penOf(attributes: Core["_inputHandler"]["_curAttrData"]): Pen {
  const { _ext, _urlId } = attributes.extended;
  return {
    fg: attributes.fg >>> 0,
    bg: attributes.bg >>> 0,
    underline: (_ext >> UNDERLINE_SHIFT) & 7,
    underlineColour: _ext & COLOUR,
    link: _urlId,
  };
}

function bufferState(buffer: CoreBuffer, cols: number, keyboard: KeyboardStack): ScreenBuffer {
  const cells = Array.from({ length: cols }, () => ({ ...NO_CELL }));
  return {
    base: buffer.ybase,
    column: buffer.x,
    row: buffer.y,
    marginTop: buffer.scrollTop,
    marginBottom: buffer.scrollBottom,
    tabStops: Object.keys(buffer.tabs)
      .map(Number)
      .filter((column) => buffer.tabs[column]),
    saved: savedCursor(buffer),
    keyboard,
    isWrapped: (index) => buffer.lines.get(index)?.isWrapped ?? false,
    read: (index) => {
      const line = buffer.lines.get(index);
      if (!line || index < 0 || index >= buffer.lines.length) return null;
      for (let column = 0; column < cols; column++) readCell(line, column, cells[column]!);
      return cells;
    },
  };
}

function savedCursor(buffer: CoreBuffer): SavedCursor {
  return {
    column: buffer.savedX,
    line: buffer.savedY,
    fg: buffer.savedCurAttrData.fg >>> 0,
    bg: buffer.savedCurAttrData.bg >>> 0,
    charset: charsetOf(buffer.savedCharset),
  };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const NO_CELL: Cell = { text: "", width: 1, fg: 0, bg: 0, underline: 0, underlineColour: 0, link: 0 };

function readCell(line: CoreLine, column: number, cell: Writable<Cell>): void {
  const content = line._data[column * 3] ?? 0;
  cell.fg = line._data[column * 3 + 1] ?? 0;
  cell.bg = line._data[column * 3 + 2] ?? 0;
  cell.width = content >> WIDTH_SHIFT;
  if (content & IS_COMBINED) cell.text = line._combined[column] ?? "";
  else cell.text = content & CODEPOINT ? String.fromCodePoint(content & CODEPOINT) : "";
  const extended = cell.bg & HAS_EXTENDED ? line._extendedAttrs[column] : undefined;
  const packed = extended?._ext ?? 0;
  cell.underline = (packed >> UNDERLINE_SHIFT) & 7;
  cell.underlineColour = packed & COLOUR;
  cell.link = extended?._urlId ?? 0;
}

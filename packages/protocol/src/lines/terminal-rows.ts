/**
 * The rows of an xterm.js 6.0.0 terminal, with or without a screen of its own, as lines are counted and read from them: private
 * parts of the emulator, the same in both of its packages. Nothing here imports it.
 */

/** A row of cells. */
export interface TerminalRow {
  /** It goes on from the row before. */
  readonly isWrapped: boolean;
  readonly length: number;
  /** Columns up to the last one that something was written to. */
  getTrimmedLength(): number;
  /** The same, but a background counts as well. */
  getNoBgTrimmedLength(): number;
  /** 0: the second half of a wide character. */
  getWidth(column: number): number;
  hasContent(column: number): number;
  loadCell(column: number, cell: RowCell): RowCell;
  translateToString(trimRight: boolean, startColumn: number, endColumn: number): string;
}

/** A cell as the emulator keeps it: its look is three numbers and the link's. */
export interface RowCell {
  readonly fg: number;
  readonly bg: number;
  readonly extended: { readonly ext: number; readonly urlId: number };
  getWidth(): number;
  getChars(): string;
  getFgColorMode(): number;
  getFgColor(): number;
  getBgColorMode(): number;
  getBgColor(): number;
  isBold(): number;
  isDim(): number;
  isItalic(): number;
  isBlink(): number;
  isInverse(): number;
  isInvisible(): number;
  isStrikethrough(): number;
  isOverline(): number;
  getUnderlineStyle(): number;
  isUnderlineColorDefault(): boolean;
  getUnderlineColorMode(): number;
  getUnderlineColor(): number;
}

/** The list of rows: what was scrolled away above, then the screen. Rows leave at its top only. */
export interface RowList {
  readonly length: number;
  readonly maxLength: number;
  get(index: number): TerminalRow | undefined;
  recycle(): TerminalRow;
  trimStart(count: number): void;
  splice(start: number, deleteCount: number, ...rows: TerminalRow[]): void;
}

/** Of the public interface what is used. */
export interface EmulatedTerminal {
  readonly cols: number;
  readonly rows: number;
  readonly options: { scrollback?: number };
  readonly buffer: {
    readonly active: { getNullCell(): unknown };
    onBufferChange(listener: () => void): { dispose(): void };
  };
  readonly parser: { registerEscHandler(id: { readonly final: string }, handler: () => boolean): { dispose(): void } };
  resize(cols: number, rows: number): void;
}

interface MainBuffer {
  readonly lines: RowList;
  /** Rows above the screen. */
  readonly ybase: number;
  readonly y: number;
  readonly x: number;
}

interface Core {
  readonly buffers: { readonly normal: MainBuffer };
  readonly _oscLinkService: { getLinkData(link: number): { readonly uri: string } | undefined };
}

/** The main screen with what is above it, whichever is shown. */
export function mainBuffer(terminal: EmulatedTerminal): MainBuffer {
  return coreOf(terminal).buffers.normal;
}

/** The main screen's cursor: its row, counted from the top of what the terminal keeps, and its column. */
export function mainCursor(terminal: EmulatedTerminal): { readonly index: number; readonly column: number } {
  const { ybase, y, x } = mainBuffer(terminal);
  return { index: ybase + y, column: x };
}

export function linkAddress(terminal: EmulatedTerminal, link: number): string | undefined {
  // oxlint-disable-next-line no-underscore-dangle -- the emulator's own name
  return coreOf(terminal)._oscLinkService.getLinkData(link)?.uri;
}

function coreOf(terminal: EmulatedTerminal): Core {
  // oxlint-disable-next-line no-underscore-dangle -- the emulator's own name
  return (terminal as unknown as { readonly _core: Core })._core;
}

/**
 * Keeps xterm.js 6.0.0 from two kinds of harm, in the server's engine and in the page's terminal alike, so that they stay alike.
 *
 * What a single sequence can do: counts of two thousand million rows or characters are worked off one by one, or asked for as memory,
 * and erasing up to the last cell of a screen without history throws, after which the terminal never reads again.
 *
 * What a resize leaves behind, unseen, until a later edit or resize brings it up: columns of the alternate screen beyond its width, rows
 * above it, tab stops beyond the width, half of a wide character, text that was written over, a saved cursor outside of the screen, and what a combining mark would join. No output brings a terminal
 * there, so no snapshot could; it is tidied away.
 */

/** The terminal as far as it is needed; the parser's handlers are tried last to first. */
export interface GuardedTerminal {
  readonly cols: number;
  readonly rows: number;
  readonly buffer: {
    readonly active: { readonly cursorX: number; readonly cursorY: number; readonly baseY: number; readonly length: number };
  };
  readonly parser: {
    registerCsiHandler(
      id: { readonly prefix?: string; readonly final: string },
      callback: (params: (number | number[])[]) => boolean,
    ): unknown;
  };
  onResize(listener: () => void): unknown;
}

interface Line {
  readonly length: number;
  readonly _data: Uint32Array;
  /** Texts of cells with marks, and of cells that had some: these come back when a resize moves cells. */
  readonly _combined: Record<string, string>;
  getWidth(column: number): number;
  hasContent(column: number): number;
  resize(columns: number, fill: unknown): unknown;
  setCellFromCodepoint(column: number, codepoint: number, width: number, attributes: unknown): void;
}

interface Screen {
  readonly lines: { readonly length: number; maxLength: number; get(index: number): Line | undefined };
  readonly tabs: Record<string, boolean | undefined>;
  readonly ybase: number;
  savedX: number;
  savedY: number;
  getNullCell(): unknown;
}

type Handler = (params: { readonly params: readonly number[]; readonly length: number }, isProtected?: boolean) => unknown;
type HandlerName =
  | "insertLines"
  | "deleteLines"
  | "scrollUp"
  | "scrollDown"
  | "cursorForwardTab"
  | "cursorBackwardTab"
  | "repeatPrecedingCharacter"
  | "eraseInDisplay";

/** The private parts that are used. */
interface Core {
  readonly _bufferService: {
    resize(cols: number, rows: number): void;
    readonly buffers: { readonly active: Screen; readonly normal: Screen; readonly alt: Screen };
  };
  readonly _inputHandler: Readonly<Record<HandlerName, Handler>> & { readonly _parser: { precedingJoinState: number } };
}

const HANDLERS: readonly HandlerName[] = [
  "insertLines",
  "deleteLines",
  "scrollUp",
  "scrollDown",
  "cursorForwardTab",
  "cursorBackwardTab",
  "repeatPrecedingCharacter",
  "eraseInDisplay",
];

/** Throws, naming the field, if the emulator is not the one this is written for. To be called before anything is written. */
export function guardEmulator(terminal: GuardedTerminal): void {
  const core = checkedCore(terminal);
  limitCounts(terminal, core);
  for (const prefix of [undefined, "?"]) {
    terminal.parser.registerCsiHandler({ ...(prefix ? { prefix } : {}), final: "J" }, ([what]) => {
      if (what === 3) keepSavedRow(core);
      if (what !== 1 || !isAtEnd(terminal)) return false;
      core._inputHandler.eraseInDisplay({ params: [2], length: 1 }, prefix === "?");
      return true;
    });
  }
  const service = core._bufferService;
  const resize = service.resize.bind(service);
  service.resize = (columns, rows) => {
    forgetOverwritten(service.buffers.normal);
    forgetOverwritten(service.buffers.alt);
    resize(columns, rows);
  };
  let { cols } = terminal;
  terminal.onResize(() => {
    tidy(terminal, core, cols);
    cols = terminal.cols;
  });
}

/** Nothing that lies further is on the screen; of copies of a character xterm, too, makes no more than fill it. */
function limitCounts(terminal: GuardedTerminal, core: Core): void {
  const limit = (final: string, name: HandlerName, max: () => number) =>
    terminal.parser.registerCsiHandler({ final }, ([count]) => {
      if (typeof count !== "number" || count <= max()) return false;
      core._inputHandler[name]({ params: [max()], length: 1 });
      return true;
    });
  const rows = () => terminal.rows;
  const columns = () => terminal.cols;
  limit("L", "insertLines", rows);
  limit("M", "deleteLines", rows);
  limit("S", "scrollUp", rows);
  limit("T", "scrollDown", rows);
  limit("I", "cursorForwardTab", columns);
  limit("Z", "cursorBackwardTab", columns);
  limit("b", "repeatPrecedingCharacter", () => terminal.rows * terminal.cols);
}

/** Erasing up to here is erasing everything. */
function isAtEnd({ cols, buffer: { active } }: GuardedTerminal): boolean {
  return active.cursorX >= cols - 1 && active.cursorY + 1 >= active.length;
}

/** Erasing the history moves the screen's rows up in the count, and the saved cursor has to move with its row. */
function keepSavedRow({ _bufferService: { buffers } }: Core): void {
  const { active } = buffers;
  active.savedY = Math.max(0, active.savedY - active.ybase);
}

function tidy({ cols, rows }: GuardedTerminal, core: Core, colsBefore: number): void {
  const { normal, alt } = core._bufferService.buffers;
  core._inputHandler._parser.precedingJoinState = 0;
  if (alt.lines.length === 0 && alt.lines.maxLength !== rows) alt.lines.maxLength = rows;
  for (const screen of [normal, alt]) {
    screen.savedX = Math.min(screen.savedX, colsBefore - 1);
    screen.savedY = Math.min(screen.savedY, screen.ybase + rows - 1);
    for (const column of Object.keys(screen.tabs)) if (Number(column) >= cols) delete screen.tabs[column];
    for (let index = 0; index < screen.lines.length; index++) tidyLine(screen, index, cols);
  }
}

function forgetOverwritten({ lines }: Screen): void {
  for (let index = 0; index < lines.length; index++) {
    const line = lines.get(index);
    for (const column of Object.keys(line?._combined ?? {})) {
      if (((line!._data[Number(column) * 3] ?? 0) & IS_COMBINED) === 0) delete line!._combined[column];
    }
  }
}

function tidyLine(screen: Screen, index: number, cols: number): void {
  const line = screen.lines.get(index);
  if (!line) return;
  if (line.length > cols) line.resize(cols, screen.getNullCell());
  if (line.getWidth(0) === 0 && !line.hasContent(0)) line.setCellFromCodepoint(0, 0, 1, PLAIN);
  if (line.getWidth(cols - 1) === 2) line.setCellFromCodepoint(cols - 1, 0, 1, PLAIN);
}

/** The flag of a cell whose text is kept beside it. */
const IS_COMBINED = 0x200000;
const PLAIN = { fg: 0, bg: 0, extended: {} };

function checkedCore(terminal: GuardedTerminal): Core {
  const core = (terminal as unknown as { readonly _core?: Partial<Core> })._core;
  const handler = core?._inputHandler;
  const { normal, alt } = core?._bufferService?.buffers ?? {};
  const facts: readonly (readonly [string, boolean])[] = [
    ...HANDLERS.map((name) => [`_inputHandler.${name}`, typeof handler?.[name] === "function"] as const),
    ["_inputHandler._parser.precedingJoinState", typeof handler?._parser?.precedingJoinState === "number"],
    ["_bufferService.buffers.alt.lines.maxLength", typeof alt?.lines?.maxLength === "number"],
    ["_bufferService.buffers.active.savedY", typeof core?._bufferService?.buffers?.active?.savedY === "number"],
    ["_bufferService.buffers.normal.tabs", typeof normal?.tabs === "object"],
    ["_bufferService.resize", typeof core?._bufferService?.resize === "function"],
    ["a line's _combined", typeof normal?.lines?.get(0)?._combined === "object"],
    ["a line's resize", typeof normal?.lines?.get(0)?.resize === "function"],
    ["a line's setCellFromCodepoint", typeof normal?.lines?.get(0)?.setCellFromCodepoint === "function"],
  ];
  for (const [name, isThere] of facts) {
    if (!isThere) throw new Error(`the terminal emulator is not xterm.js 6.0.0: ${name} is not what it was`);
  }
  return core as Core;
}

/**
 * The page's terminal: xterm.js behind the few things the app needs from it. It draws what the server sends, in order, says when
 * it has parsed it, and gives out only what the user did. Output is hostile: no sequence in it reaches the clipboard, the title
 * or a link that was not clicked.
 */
import "@xterm/xterm/css/xterm.css";
import type { SnapshotLines } from "@perdure/client";
import { guardEmulator, type HistoryLines, type ScreenColours, WholeCharacters } from "@perdure/protocol";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { Terminal } from "@xterm/xterm";
import { measureCells } from "./cell-size.ts";
import { ContentWatch } from "./commands/content-watch.ts";
import { isFocusReport, watchOwnAnswers } from "./own-answers.ts";
import { HistoryReader } from "./reading/history-reader.ts";
import type { ReadingLook, ReadingView } from "./reading/reading-view.ts";
import { fittingFont, isSameSize, ownSize, revealed, type CellAt, type Room, type Size } from "./screen-fit.ts";
import { DARK_SCREEN, LIGHT_SCREEN, screenColours } from "./screen-theme.ts";

export interface ScreenEvents {
  /** The user typed or pasted. */
  input(text: string): void;
  /** A mouse report in the old encoding, one byte a character. */
  binary(text: string): void;
  /** The size that fits into the page at the chosen letter size has changed. */
  ownSize(size: Size): void;
  /** The view moved or its content did. */
  moved(): void;
}

export interface ScreenOptions {
  readonly fontSize: number;
  readonly isDark: boolean;
  /** Old lines of the session's history. */
  readonly fetchLines: (from: number, count: number, signal: AbortSignal) => Promise<HistoryLines>;
  readonly events: ScreenEvents;
}

/** As many as a snapshot brings. Older ones are read from the server. */
const SCROLLBACK_LINES = 1_000;
/**
 * What a snapshot is drawn on: ends any unfinished sequence or character, takes back what a reset leaves alone (names, colours, new line
 * mode, a blinking and a hidden cursor), then resets everything.
 */
const BLANK = new TextEncoder().encode(
  "\x18\x1b]0;\x1b\\\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\\x1b[20l\x1b[?12l\x1b[?25h\x1bc",
);
/** How long another size may last before it is taken for somebody else's: our own resize is on its way back within it. */
const SETTLE_MS = 350;
const FONT =
  '"SF Mono", SFMono-Regular, ui-monospace, Menlo, "Cascadia Mono", "Roboto Mono", "DejaVu Sans Mono", "Noto Sans Mono", monospace';

export class TerminalScreen {
  /** What happens in it, for what is drawn beside its lines. */
  readonly content: ContentWatch;
  readonly #terminal: Terminal;
  readonly #frame: HTMLElement;
  /** As large as the terminal, so that nothing inside makes the frame longer. */
  readonly #sheet: HTMLElement = document.createElement("div");
  readonly #events: ScreenEvents;
  readonly #characters = new WholeCharacters();
  readonly #watcher: ResizeObserver;
  readonly #cellAt: CellAt = measureCells(FONT);
  readonly #history: HistoryReader;
  #fontSize: number;
  #isDark: boolean;
  #own: Size = { cols: 80, rows: 24 };
  #settling: ReturnType<typeof setTimeout> | undefined;
  #isAlive = true;
  /** Larger than the room, so it is panned. */
  #isPanned = false;
  #revealedRow = -1;

  /** Draws into `frame`, whose content box is the room there is. */
  constructor(frame: HTMLElement, options: ScreenOptions) {
    this.#frame = frame;
    this.#events = options.events;
    this.#fontSize = options.fontSize;
    this.#isDark = options.isDark;
    this.#terminal = new Terminal({
      allowProposedApi: true,
      fontFamily: FONT,
      fontSize: options.fontSize,
      scrollback: SCROLLBACK_LINES,
      cursorInactiveStyle: "outline",
      macOptionIsMeta: true,
      drawBoldTextInBrightColors: false,
      overviewRuler: { width: 8 },
      ...themeOptions(options.isDark),
      linkHandler: { activate: (_event, uri) => openLink(uri), allowNonHttpProtocols: false },
    });
    this.#terminal.loadAddon(new Unicode11Addon());
    this.#terminal.unicode.activeVersion = "11";
    guardEmulator(this.#terminal);
    this.#terminal.loadAddon(new WebLinksAddon((_event, uri) => openLink(uri)));
    this.#sheet.style.overflow = "clip";
    frame.append(this.#sheet);
    this.#terminal.open(this.#sheet);
    this.#terminal.attachCustomKeyEventHandler((event) => this.#isForProgram(event));
    this.#history = this.#readHistory(options);
    this.content = new ContentWatch(this.#terminal, this.#history);
    this.#listen();
    this.#own = this.#fitting();
    this.#history.resize(this.#own.cols, this.#own.rows);
    this.#watcher = new ResizeObserver(() => this.#roomChanged());
    this.#watcher.observe(frame);
  }

  /** The size that fits into the page at the chosen letter size. */
  get ownSize(): Size {
    return this.#own;
  }

  /** The size that the session has. */
  get size(): Size {
    return { cols: this.#terminal.cols, rows: this.#terminal.rows };
  }

  get element(): HTMLElement {
    return this.#frame;
  }

  get modes(): {
    readonly bracketedPaste: boolean;
    readonly applicationCursor: boolean;
    readonly mouse: boolean;
    readonly alternate: boolean;
  } {
    const { bracketedPasteMode, applicationCursorKeysMode, mouseTrackingMode } = this.#terminal.modes;
    return {
      bracketedPaste: bracketedPasteMode,
      applicationCursor: applicationCursorKeysMode,
      mouse: mouseTrackingMode !== "none" && mouseTrackingMode !== "x10",
      alternate: this.#terminal.buffer.active.type === "alternate",
    };
  }

  /** Draws the snapshot instead of everything so far; who reads the history stays where he is. `lines`: those it begins with. */
  snapshot(size: Size, data: Uint8Array, lines: SnapshotLines | undefined, done: () => void): void {
    this.#characters.reset();
    this.#terminal.write("", () => this.#history.restoring());
    this.#terminal.write(BLANK, () => this.#take(size));
    this.#terminal.write(data, () => {
      this.#history.restored(lines);
      this.content.marked();
      done();
    });
  }

  output(data: Uint8Array, done: () => void): void {
    this.#terminal.write(this.#characters.take(data), done);
  }

  /** The session's size changed, after everything written so far. */
  resized(size: Size): void {
    this.#terminal.write("", () => this.#take(size));
  }

  /** Once the program is over nobody can change the size any more: then the letters follow the width, and the height is panned. */
  setAlive(isAlive: boolean): void {
    if (this.#isAlive === isAlive) return;
    this.#isAlive = isAlive;
    this.#lay();
  }

  setFontSize(fontSize: number): void {
    this.#fontSize = fontSize;
    this.#roomChanged();
    this.#lay();
    this.reading.lookChanged();
  }

  /** Those that it is drawn with. */
  get colours(): ScreenColours {
    return screenColours(this.#isDark);
  }

  setDark(isDark: boolean): void {
    this.#isDark = isDark;
    Object.assign(this.#terminal.options, themeOptions(isDark));
    this.reading.lookChanged();
  }

  /** The history over the screen. */
  get reading(): ReadingView {
    return this.#history.view;
  }

  /** The end of the output is visible and followed. */
  get isAtEnd(): boolean {
    const { baseY, viewportY } = this.#terminal.buffer.active;
    return this.reading.place === null && baseY === viewportY;
  }

  /** The session's output was cut since this page has seen it. */
  historyChanged(): void {
    this.#history.forget();
  }

  goToEnd(): void {
    this.reading.goToEnd();
    this.#terminal.scrollToBottom();
  }

  /** A turn of the wheel at a place, for programs that asked for the mouse. */
  turnWheel(lines: number, clientX: number, clientY: number): void {
    const step = Math.sign(lines);
    for (let turned = 0; turned < Math.abs(lines); turned += 1) {
      const event = new WheelEvent("wheel", {
        deltaY: step,
        deltaMode: WheelEvent.DOM_DELTA_LINE,
        clientX,
        clientY,
        bubbles: true,
        cancelable: true,
      });
      this.#terminal.element?.dispatchEvent(event);
    }
  }

  get rowHeightPx(): number {
    return this.#cellAt(this.#terminal.options.fontSize ?? this.#fontSize).height;
  }

  /** Moves the window over a terminal larger than the page; the pixels that it could not move vertically are returned. */
  pan(x: number, y: number): number {
    const before = this.#frame.scrollTop;
    this.#frame.scrollLeft += x;
    this.#frame.scrollTop += y;
    return y - (this.#frame.scrollTop - before);
  }

  /** Everything on the screen and above it as text, for reading and copying. */
  text(): string {
    const buffer = this.#terminal.buffer.active;
    const lines: string[] = [];
    for (let y = 0; y < buffer.length; y += 1) {
      const line = buffer.getLine(y);
      const text = line?.translateToString(!(buffer.getLine(y + 1)?.isWrapped ?? false)) ?? "";
      if (line?.isWrapped === true && lines.length > 0) lines[lines.length - 1] += text;
      else lines.push(text);
    }
    return lines.join("\n").trimEnd();
  }

  focus(): void {
    this.#terminal.focus();
  }

  dispose(): void {
    clearTimeout(this.#settling);
    this.#frame.removeEventListener("wheel", this.#onWheel, { capture: true });
    this.#watcher.disconnect();
    this.#history.close();
    this.#terminal.dispose();
    this.#sheet.remove();
  }

  #readHistory({ fetchLines }: ScreenOptions): HistoryReader {
    return new HistoryReader({
      terminal: this.#terminal,
      frame: this.#frame,
      look: () => this.#readingLook(),
      fetch: fetchLines,
      events: { moved: () => this.#events.moved(), link: openLink, tapped: () => this.focus() },
    });
  }

  /** Lines of the history are wrapped for this page, whatever size the session has. */
  #readingLook(): ReadingLook {
    const { width, height } = this.#cellAt(this.#fontSize);
    const { theme = {}, minimumContrastRatio: contrast = 1 } = this.#terminal.options;
    return { ...this.#own, theme, contrast, cellWidthPx: width, rowHeightPx: height, fontFamily: FONT, fontSizePx: this.#fontSize };
  }

  #listen(): void {
    const isOwnAnswer = watchOwnAnswers(this.#terminal.parser);
    this.#terminal.onData((data) => {
      if (isOwnAnswer() || isFocusReport(data)) return;
      this.reading.goToEnd();
      this.#events.input(data);
    });
    this.#terminal.onBinary((data) => this.#events.binary(data));
    this.#terminal.onScroll(() => this.#events.moved());
    this.#terminal.onRender(() => {
      this.#revealCursor();
      this.#events.moved();
    });
    this.#frame.addEventListener("wheel", this.#onWheel, { capture: true, passive: false });
  }

  /** Over a terminal larger than the room the wheel moves the window first, then the history; else it is the program's, if it wants it. */
  readonly #onWheel = (event: WheelEvent): void => {
    if (this.#isPanned && event.deltaMode === WheelEvent.DOM_DELTA_PIXEL && !event.ctrlKey) {
      if (this.pan(event.deltaX, event.deltaY) !== event.deltaY) {
        event.preventDefault();
        event.stopPropagation();
        return;
      }
    }
    const { mouse, alternate } = this.modes;
    if (!mouse && !alternate) this.#history.wheel(event);
  };

  /** Copying is the browser's when something is selected; everything else is the program's. */
  #isForProgram(event: KeyboardEvent): boolean {
    if (event.type === "keydown" && !this.modes.alternate && this.#history.key(event)) return false;
    if (event.type !== "keydown" || !event.ctrlKey || event.altKey || event.metaKey || event.key.toLowerCase() !== "c") return true;
    if (event.shiftKey) {
      event.preventDefault();
      document.execCommand("copy");
      return false;
    }
    if (!this.#terminal.hasSelection()) return true;
    // The browser copies after this event; the next Ctrl+C interrupts again.
    setTimeout(() => this.#terminal.clearSelection());
    return false;
  }

  #take(size: Size): void {
    if (!isSameSize(size, this.size)) this.#history.resize(size.cols, size.rows);
    this.#lay();
  }

  #roomChanged(): void {
    const own = this.#fitting();
    this.reading.changed();
    if (isSameSize(own, this.#own)) return this.#lay();
    this.#own = own;
    this.#lay();
    this.#events.ownSize(own);
  }

  /** At its own size the terminal has the chosen letters at once. Another size is given the time of a round trip first. */
  #lay(): void {
    clearTimeout(this.#settling);
    this.#settling = undefined;
    if (isSameSize(this.size, this.#own)) this.#setLetters(this.#fontSize);
    else this.#settling = setTimeout(() => this.#setLetters(this.#fittingFont()), SETTLE_MS);
    this.#cutSheet();
    this.#revealCursor();
  }

  #setLetters(fontSize: number): void {
    if (this.#terminal.options.fontSize !== fontSize) this.#terminal.options.fontSize = fontSize;
    this.#cutSheet();
    this.#revealCursor();
    this.#events.moved();
  }

  #fittingFont(): number {
    const room = this.#room();
    return fittingFont(this.#isAlive ? room : { ...room, height: Infinity }, this.#cellAt, this.size, this.#fontSize);
  }

  #cutSheet(): void {
    const cell = this.#cellAt(this.#terminal.options.fontSize ?? this.#fontSize);
    const room = this.#room();
    const [width, height] = [Math.ceil(cell.width * this.#terminal.cols), Math.ceil(cell.height * this.#terminal.rows)];
    this.#sheet.style.width = `${width}px`;
    this.#sheet.style.height = `${height}px`;
    this.#revealedRow = -1;
    this.#isPanned = width > room.width + 1 || height > room.height + 1;
  }

  /** In a room smaller than the terminal, the line with the cursor is the one to see. */
  #revealCursor(): void {
    if (!this.#isPanned) return;
    const frame = this.#frame;
    const row = this.#terminal.buffer.active.cursorY;
    if (row === this.#revealedRow) return;
    this.#revealedRow = row;
    const bottom = (row + 1) * this.rowHeightPx;
    frame.scrollTop = revealed(frame.scrollTop, frame.clientHeight, frame.scrollHeight, bottom + 2);
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

function themeOptions(isDark: boolean): { readonly theme: typeof DARK_SCREEN; readonly minimumContrastRatio: number } {
  // Programs that draw for a dark screen stay legible on a light one.
  return isDark ? { theme: DARK_SCREEN, minimumContrastRatio: 1 } : { theme: LIGHT_SCREEN, minimumContrastRatio: 4.5 };
}

/** Only the web, only in a tab of its own that knows nothing of this one. */
function openLink(uri: string): void {
  if (!/^https?:\/\//i.test(uri)) return;
  window.open(uri, "_blank", "noopener,noreferrer");
}

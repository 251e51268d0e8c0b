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
import { ChangedColours } from "./changed-colours.ts";
import { ContentWatch } from "./commands/content-watch.ts";
import { isFocusReport, watchOwnAnswers } from "./own-answers.ts";
import { holdScrollbar } from "./quiet-scrollbar.ts";
import { HistoryReader } from "./reading/history-reader.ts";
import type { ReadingLook, ReadingView } from "./reading/reading-view.ts";
import { isSameSize, type Size } from "./screen-fit.ts";
import { ScreenRoom } from "./screen-room.ts";
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
const FONT =
  '"SF Mono", SFMono-Regular, ui-monospace, Menlo, "Cascadia Mono", "Roboto Mono", "DejaVu Sans Mono", "Noto Sans Mono", monospace';

export class TerminalScreen {
  /** What happens in it, for what is drawn beside its lines. */
  readonly content: ContentWatch;
  readonly #terminal: Terminal;
  readonly #frame: HTMLElement;
  readonly #events: ScreenEvents;
  readonly #characters = new WholeCharacters();
  readonly #colours: ChangedColours;
  readonly #room: ScreenRoom;
  readonly #history: HistoryReader;
  #isDark: boolean;
  /** Draws into `frame`, whose content box is the room there is. */
  constructor(frame: HTMLElement, options: ScreenOptions) {
    this.#frame = frame;
    this.#events = options.events;
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
    this.#colours = new ChangedColours(this.#terminal.parser);
    this.#terminal.loadAddon(new WebLinksAddon((_event, uri) => openLink(uri)));
    this.#room = this.#makeRoom();
    this.#terminal.open(this.#room.sheet);
    this.#terminal.attachCustomKeyEventHandler((event) => this.#isForProgram(event));
    this.#history = this.#readHistory(options);
    this.content = new ContentWatch(this.#terminal, this.#history);
    this.#listen();
    const { cols, rows } = this.#room.begin();
    this.#history.resize(cols, rows);
  }

  /** The size that fits into the page at the chosen letter size. */
  get ownSize(): Size {
    return this.#room.ownSize;
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
    let release: (() => void) | undefined;
    this.#terminal.write("", () => this.#history.restoring());
    this.#terminal.write(BLANK, () => {
      this.#colours.restored();
      this.#take(size);
      release = holdScrollbar(this.#terminal);
    });
    this.#terminal.write(data, () => {
      release?.();
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
    this.#room.setAlive(isAlive);
  }

  setFontSize(fontSize: number): void {
    this.#room.setFontSize(fontSize);
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
    return this.#room.cell.height;
  }

  /** Moves the window over a terminal larger than the page; the pixels that it could not move vertically are returned. */
  pan(x: number, y: number): number {
    return this.#room.pan(x, y);
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
    this.#frame.removeEventListener("wheel", this.#onWheel, { capture: true });
    this.#history.close();
    this.#terminal.dispose();
    this.#room.dispose();
  }

  #makeRoom(): ScreenRoom {
    return new ScreenRoom(this.#frame, this.#terminal, measureCells(FONT), {
      changed: () => this.reading.changed(),
      ownSize: (size) => this.#events.ownSize(size),
      moved: () => this.#events.moved(),
    });
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
    const { ownSize: size, ownCell: cell, fontSize } = this.#room;
    const { theme = {}, minimumContrastRatio: contrast = 1 } = this.#terminal.options;
    return { ...size, theme, contrast, cellWidthPx: cell.width, rowHeightPx: cell.height, fontFamily: FONT, fontSizePx: fontSize };
  }

  #listen(): void {
    const isOwnAnswer = watchOwnAnswers(this.#terminal.parser);
    this.#terminal.onData((data) => {
      if (isOwnAnswer() || isFocusReport(data)) return;
      this.reading.goToEnd();
      this.#events.input(data);
    });
    this.#terminal.onBinary((data) => this.#events.binary(data));
    this.#terminal.onRender(() => {
      this.#room.revealCursor();
      this.#events.moved();
    });
    this.#frame.addEventListener("wheel", this.#onWheel, { capture: true, passive: false });
  }

  /** Over a terminal larger than the room the wheel moves the window first, then the history; else it is the program's, if it wants it. */
  readonly #onWheel = (event: WheelEvent): void => {
    if (this.#room.isPanned && event.deltaMode === WheelEvent.DOM_DELTA_PIXEL && !event.ctrlKey) {
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
    this.#room.lay();
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

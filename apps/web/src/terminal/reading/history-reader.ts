/**
 * The history of a page's terminal: counts the lines that its terminal holds, brings older ones, and shows them when somebody scrolls
 * up by wheel, keys, finger or scrollbar.
 */
import "./reading.css";
import type { SnapshotLines } from "@perdure/client";
import { type HistoryLines, LineNumbers } from "@perdure/protocol";
import type { Terminal } from "@xterm/xterm";
import { LineSource } from "./line-source.ts";
import { ReadingView, type ReadingEvents, type ReadingLook } from "./reading-view.ts";

export interface HistoryReaderOptions {
  readonly terminal: Terminal;
  /** The reading view is put right behind it. */
  readonly frame: HTMLElement;
  readonly look: () => ReadingLook;
  readonly fetch: (from: number, count: number, signal: AbortSignal) => Promise<HistoryLines>;
  readonly events: ReadingEvents;
}

/** Keys that scroll, with the share of a page that they go. */
const SCROLLING_KEYS: Readonly<Record<string, number>> = { PageUp: -1, PageDown: 1, Home: -Infinity, End: Infinity };

export class HistoryReader {
  readonly view: ReadingView;
  readonly #options: HistoryReaderOptions;
  readonly #numbers: LineNumbers;
  readonly #source: LineSource;
  #isRestoring = false;

  constructor(options: HistoryReaderOptions) {
    const { terminal, frame, look, fetch, events } = options;
    this.#options = options;
    this.#numbers = new LineNumbers(terminal);
    this.#source = new LineSource({ terminal, numbers: this.#numbers, fetch, changed: () => this.view.changed() });
    this.view = new ReadingView({ source: this.#source, look, events });
    this.view.element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    frame.after(this.view.element);
    terminal.onWriteParsed(() => this.#changed());
  }

  /** The terminal is resized only through this: lines must be counted in between. */
  resize(cols: number, rows: number): void {
    this.#numbers.resize(cols, rows);
    this.#changed();
  }

  /** Rows of the live screen, counted from its top, in which lines begin. */
  get screenLines(): ReadonlyMap<number, number> {
    const { baseY } = this.#options.terminal.buffer.normal;
    const lines = new Map<number, number>();
    if (this.#isRestoring) return lines;
    let index = 0;
    for (const { place } of this.#numbers.rows()) {
      if (index >= baseY && place.columns === 0) lines.set(place.line, index - baseY);
      index += 1;
    }
    return lines;
  }

  /** A snapshot is drawn from here on: what the terminal holds has no numbers until it is there. */
  restoring(): void {
    this.#isRestoring = true;
  }

  /** The terminal holds a snapshot that began with these lines. */
  restored(lines: SnapshotLines | undefined): void {
    this.#isRestoring = false;
    if (lines) {
      this.#numbers.begin(lines);
      this.#source.setFirst(lines.first);
    }
    this.#changed();
  }

  /** The stream was cut: numbers may be other lines now. */
  forget(): void {
    this.#source.forget();
    this.#changed();
  }

  /** A turn of the wheel; `true`: it was for the history. */
  wheel(event: WheelEvent): boolean {
    const { look } = this.#options;
    if (event.ctrlKey || event.deltaY === 0) return false;
    const unit =
      event.deltaMode === WheelEvent.DOM_DELTA_LINE ? look().rowHeightPx : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? this.#pagePx : 1;
    this.view.scrollBy(event.deltaY * unit);
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  /** A key that scrolls, with Shift held; `true`: it was for the history. */
  key(event: KeyboardEvent): boolean {
    const pages = event.shiftKey && !event.ctrlKey && !event.altKey ? SCROLLING_KEYS[event.key] : undefined;
    if (pages === undefined) return false;
    if (pages === Infinity) this.view.goToEnd();
    else if (pages === -Infinity) this.view.goToShare(0);
    else this.view.scrollBy(pages * this.#pagePx);
    event.preventDefault();
    return true;
  }

  close(): void {
    this.#source.close();
    this.view.close();
  }

  /** A page less one row, so that the eye finds where it was. */
  get #pagePx(): number {
    const { rows, rowHeightPx } = this.#options.look();
    return Math.max(1, rows - 1) * rowHeightPx;
  }

  #changed(): void {
    if (this.#isRestoring) return;
    this.#source.ownChanged();
    this.view.changed();
  }
}

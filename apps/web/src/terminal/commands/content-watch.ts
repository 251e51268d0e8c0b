/** What happens in a page's terminal, for those who draw beside its lines: a shell marks something, rows are drawn. */
import type { Terminal } from "@xterm/xterm";
import type { HistoryReader } from "../reading/history-reader.ts";

export interface ContentListener {
  /** A shell has marked something, or a snapshot is there. */
  marked(): void;
  /** Rows were drawn. */
  drawn(): void;
}

/** Sequences of shells' marks. */
const MARKS = [133, 633];
const NO_LINES: ReadonlyMap<number, number> = new Map();

export class ContentWatch {
  readonly #terminal: Terminal;
  readonly #history: HistoryReader;
  readonly #listeners = new Set<ContentListener>();

  constructor(terminal: Terminal, history: HistoryReader) {
    this.#terminal = terminal;
    this.#history = history;
    for (const code of MARKS) {
      terminal.parser.registerOscHandler(code, () => {
        this.marked();
        return false;
      });
    }
    terminal.onRender(() => {
      for (const listener of this.#listeners) listener.drawn();
    });
  }

  /** Rows of the live screen, counted from its top, in which lines begin; none while a program has a screen of its own. */
  get lines(): ReadonlyMap<number, number> {
    return this.#terminal.buffer.active.type === "alternate" ? NO_LINES : this.#history.screenLines;
  }

  /** There may be other marks than before. */
  marked(): void {
    for (const listener of this.#listeners) listener.marked();
  }

  /** Returns what ends it. */
  listen(listener: ContentListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

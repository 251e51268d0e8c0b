/**
 * Lines of histories that were read lately, of all sessions, bounded by their characters; the least recently used go first. Only lines
 * that never change are in it.
 */
import { type LineRun, lineText, type StyledLine, type StyledLines } from "@perdure/protocol";

/** Lines are kept in pages that begin at multiples of this. */
export const PAGE_LINES = 1000;

const MAX_CHARACTERS = 16 * 1024 * 1024;
/** What a line costs beside its text. */
const LINE_COST = 100;

export class LineCache {
  readonly #pages = new Map<string, { readonly lines: StyledLines; readonly cost: number }>();
  readonly #maxCharacters: number;
  #characters = 0;

  constructor(maxCharacters: number = MAX_CHARACTERS) {
    this.#maxCharacters = maxCharacters;
  }

  /** The page that holds a line, as far as it is known from there on. */
  find(history: string, line: number): StyledLines | null {
    const key = `${history} ${Math.floor(line / PAGE_LINES)}`;
    const page = this.#pages.get(key);
    if (!page || line < page.lines.from || line >= page.lines.from + page.lines.lines.length) return null;
    this.#pages.delete(key);
    this.#pages.set(key, page);
    return page.lines;
  }

  /** Takes in lines up to and without the number `settled`, each page for itself. */
  add(history: string, read: StyledLines, settled: number): void {
    const end = Math.min(read.from + read.lines.length, settled);
    for (let from = read.from; from < end;) {
      const page = Math.floor(from / PAGE_LINES);
      const to = Math.min(end, (page + 1) * PAGE_LINES);
      this.#put(`${history} ${page}`, cutLines(read, from, to));
      from = to;
    }
  }

  #put(key: string, lines: StyledLines): void {
    const known = this.#pages.get(key);
    if (known && known.lines.lines.length >= lines.lines.length) return;
    this.#forget(key);
    const cost = lines.lines.reduce((sum, line) => sum + lineText(line).length + LINE_COST, 0);
    this.#pages.set(key, { lines, cost });
    this.#characters += cost;
    for (const oldest of this.#pages.keys()) {
      if (this.#characters <= this.#maxCharacters) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#characters -= this.#pages.get(key)?.cost ?? 0;
    this.#pages.delete(key);
  }
}

/** Those with numbers from `from` up to and without `to`, with the looks that they have. */
export function cutLines(read: StyledLines, from: number, to: number): StyledLines {
  const styles = [read.styles[0] ?? {}];
  const renumbered = new Map([[0, 0]]);
  const renumber = (run: LineRun): LineRun => {
    if (typeof run === "string") return run;
    const known = renumbered.get(run[1]);
    if (known !== undefined) return [run[0], known];
    styles.push(read.styles[run[1]] ?? {});
    renumbered.set(run[1], styles.length - 1);
    return [run[0], styles.length - 1];
  };
  const lines: StyledLine[] = read.lines.slice(from - read.from, to - read.from).map((line) => line.map(renumber));
  return { from, lines, styles, continued: read.continued.filter((line) => line >= from && line < to) };
}

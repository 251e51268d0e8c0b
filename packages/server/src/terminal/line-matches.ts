/** Finds lines that hold a text, in rows that come in order; the newest of them are kept. Letters match whatever their case. */
import { LINE_COLUMNS, type LineMatch, type PlacedRow } from "@perdure/protocol";

const EXCERPT_BEFORE = 60;
const EXCERPT_LENGTH = 200;

export interface LineSearch {
  readonly query: string;
  /** Numbers to search: from the first up to and without the second. */
  readonly from: number;
  readonly to: number;
  /** Most matches; of more the newest are kept. */
  readonly limit: number;
}

export class LineMatches {
  readonly #search: LineSearch;
  readonly #query: string;
  readonly #found: LineMatch[] = [];
  #number = -1;
  #text = "";
  #hasMore = false;

  constructor(search: LineSearch) {
    this.#search = search;
    this.#query = search.query.toLowerCase();
  }

  /** What was found so far, the newest first. */
  get found(): readonly LineMatch[] {
    return this.#found.toReversed();
  }

  /** There were more than were asked for. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  take({ row, place, columns, endsLine }: PlacedRow): void {
    const { from, to } = this.#search;
    const last = place.columns + Math.max(columns, 1) - 1;
    for (let part = Math.floor(place.columns / LINE_COLUMNS); part <= Math.floor(last / LINE_COLUMNS); part++) {
      const number = place.line + part;
      if (number !== this.#number) this.#finish(number);
      if (number < from || number >= to) continue;
      const start = Math.max(0, part * LINE_COLUMNS - place.columns);
      const end = Math.min(columns, (part + 1) * LINE_COLUMNS - place.columns);
      this.#text += row.translateToString(false, start, end);
    }
    if (endsLine) this.#finish(-1);
  }

  #finish(next: number): void {
    const at = this.#text === "" ? -1 : this.#text.toLowerCase().indexOf(this.#query);
    if (at >= 0) this.#keep(at);
    this.#number = next;
    this.#text = "";
  }

  #keep(at: number): void {
    const start = Math.max(0, at - EXCERPT_BEFORE);
    const excerpt = this.#text
      .slice(start, start + EXCERPT_LENGTH)
      .trimEnd()
      .toWellFormed();
    this.#found.push({ line: this.#number, excerpt, at: at - start });
    if (this.#found.length <= this.#search.limit) return;
    this.#found.shift();
    this.#hasMore = true;
  }
}

/**
 * The lines that can be read: the newest are in the page's own terminal, older ones come from the server when they are wanted, a page
 * at a time. What was read lately is kept, so that going back needs nobody.
 */
import {
  firstWholeNumber,
  type HistoryLines,
  type LineNumbers,
  LineReader,
  type LineStyle,
  MAX_LINES,
  type StyledLine,
  type EmulatedTerminal,
} from "@perdure/protocol";

/** A line with the looks that its runs name. */
export interface SourcedLine {
  readonly line: StyledLine;
  readonly styles: readonly LineStyle[];
  /** It goes on from the line before. */
  readonly isContinued: boolean;
}

interface Part {
  readonly from: number;
  readonly lines: readonly SourcedLine[];
}

export interface LineSourceOptions {
  readonly terminal: EmulatedTerminal;
  readonly numbers: Pick<LineNumbers, "first" | "end" | "rows" | "rowCount">;
  readonly fetch: (from: number, count: number, signal: AbortSignal) => Promise<HistoryLines>;
  /** There are more lines than before, or others. */
  readonly changed: () => void;
}

const MAX_PARTS = 40;
/** A page that failed is asked for again after so long, if it is still wanted. */
const AGAIN_MS = 2_000;
const NONE: Part = { from: 0, lines: [] };

export class LineSource {
  readonly #options: LineSourceOptions;
  /** The least recently used first. */
  #parts: Part[] = [];
  #own: Part | null = null;
  #first = 0;
  #incarnation = -1;
  #asked: { readonly line: number; readonly ended: AbortController } | null = null;
  #failedAt = Number.NEGATIVE_INFINITY;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LineSourceOptions) {
    this.#options = options;
  }

  /** Number of the first line that is still kept. */
  get first(): number {
    return Math.min(this.#first, this.#ownFrom);
  }

  /** Behind the last row of the screen. */
  get end(): number {
    return this.#options.numbers.end;
  }

  /** The server says which line is the first that it has. */
  setFirst(line: number): void {
    this.#first = line;
  }

  /** What the server had may be other lines now. */
  forget(): void {
    this.#asked?.ended.abort();
    this.#parts = [];
  }

  /** The terminal's content is another. */
  ownChanged(): void {
    this.#own = null;
  }

  /** `undefined`: it is not here yet; `want` brings it. */
  find(number: number): SourcedLine | undefined {
    if (number >= this.#ownFrom) {
      const own = this.#ownLines();
      return own.lines[number - own.from];
    }
    const index = this.#parts.findIndex(({ from, lines }) => number >= from && number < from + lines.length);
    const part = this.#parts[index];
    if (part === undefined) return undefined;
    if (index < this.#parts.length - 1) this.#parts = [...this.#parts.filter((each) => each !== part), part];
    return part.lines[number - part.from];
  }

  /** Asks for a line that is not here; what was asked for before and has not come is no longer wanted. */
  want(number: number): void {
    if (number >= this.#ownFrom || number < this.#first || this.find(number) !== undefined) return;
    if (this.#asked?.line === number || performance.now() - this.#failedAt < AGAIN_MS) return;
    this.#asked?.ended.abort();
    const asked = { line: number, ended: new AbortController() };
    this.#asked = asked;
    void this.#fetch(number, asked.ended.signal).finally(() => {
      if (this.#asked === asked) this.#asked = null;
    });
  }

  /** Is a line on its way? */
  get isAsking(): boolean {
    return this.#asked !== null;
  }

  close(): void {
    this.#asked?.ended.abort();
    clearTimeout(this.#again);
  }

  #failed(): void {
    this.#failedAt = performance.now();
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#options.changed(), AGAIN_MS);
  }

  async #fetch(number: number, signal: AbortSignal): Promise<void> {
    try {
      this.#take(await this.#options.fetch(number - (number % MAX_LINES), MAX_LINES, signal), number);
      if (this.find(number) === undefined && !signal.aborted) this.#take(await this.#options.fetch(number, MAX_LINES, signal), number);
    } catch {
      // Without a connection nothing comes; it is asked for again as long as it is looked at.
      if (!signal.aborted) this.#failed();
    }
    if (!signal.aborted) this.#options.changed();
  }

  #take(answer: HistoryLines, wanted: number): void {
    if (answer.incarnation !== this.#incarnation) this.#parts = [];
    this.#incarnation = answer.incarnation;
    this.#first = answer.first;
    const continued = new Set(answer.continued);
    const lines = answer.lines.map((line, index) => ({ line, styles: answer.styles, isContinued: continued.has(answer.from + index) }));
    const kept = lines.slice(0, Math.max(0, Math.max(answer.settled, wanted + 1) - answer.from));
    this.#parts = [...this.#parts.filter(({ from }) => from !== answer.from), { from: answer.from, lines: kept }].slice(-MAX_PARTS);
  }

  get #ownFrom(): number {
    return firstWholeNumber(this.#options.numbers.first);
  }

  /** The terminal's own lines, down to the last row of its screen. */
  #ownLines(): Part {
    if (this.#own) return this.#own;
    const { terminal, numbers } = this.#options;
    const from = this.#ownFrom;
    const reader = new LineReader(terminal, from, Number.MAX_SAFE_INTEGER);
    let rows = 0;
    for (const row of numbers.rows()) {
      reader.take(row);
      rows += 1;
    }
    const { lines, styles, continued } = reader.lines;
    const goesOn = new Set(continued);
    const own: SourcedLine[] = lines.map((line, index) => ({ line, styles, isContinued: goesOn.has(from + index) }));
    for (let blank = rows; blank < numbers.rowCount; blank += 1) own.push(BLANK);
    this.#own = own.length === 0 ? { ...NONE, from } : { from, lines: own };
    return this.#own;
  }
}

const BLANK: SourcedLine = { line: [], styles: [{}], isContinued: false };

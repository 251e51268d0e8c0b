/**
 * An answer in Markdown as it grows, painted for a terminal: what is firm does not change whatever comes next, so that it can be printed
 * and stays. A word is firm as soon as no mark that is still open could be about it; a table when it is complete.
 */
import { type Block, EMPTY_DOCUMENT, type Inline, type MarkdownDocument, readDocument } from "@perdure/client/markdown";
import type { MarkdownPainter } from "./terminal-markdown.ts";

export interface Painted {
  readonly firm: string;
  /** The whole as it is now; it begins with what is firm. */
  readonly whole: string;
}

/** A mark in a text that may still find its end, or be the end of one. Between letters or blanks it is none. */
const OPEN_MARK = /[*`~[\\]|<(?=[hm]|$)|(?<!\w)_|_(?!\w)/;
const LONE_STAR = /(?<=^|\s)\*(?=\s)/g;
/** May become an item, a line below a heading, or a rule. */
const LINE_OF_MARKS = /(?:^|\n)(?:[\s*_=|:+#>~-]|\d{1,9}[.)](?=\s|$))*$/;

export class GrowingMarkdown {
  readonly #painter: MarkdownPainter;
  #document: MarkdownDocument = EMPTY_DOCUMENT;
  #closed: readonly Block[] = [];
  #closedPainted = "";
  /** So far into the text nothing is open. */
  #firmTo = 0;

  constructor(painter: MarkdownPainter) {
    this.#painter = painter;
  }

  /** `text`: all of it so far; `isDone`: nothing follows. */
  paint(text: string, isDone: boolean): Painted {
    const before = this.#document.closedText;
    this.#document = readDocument(text, this.#document);
    const { closed, open, closedText } = this.#document;
    if (!closedText.startsWith(before)) this.#forget();
    this.#close(closed);
    const whole = this.#behindClosed(this.#blocks(open));
    return isDone ? { firm: whole, whole } : { firm: this.#behindClosed(this.#firmOf(text, closedText.length, open)), whole };
  }

  #forget(): void {
    this.#closed = [];
    this.#closedPainted = "";
    this.#firmTo = 0;
  }

  #close(closed: readonly Block[]): void {
    const painted = this.#blocks(closed.slice(this.#closed.length));
    if (painted !== "") this.#closedPainted += `${this.#closedPainted === "" ? "" : "\n"}${painted}\n`;
    this.#closed = closed;
  }

  #behindClosed(painted: string): string {
    return painted === "" ? this.#closedPainted : `${this.#closedPainted}${this.#closedPainted === "" ? "" : "\n"}${painted}`;
  }

  #blocks(blocks: readonly Block[]): string {
    return blocks
      .map((block) => this.#painter.lines(block).join("\n"))
      .filter((painted) => painted !== "")
      .join("\n\n");
  }

  #firmOf(text: string, from: number, open: readonly Block[]): string {
    // Of code the lines are firm, of all else the words.
    const end = open.at(-1)?.is === "code" ? text.lastIndexOf("\n") : lastBlank(text);
    const source = text.slice(from, end);
    if (end > this.#firmTo && !LINE_OF_MARKS.test(source) && blocksOf(source).every((block) => block.is === "code" || isFirm(block)))
      this.#firmTo = end;
    return this.#blocks(blocksOf(text.slice(from, this.#firmTo)));
  }
}

function lastBlank(text: string): number {
  return Math.max(text.lastIndexOf(" "), text.lastIndexOf("\n"), 0);
}

function blocksOf(text: string): readonly Block[] {
  const { closed, open } = readDocument(text);
  return [...closed, ...open];
}

function isFirm(block: Block): boolean {
  switch (block.is) {
    case "paragraph":
      // A line of cells may be the head of a table.
      return block.inlines.every(isClosed) && !/^\s*\|/.test(wordsOf(block.inlines));
    case "quote":
      return block.blocks.every(isFirm);
    case "list":
      return block.items.every(({ blocks }) => blocks.every(isFirm));
    case "rule":
      return true;
    // Its style goes to the end of its line, and inside of something else only the whole tells where a line ends.
    case "heading":
    case "code":
    case "table":
      return false;
  }
}

function isClosed(inline: Inline): boolean {
  if (inline.is === "text") return !OPEN_MARK.test(inline.text.replaceAll(LONE_STAR, ""));
  return !("inlines" in inline) || inline.inlines.every(isClosed);
}

function wordsOf(inlines: readonly Inline[]): string {
  const [first] = inlines;
  return first?.is === "text" ? first.text : "";
}

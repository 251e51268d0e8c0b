/**
 * Markdown for a terminal that is read by a person: headings and emphasis as the terminal has them, code indented, links with their
 * addresses, tables with aligned columns. Nothing in it can send a sequence of its own. Lines are as long as paragraphs: the terminal
 * breaks them, and again when its size changes.
 */
import { type Block, type Inline, type ListItem } from "@perdure/client/markdown";
import type { Style } from "../style.ts";
import { cellWidth } from "../table.ts";

type TableBlock = Extract<Block, { is: "table" }>;

const BULLETS = ["•", "◦", "▪"] as const;
const RULE_CELLS = 24;
const CODE_INDENT = "  ";

export class MarkdownPainter {
  readonly #style: Style;
  readonly #cols: number;

  /** `cols`: a table that is wider is not aligned. */
  constructor(style: Style, cols: number) {
    this.#style = style;
    this.#cols = cols;
  }

  /** Lines with the terminal's sequences for style, each closed in its line. */
  lines(block: Block, depth = 0): readonly string[] {
    switch (block.is) {
      case "paragraph":
        return this.#text(block.inlines);
      case "heading":
        return this.#text(block.inlines, (line) => this.#style.bold(block.level === 1 ? this.#style.underline(line) : line));
      case "code":
        return block.text.split("\n").map((line) => (line === "" ? "" : CODE_INDENT + this.#style.cyan(line)));
      case "quote":
        return this.#all(block.blocks, depth).map((line) => `${this.#style.dim("│")} ${line}`);
      case "list":
        return block.items.flatMap((item, index) => this.#item(item, bullet(block.start, index, depth), depth));
      case "table":
        return this.#table(block);
      case "rule":
        return [this.#style.dim("─".repeat(RULE_CELLS))];
    }
  }

  /** Blocks below each other, an empty line between two. */
  #all(blocks: readonly Block[], depth: number): readonly string[] {
    return blocks.flatMap((block, index) => [...(index > 0 ? [""] : []), ...this.lines(block, depth)]);
  }

  #item({ isChecked, blocks }: ListItem, mark: string, depth: number): readonly string[] {
    const lead = isChecked === undefined ? mark : isChecked ? "☑" : "☐";
    const inner = blocks.flatMap((block, index) => [
      ...(index > 0 && block.is !== "list" ? [""] : []),
      ...this.lines(block, block.is === "list" ? depth + 1 : depth),
    ]);
    const indent = " ".repeat(cellWidth(lead) + 1);
    return (inner.length === 0 ? [""] : inner).map((line, index) =>
      index === 0 ? `${this.#style.dim(lead)} ${line}` : line === "" ? "" : indent + line,
    );
  }

  #table({ alignments, head, rows }: TableBlock): readonly string[] {
    const cells = [head, ...rows].map((row) => row.map((cell) => this.#text(cell).join(" ")));
    const widths = head.map((_, column) => Math.max(...cells.map((row) => cellWidth(row[column] ?? ""))));
    const isWide = widths.reduce((sum, width) => sum + width + 3, -3) > this.#cols;
    const drawn = cells.map((row) =>
      row
        .map((cell, column) => (isWide ? cell : aligned(cell, widths[column] ?? 0, alignments[column] === "right")))
        .join(this.#style.dim(" │ "))
        .trimEnd(),
    );
    const line = this.#style.dim(isWide ? "─".repeat(RULE_CELLS) : widths.map((width) => "─".repeat(width)).join("─┼─"));
    return [this.#style.bold(drawn[0] ?? ""), line, ...drawn.slice(1)];
  }

  #text(inlines: readonly Inline[], paint: (line: string) => string = (line) => line): readonly string[] {
    return this.#inlines(inlines, paint).split("\n");
  }

  /** Each line is painted for itself. */
  #inlines(inlines: readonly Inline[], paint: (line: string) => string): string {
    return inlines.map((inline) => this.#inline(inline, paint)).join("");
  }

  #inline(inline: Inline, paint: (line: string) => string): string {
    const { bold, italic, underline, strike, cyan, dim } = this.#style;
    switch (inline.is) {
      case "text":
        return onLines(inline.text, paint);
      case "code":
        return onLines(inline.text, (line) => paint(cyan(line)));
      case "strong":
        return this.#inlines(inline.inlines, (line) => paint(bold(line)));
      case "emphasis":
        return this.#inlines(inline.inlines, (line) => paint(italic(line)));
      case "deleted":
        return this.#inlines(inline.inlines, (line) => paint(strike(line)));
      case "link": {
        const words = this.#inlines(inline.inlines, (line) => paint(underline(line)));
        return isAddress(inline) ? words : `${words}${paint(dim(` (${inline.href})`))}`;
      }
      case "break":
        return "\n";
    }
  }
}

function bullet(start: number | undefined, index: number, depth: number): string {
  return start === undefined ? (BULLETS[depth % BULLETS.length] ?? "•") : `${start + index}.`;
}

function onLines(text: string, paint: (line: string) => string): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? "" : paint(line)))
    .join("\n");
}

function aligned(cell: string, width: number, isRight: boolean): string {
  const blanks = " ".repeat(Math.max(0, width - cellWidth(cell)));
  return isRight ? blanks + cell : cell + blanks;
}

/** The words of the link are where it leads. */
function isAddress({ href, inlines }: Extract<Inline, { is: "link" }>): boolean {
  const [only] = inlines;
  return inlines.length === 1 && only?.is === "text" && [only.text, `${only.text}/`, `mailto:${only.text}`].includes(href);
}

/**
 * Markdown, block by block. One call reads one block and says where it ended, so that a text that grows is never read twice
 * (document.ts). Nesting is bounded; what is deeper stays a paragraph.
 */
import type { Alignment, Block, ListItem } from "./blocks.ts";
import { parseInline } from "./parse-inline.ts";

const MAX_DEPTH = 12;
const MAX_COLUMNS = 50;
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$/;
const RULE = /^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:( +)(.*)|$)/;
const UNDERLINE = /^ {0,3}(=+|-+)\s*$/;
const DELIMITERS = /^ {0,3}\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const TASK = /^\[([ xX])\]\s+/;

export interface Taken {
  readonly block: Block;
  /** The first line that is not the block's. */
  readonly next: number;
}

/** All blocks of these lines. */
export function parseBlocks(lines: readonly string[], depth = 0): readonly Block[] {
  const blocks: Block[] = [];
  for (let at = skipBlank(lines, 0); at < lines.length;) {
    const { block, next } = takeBlock(lines, at, depth);
    blocks.push(block);
    at = skipBlank(lines, next);
  }
  return blocks;
}

/** The block that begins at this line, which is not blank. */
export function takeBlock(lines: readonly string[], at: number, depth = 0): Taken {
  const line = lines[at] ?? "";
  const fence = FENCE.exec(line);
  if (fence !== null) return takeCode(lines, at, fence);
  const heading = HEADING.exec(line);
  if (heading !== null) {
    const [, marks = "", text = ""] = heading;
    return { block: { is: "heading", level: marks.length, inlines: parseInline(text) }, next: at + 1 };
  }
  if (RULE.test(line)) return { block: { is: "rule" }, next: at + 1 };
  if (depth < MAX_DEPTH) {
    if (QUOTE.test(line)) return takeQuote(lines, at, depth);
    if (ITEM.test(line)) return takeList(lines, at, depth);
  }
  if (isTable(lines, at)) return takeTable(lines, at);
  if (/^ {4}/.test(line)) return takeIndented(lines, at);
  return takeParagraph(lines, at);
}

export function skipBlank(lines: readonly string[], from: number): number {
  let at = from;
  while (at < lines.length && isBlank(lines[at])) at += 1;
  return at;
}

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === "";
}

function takeCode(lines: readonly string[], at: number, fence: RegExpExecArray): Taken {
  const [line, marks = "", info = ""] = fence;
  const indent = line.length - line.trimStart().length;
  const close = new RegExp(`^ {0,3}${marks[0] === "~" ? "~" : "`"}{${marks.length},}\\s*$`);
  const text: string[] = [];
  let next = at + 1;
  for (; next < lines.length; next += 1) {
    const inner = lines[next] ?? "";
    if (close.test(inner)) break;
    text.push(inner.slice(Math.min(indent, inner.length - inner.trimStart().length)));
  }
  const language = info.trim().split(/\s+/)[0] ?? "";
  return { block: { is: "code", language, text: text.join("\n") }, next: Math.min(next + 1, lines.length) };
}

function takeIndented(lines: readonly string[], at: number): Taken {
  let next = at;
  let end = at;
  for (; next < lines.length && (isBlank(lines[next]) || (lines[next] ?? "").startsWith("    ")); next += 1) {
    if (!isBlank(lines[next])) end = next + 1;
  }
  const text = lines.slice(at, end).map((line) => line.slice(4));
  return { block: { is: "code", language: "", text: text.join("\n") }, next };
}

function takeQuote(lines: readonly string[], at: number, depth: number): Taken {
  const inner: string[] = [];
  let next = at;
  for (; next < lines.length; next += 1) {
    const line = lines[next] ?? "";
    if (QUOTE.test(line)) inner.push(line.replace(QUOTE, ""));
    // A paragraph inside goes on without the mark.
    else if (!isBlank(line) && !isBlank(inner.at(-1)) && !startsBlock(lines, next)) inner.push(line);
    else break;
  }
  return { block: { is: "quote", blocks: parseBlocks(inner, depth + 1) }, next };
}

function takeList(lines: readonly string[], at: number, depth: number): Taken {
  const [, , mark = ""] = ITEM.exec(lines[at] ?? "") ?? [];
  const isOrdered = /\d/.test(mark);
  const items: ListItem[] = [];
  let isLoose = false;
  let next = at;
  while (next < lines.length) {
    const found = ITEM.exec(lines[next] ?? "");
    if (found === null || kindOf(found[2] ?? "") !== kindOf(mark) || RULE.test(lines[next] ?? "")) break;
    const item = takeItem(lines, next, found);
    items.push(itemOf(item.inner, depth));
    const following = skipBlank(lines, item.next);
    const goesOn = kindOf(ITEM.exec(lines[following] ?? "")?.[2] ?? "") === kindOf(mark);
    isLoose ||= item.hasGap || (following > item.next && goesOn);
    next = following < lines.length && !goesOn ? item.next : following;
  }
  return { block: { is: "list", start: isOrdered ? Number.parseInt(mark, 10) : undefined, isLoose, items }, next };
}

/** Items with different marks are different lists. */
function kindOf(mark: string): string {
  return mark.at(-1) ?? "";
}

interface TakenItem {
  readonly inner: readonly string[];
  /** A blank line between its parts. */
  readonly hasGap: boolean;
  readonly next: number;
}

function takeItem(lines: readonly string[], at: number, found: RegExpExecArray): TakenItem {
  const [, lead = "", mark = "", spaces = " ", text = ""] = found;
  const width = lead.length + mark.length + (spaces.length > 4 ? 1 : spaces.length);
  const inner = [spaces.length > 4 ? spaces.slice(1) + text : text];
  let hasGap = false;
  let next = at + 1;
  while (next < lines.length) {
    const line = lines[next] ?? "";
    const following = skipBlank(lines, next);
    const indent = indentOf(lines[following] ?? "");
    if (following > next) {
      // What belongs to an item behind a blank line is indented like its text.
      if (following >= lines.length || indent < Math.min(width, 2 + lead.length)) break;
      hasGap = true;
      inner.push("");
      next = following;
    } else if (indent >= Math.min(width, lead.length + 2)) {
      inner.push(line.slice(Math.min(width, indent)));
      next += 1;
    } else if (!ITEM.test(line) && !startsBlock(lines, next) && !isBlank(inner.at(-1))) {
      inner.push(line.trimStart());
      next += 1;
    } else break;
  }
  return { inner, hasGap, next };
}

function itemOf(inner: readonly string[], depth: number): ListItem {
  const task = TASK.exec(inner[0] ?? "");
  if (task === null) return { blocks: parseBlocks(inner, depth + 1) };
  return { isChecked: task[1] !== " ", blocks: parseBlocks([(inner[0] ?? "").replace(TASK, ""), ...inner.slice(1)], depth + 1) };
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function isTable(lines: readonly string[], at: number): boolean {
  const [head = "", delimiters = ""] = [lines[at], lines[at + 1]];
  if (!head.includes("|") || !delimiters.includes("-") || !DELIMITERS.test(delimiters)) return false;
  const columns = cells(delimiters).length;
  return columns === cells(head).length && columns <= MAX_COLUMNS;
}

function takeTable(lines: readonly string[], at: number): Taken {
  const alignments = cells(lines[at + 1] ?? "").map(alignmentOf);
  const rows: string[][] = [];
  let next = at + 2;
  for (; next < lines.length && !isBlank(lines[next]) && !startsBlock(lines, next); next += 1) rows.push(cells(lines[next] ?? ""));
  const read = (row: readonly string[]): (readonly ReturnType<typeof parseInline>[number][])[] =>
    alignments.map((_, column) => parseInline(row[column] ?? ""));
  return { block: { is: "table", alignments, head: read(cells(lines[at] ?? "")), rows: rows.map(read) }, next };
}

function cells(line: string): string[] {
  const inner = line
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll(String.raw`\|`, "|"));
}

function alignmentOf(cell: string): Alignment {
  const [isLeft, isRight] = [cell.startsWith(":"), cell.endsWith(":")];
  if (isLeft && isRight) return "center";
  return isRight ? "right" : isLeft ? "left" : undefined;
}

function takeParagraph(lines: readonly string[], at: number): Taken {
  let next = at + 1;
  for (; next < lines.length && !isBlank(lines[next]); next += 1) {
    const underline = UNDERLINE.exec(lines[next] ?? "");
    if (underline !== null) {
      const level = underline[1]?.startsWith("=") === true ? 1 : 2;
      return { block: { is: "heading", level, inlines: parseInline(textOf(lines, at, next)) }, next: next + 1 };
    }
    if (startsBlock(lines, next)) break;
  }
  return { block: { is: "paragraph", inlines: parseInline(textOf(lines, at, next)) }, next };
}

function textOf(lines: readonly string[], from: number, to: number): string {
  return lines
    .slice(from, to)
    .map((line) => line.trimStart())
    .join("\n")
    .trimEnd();
}

/** Does this line end a paragraph before it? */
function startsBlock(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? "";
  if (FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line)) return true;
  const item = ITEM.exec(line);
  if (item !== null) return (item[4] ?? "") !== "" && (!/\d/.test(item[2] ?? "") || /^1[.)]$/.test(item[2] ?? ""));
  return isTable(lines, at);
}

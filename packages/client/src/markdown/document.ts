/**
 * A Markdown text that grows at its end. A block is closed once a whole line behind it has ended it; a closed block is never read
 * again and keeps its identity, so that only what is still being written is parsed and drawn anew.
 */
import type { Block } from "./blocks.ts";
import { skipBlank, takeBlock } from "./parse-blocks.ts";

export interface MarkdownDocument {
  readonly closed: readonly Block[];
  /** What may still change. */
  readonly open: readonly Block[];
  readonly text: string;
  /** The part of the text that the closed blocks are. */
  readonly closedText: string;
}

export const EMPTY_DOCUMENT: MarkdownDocument = { closed: [], open: [], text: "", closedText: "" };

/** The document of this text; what is closed in the one before is taken over if the text only went on. */
export function readDocument(text: string, before: MarkdownDocument = EMPTY_DOCUMENT): MarkdownDocument {
  const start = text.startsWith(before.closedText) ? before : EMPTY_DOCUMENT;
  const lines = text.slice(start.closedText.length).split("\n");
  const closed: Block[] = [];
  const open: Block[] = [];
  let closedLines = 0;
  for (let at = skipBlank(lines, 0); at < lines.length;) {
    const { block, next } = takeBlock(lines, at);
    // The last line may still grow, and with it what it means for the block before it.
    if (next < lines.length - 1) {
      closed.push(block);
      closedLines = next;
    } else open.push(block);
    at = skipBlank(lines, next);
  }
  if (closed.length === 0) return { closed: start.closed, open, text, closedText: start.closedText };
  const closedText =
    start.closedText +
    lines
      .slice(0, closedLines)
      .map((line) => `${line}\n`)
      .join("");
  return { closed: [...start.closed, ...closed], open, text, closedText };
}

/** Markdown for whoever draws an agent's words: read as it grows, without HTML, and with nothing that loads by itself. */
export type * from "./blocks.ts";
export { EMPTY_DOCUMENT, type MarkdownDocument, readDocument } from "./document.ts";
export { parseBlocks } from "./parse-blocks.ts";
export { parseInline, safeHref } from "./parse-inline.ts";

/**
 * The inside of a paragraph: emphasis, code, links. The text is hostile: the time it takes grows with its length only, nesting is
 * bounded, and an address that is neither http, https nor mailto stays text.
 */
import type { Inline } from "./blocks.ts";

/** Deeper emphasis than this stays as typed. */
const MAX_OPEN = 24;
const MAX_LINK_DEPTH = 2;
const MAX_LINK_TEXT = 500;
const MAX_ADDRESS = 2048;
const ESCAPABLE = /[!-/:-@[-`{-~]/;
const SPECIAL = /[\\`*_~[!<\nh]/g;
/** Bounded: what is longer is none, and is not read to its end for each beginning. */
const BARE = /https?:\/\/[^\s<>"'`|]{1,2050}/y;
const ANGLED = /<((?:https?:\/\/|mailto:)[^\s<>]+)>/y;
const TARGET = /\(\s*(?:<([^<>\n]*)>|((?:[^\s()]|\([^\s()]*\))*))(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/y;

export function parseInline(text: string, depth = 0): readonly Inline[] {
  return new InlineReader(text, depth).read();
}

/** An address that may be followed; `undefined` for any other. */
export function safeHref(address: string): string | undefined {
  if (address.length > MAX_ADDRESS || !/^(?:https?:\/\/|mailto:)/i.test(address)) return undefined;
  return URL.canParse(address) ? new URL(address).href : undefined;
}

interface Opener {
  readonly char: string;
  /** How many of the characters are not used yet. */
  count: number;
  /** Where its text stands among the nodes. */
  readonly at: number;
}

class InlineReader {
  readonly #text: string;
  readonly #depth: number;
  readonly #nodes: Inline[] = [];
  readonly #openers: Opener[] = [];
  /** Lengths of backtick runs that nothing closes. */
  readonly #unclosed = new Set<number>();
  #at = 0;

  constructor(text: string, depth: number) {
    this.#text = text;
    this.#depth = depth;
  }

  read(): readonly Inline[] {
    while (this.#at < this.#text.length) {
      SPECIAL.lastIndex = this.#at;
      const next = SPECIAL.exec(this.#text)?.index ?? this.#text.length;
      this.#say(this.#text.slice(this.#at, next));
      this.#at = next;
      if (next < this.#text.length) this.#special(this.#text[next] ?? "");
    }
    return this.#nodes;
  }

  #special(char: string): void {
    const isTaken =
      (char === "\\" && this.#escape()) ||
      (char === "`" && this.#code()) ||
      ((char === "*" || char === "_" || char === "~") && this.#delimiter(char)) ||
      ((char === "[" || char === "!") && this.#link(char === "!")) ||
      (char === "<" && this.#angled()) ||
      (char === "h" && this.#bare()) ||
      (char === "\n" && this.#newline());
    if (isTaken) return;
    this.#say(char);
    this.#at += 1;
  }

  #say(text: string): void {
    if (text === "") return;
    const last = this.#nodes.at(-1);
    const isOpener = this.#openers.at(-1)?.at === this.#nodes.length - 1;
    if (last?.is === "text" && !isOpener) this.#nodes[this.#nodes.length - 1] = { is: "text", text: last.text + text };
    else this.#nodes.push({ is: "text", text });
  }

  #escape(): boolean {
    const next = this.#text[this.#at + 1] ?? "";
    if (next === "\n") this.#nodes.push({ is: "break" });
    else if (ESCAPABLE.test(next)) this.#say(next);
    else return false;
    this.#at += 2;
    return true;
  }

  #code(): boolean {
    const run = runAt(this.#text, this.#at);
    const from = this.#at + run;
    const end = this.#unclosed.has(run) ? -1 : closingRun(this.#text, from, run);
    if (end < 0) {
      this.#unclosed.add(run);
      this.#say("`".repeat(run));
      this.#at = from;
      return true;
    }
    const inner = this.#text.slice(from, end).replaceAll("\n", " ");
    const isPadded = inner.startsWith(" ") && inner.endsWith(" ") && inner.trim() !== "";
    this.#nodes.push({ is: "code", text: isPadded ? inner.slice(1, -1) : inner });
    this.#at = end + run;
    return true;
  }

  #delimiter(char: string): boolean {
    let run = runAt(this.#text, this.#at);
    const before = this.#text[this.#at - 1] ?? " ";
    const after = this.#text[this.#at + run] ?? " ";
    this.#at += run;
    const isLeft = !/\s/.test(after) && (!isPunctuation(after) || /\s/.test(before) || isPunctuation(before));
    const isRight = !/\s/.test(before) && (!isPunctuation(before) || /\s/.test(after) || isPunctuation(after));
    const canOpen = char === "_" ? isLeft && (!isRight || isPunctuation(before)) : isLeft;
    const canClose = char === "_" ? isRight && (!isLeft || isPunctuation(after)) : isRight;
    if (canClose) run = this.#close(char, run);
    if (run === 0) return true;
    if (canOpen && this.#openers.length < MAX_OPEN) this.#openers.push({ char, count: run, at: this.#nodes.length });
    this.#nodes.push({ is: "text", text: char.repeat(run) });
    return true;
  }

  /** Closes what it can; returns how many characters are left over. */
  #close(char: string, run: number): number {
    let left = run;
    const least = char === "~" ? 2 : 1;
    while (left >= least) {
      const index = this.#openers.findLastIndex((one) => one.char === char && one.count >= least);
      const opener = this.#openers[index];
      if (opener === undefined) return left;
      this.#openers.length = index + 1;
      const used = Math.min(2, left, opener.count);
      const inlines = this.#nodes.splice(opener.at + 1);
      opener.count -= used;
      left -= used;
      if (opener.count === 0) {
        this.#nodes.length = opener.at;
        this.#openers.pop();
      } else this.#nodes[opener.at] = { is: "text", text: char.repeat(opener.count) };
      this.#nodes.push({ is: char === "~" ? "deleted" : used === 2 ? "strong" : "emphasis", inlines });
    }
    return left;
  }

  /** `[words](address)`; of a picture only its words and the way to it: nothing is loaded. */
  #link(isPicture: boolean): boolean {
    const open = this.#at + (isPicture ? 1 : 0);
    if (this.#text[open] !== "[" || this.#depth >= MAX_LINK_DEPTH) return false;
    const close = closingBracket(this.#text, open);
    if (close < 0) return false;
    TARGET.lastIndex = close + 1;
    const target = TARGET.exec(this.#text);
    if (target === null) return false;
    const words = this.#text.slice(open + 1, close);
    const href = safeHref(target[1] ?? target[2] ?? "");
    const inlines = isPicture ? [{ is: "text", text: words || "picture" } as const] : parseInline(words, this.#depth + 1);
    if (href === undefined) this.#nodes.push(...inlines);
    else this.#nodes.push({ is: "link", href, inlines });
    this.#at = TARGET.lastIndex;
    return true;
  }

  #angled(): boolean {
    ANGLED.lastIndex = this.#at;
    const address = ANGLED.exec(this.#text)?.[1];
    return address !== undefined && this.#address(address, ANGLED.lastIndex);
  }

  #bare(): boolean {
    if (this.#depth > 0 || /\w/.test(this.#text[this.#at - 1] ?? "")) return false;
    BARE.lastIndex = this.#at;
    const found = BARE.exec(this.#text)?.[0];
    if (found === undefined || found.length > MAX_ADDRESS) return false;
    const address = withoutPunctuation(found);
    return this.#address(address, this.#at + address.length);
  }

  #address(address: string, end: number): boolean {
    const href = safeHref(address);
    if (href === undefined) return false;
    this.#nodes.push({ is: "link", href, inlines: [{ is: "text", text: address }] });
    this.#at = end;
    return true;
  }

  #newline(): boolean {
    const last = this.#nodes.at(-1);
    if (last?.is !== "text" || !last.text.endsWith("  ")) return false;
    this.#nodes[this.#nodes.length - 1] = { is: "text", text: last.text.trimEnd() };
    this.#nodes.push({ is: "break" });
    this.#at += 1;
    return true;
  }
}

function runAt(text: string, at: number): number {
  let end = at + 1;
  while (text[end] === text[at]) end += 1;
  return end - at;
}

function closingRun(text: string, from: number, length: number): number {
  for (let at = text.indexOf("`", from); at >= 0;) {
    const run = runAt(text, at);
    if (run === length) return at;
    at = text.indexOf("`", at + run);
  }
  return -1;
}

function closingBracket(text: string, open: number): number {
  let depth = 0;
  const end = Math.min(text.length, open + MAX_LINK_TEXT);
  for (let at = open; at < end; at += 1) {
    const char = text[at];
    if (char === "\\") at += 1;
    else if (char === "[") depth += 1;
    else if (char === "]") {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

function isPunctuation(char: string): boolean {
  return /[\p{P}\p{S}]/u.test(char);
}

/** A sentence goes on behind an address. */
function withoutPunctuation(address: string): string {
  let end = address.length;
  while (end > 0) {
    const last = address[end - 1] ?? "";
    const isUnopened = last === ")" && !address.slice(0, end).includes("(");
    if (!/[.,;:!?*_~\]]/.test(last) && !isUnopened) break;
    end -= 1;
  }
  return address.slice(0, end);
}

/**
 * A conversation as lines of a terminal: each line comes once, in the transcript's order, as soon as it will not change any more; the rest
 * is shown as it is now. Made from the state, so that a snapshot after a lost connection goes on where the lines stood.
 */
import type { Conversation, Entry, Part, Turn } from "@perdure/protocol";
import { GrowingMarkdown, type Painted } from "../markdown/growing-markdown.ts";
import { MarkdownPainter } from "../markdown/terminal-markdown.ts";
import type { Style } from "../style.ts";
import type { LiveLine } from "./live-area.ts";
import { inputLines, isPartSettled, noticeLines, partLines, textLines, turnEndLine } from "./transcript-lines.ts";
import { printable } from "./printable.ts";

export interface Shown {
  /** New lines that stay. */
  readonly settled: readonly LiveLine[];
  /** What may still change. */
  readonly live: readonly LiveLine[];
}

export class Transcript {
  readonly #style: Style;
  /** The first entry that is not settled, the first part of it that is not, and what is printed of that. */
  #entry = 0;
  #part = 0;
  #printed = "";
  #lastId: string | undefined;
  /** The turn to which the last settled entry belongs; its end is said behind it. */
  #turn: string | undefined;
  readonly #saidEnds = new Set<string>();
  #settled: LiveLine[] = [];
  #live: LiveLine[] = [];
  readonly #painter: MarkdownPainter | undefined;
  /** Of the first part that is not settled. */
  #growing: GrowingMarkdown | undefined;
  #source = "";

  /** `cols`: what a table may take at most. */
  constructor(style: Style, cols = 80) {
    this.#style = style;
    this.#painter = style.isPlain ? undefined : new MarkdownPainter(style, cols);
  }

  /** The lines that are new, and those that may still change. */
  next(conversation: Conversation): Shown {
    this.#settled = [];
    this.#live = [];
    if (this.#entry > 0 && conversation.entries[this.#entry - 1]?.id !== this.#lastId) this.#restart(conversation);
    let isSettled = true;
    for (let at = this.#entry; at < conversation.entries.length; at += 1) {
      const entry = conversation.entries[at];
      if (entry === undefined) break;
      if (isSettled) this.#sayEnd(conversation, turnOfEntry(conversation, entry));
      isSettled = this.#add(conversation, entry, isSettled) && isSettled;
      if (isSettled) this.#passed(conversation, entry);
    }
    if (isSettled) this.#sayEnd(conversation, undefined);
    return { settled: this.#settled, live: this.#live };
  }

  #passed(conversation: Conversation, entry: Entry): void {
    this.#entry += 1;
    this.#part = 0;
    this.#forgetText();
    this.#lastId = entry.id;
    this.#turn = turnOfEntry(conversation, entry) ?? this.#turn;
  }

  /** Answers whether the entry will not change any more. */
  #add(conversation: Conversation, { is, id }: Entry, isSettled: boolean): boolean {
    const lines = isSettled ? this.#settled : this.#live;
    if (is === "message") return this.#addMessage(conversation, id, isSettled);
    const input = is === "input" ? conversation.inputs[id] : undefined;
    const notice = is === "notice" ? conversation.notices[id] : undefined;
    if (input) lines.push(...inputLines(input, this.#style));
    if (notice) lines.push(...noticeLines(notice, this.#style));
    return true;
  }

  #addMessage(conversation: Conversation, id: string, isFirst: boolean): boolean {
    const message = conversation.messages[id];
    // What a helper agent says belongs to the tool call that stands for it.
    if (message === undefined || message.parent !== undefined) return true;
    const isOver = conversation.turns[message.turn]?.state !== "running" || !message.isOpen;
    let isSettled = isFirst;
    const from = isFirst ? this.#part : 0;
    for (const [index, part] of message.parts.entries()) {
      if (index < from) continue;
      const isLast = index === message.parts.length - 1;
      const isDone = isPartSettled(part, isOver, isLast);
      isSettled = this.#addPart(part, isSettled, isDone);
      if (isSettled) {
        this.#part += 1;
        this.#forgetText();
      }
    }
    return isSettled && isOver;
  }

  #addPart(part: Part, isSettled: boolean, isDone: boolean): boolean {
    if (!isSettled) this.#live.push(...(part.kind === "text" ? this.#textLines(part.text) : partLines(part, this.#style, isDone)));
    else if (part.kind === "text") this.#addText(part.text, isDone);
    else (isDone ? this.#settled : this.#live).push(...partLines(part, this.#style, isDone));
    return isSettled && isDone;
  }

  /** Of a part that stands behind one that may change. */
  #textLines(text: string): readonly LiveLine[] {
    const painted = this.#painter && new GrowingMarkdown(this.#painter).paint(printable(text), true).whole;
    return textLines(painted ?? printable(text));
  }

  /** Whole lines stay; the last one may grow. */
  #addText(whole: string, isDone: boolean): void {
    const { firm, whole: text } = this.#painted(printable(whole), isDone);
    if (!text.startsWith(this.#printed)) this.#printed = whole.startsWith(this.#source) ? sameLines(text, this.#printed) : "";
    this.#source = whole;
    const rest = text.slice(this.#printed.length);
    const end = isDone ? rest.length : Math.max(0, firm.lastIndexOf("\n") + 1 - this.#printed.length);
    if (this.#printed === "" && end > 0) this.#settled.push({ text: "" });
    const lines = rest.slice(0, end).split("\n");
    if (!isDone || lines.at(-1) === "") lines.pop();
    this.#settled.push(...lines.map((line) => ({ text: line })));
    if (!isDone && rest.slice(end) !== "") {
      if (this.#printed === "" && end === 0) this.#live.push({ text: "" });
      this.#live.push(...textLines(rest.slice(end)).slice(1));
    }
    this.#printed = text.slice(0, this.#printed.length + end);
  }

  #forgetText(): void {
    this.#printed = "";
    this.#source = "";
    this.#growing = undefined;
  }

  /** Without colours the text stays as the agent wrote it. */
  #painted(text: string, isDone: boolean): Painted {
    if (this.#painter === undefined) return { firm: text, whole: text };
    this.#growing ??= new GrowingMarkdown(this.#painter);
    return this.#growing.paint(text, isDone);
  }

  #sayEnd(conversation: Conversation, next: string | undefined): void {
    const turn: Turn | undefined = this.#turn === undefined ? undefined : conversation.turns[this.#turn];
    if (turn === undefined || turn.id === next || this.#saidEnds.has(turn.id)) return;
    if (turn.state === "running" || turn.state === "completed") return;
    this.#saidEnds.add(turn.id);
    this.#settled.push(...turnEndLine(turn, this.#style));
  }

  /** The history is not the one that was shown. */
  #restart(conversation: Conversation): void {
    this.#settled.push({ text: "" }, { text: "(the history above was changed on the server)", paint: this.#style.dim });
    this.#entry = conversation.entries.length;
    this.#part = 0;
    this.#forgetText();
    this.#lastId = conversation.entries.at(-1)?.id;
    this.#turn = undefined;
  }
}

/** What was printed stays as it was: as many lines of what the text has become. */
function sameLines(text: string, printed: string): string {
  const lines = text.split("\n");
  const count = printed.split("\n").length - 1;
  return count >= lines.length
    ? text
    : lines
        .slice(0, count)
        .map((line) => `${line}\n`)
        .join("");
}

function turnOfEntry(conversation: Conversation, { is, id }: Entry): string | undefined {
  if (is === "input") return conversation.inputs[id]?.turn;
  return is === "message" ? conversation.messages[id]?.turn : conversation.notices[id]?.turn;
}

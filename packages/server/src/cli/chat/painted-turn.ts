/**
 * The words of a turn for a terminal, Markdown painted: what is firm is printed once and never again. Made from the state, so that a
 * snapshot after a lost connection goes on where the words stood.
 */
import type { Conversation, TextPart } from "@perdure/protocol";
import { GrowingMarkdown } from "../markdown/growing-markdown.ts";
import type { MarkdownPainter } from "../markdown/terminal-markdown.ts";
import { printable } from "./printable.ts";
import { isAnswer } from "./turn-text.ts";

interface Shown {
  readonly growing: GrowingMarkdown;
  printed: string;
  /** What it was painted from. */
  text: string;
  /** What else it says as it is now. */
  rest: string;
}

export class PaintedTurn {
  readonly #painter: MarkdownPainter;
  readonly #parts = new Map<string, Shown>();
  #last: Shown | undefined;

  constructor(painter: MarkdownPainter) {
    this.#painter = painter;
  }

  /** What has to be printed now. Parts are separated by an empty line; reasoning, tools and helper agents are not in it. */
  next(conversation: Conversation, turn: string): string {
    let added = "";
    for (const { is, id } of conversation.entries) {
      const message = is === "message" ? conversation.messages[id] : undefined;
      if (message === undefined || !isAnswer(message, turn)) continue;
      for (const [index, part] of message.parts.entries()) {
        if (part.kind !== "text") continue;
        const isOver = !part.isOpen || !message.isOpen || index < message.parts.length - 1;
        added += this.#partNext(`${message.id} ${part.id}`, part, isOver);
      }
    }
    return added;
  }

  /** The rest of what was said, and the end of the last line. */
  end(): string {
    const last = this.#last;
    if (last === undefined) return "";
    const rest = last.rest;
    last.rest = "";
    const line = last.printed + rest;
    return line === "" || line.endsWith("\n") ? rest : `${rest}\n`;
  }

  #partNext(key: string, part: TextPart, isOver: boolean): string {
    const shown = this.#parts.get(key) ?? { growing: new GrowingMarkdown(this.#painter), printed: "", text: "", rest: "" };
    this.#parts.set(key, shown);
    if (part.text === shown.text && shown.rest === "") return "";
    shown.text = part.text;
    const { firm, whole } = shown.growing.paint(printable(part.text), isOver);
    const { added, printed } = goesOn(shown.printed, firm);
    shown.printed = printed;
    shown.rest = whole.startsWith(printed) ? whole.slice(printed.length) : "";
    if (added === "") return "";
    const before = this.#last === undefined || this.#last === shown ? "" : `${this.end()}\n`;
    this.#last = shown;
    return before + added;
  }
}

/** What was printed cannot be taken back: where the lines became others, those that are not there yet are said. */
function goesOn(printed: string, firm: string): { readonly added: string; readonly printed: string } {
  if (firm.startsWith(printed)) return { added: firm.slice(printed.length), printed: firm };
  if (printed.startsWith(firm)) return { added: "", printed };
  const lines = printed.split("\n").length - 1;
  const rest = firm.split("\n").slice(lines).join("\n");
  return { added: `\n${rest}`, printed: firm };
}

/**
 * How the answer to a message is printed as it comes: its words, or the events of its turn as lines of JSON.
 */
import type { ChatEvent, Conversation } from "@perdure/protocol";
import { MarkdownPainter } from "../markdown/terminal-markdown.ts";
import type { Style } from "../style.ts";
import type { News } from "./conversation-link.ts";
import { turnOf } from "./message-end.ts";
import { PaintedTurn } from "./painted-turn.ts";
import { printable } from "./printable.ts";
import { belongsTo } from "./turn-events.ts";
import { TurnText } from "./turn-text.ts";

export interface Answer {
  /** Before the message is sent. */
  begin(session: string, conversation: Conversation): void;
  show(conversation: Conversation, news: News): void;
  end(): void;
}

/** What can be written to and may be a terminal. */
export interface Printer {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A terminal gets no control characters of the agent's, and Markdown as it can show it; anything else gets every character. */
export class AnswerAsText implements Answer {
  readonly #output: Printer;
  readonly #message: string;
  readonly #text: TurnText | PaintedTurn;

  constructor(output: Printer, message: string, style: Style) {
    this.#output = output;
    this.#message = message;
    this.#text =
      output.isTTY === true && !style.isPlain ? new PaintedTurn(new MarkdownPainter(style, output.columns ?? 80)) : new TurnText();
  }

  begin(): void {}

  show(conversation: Conversation): void {
    const turn = turnOf(conversation, this.#message);
    const added = turn === undefined ? "" : this.#text.next(conversation, turn.id);
    if (added !== "") this.#output.write(this.#output.isTTY === true && this.#text instanceof TurnText ? printable(added) : added);
  }

  end(): void {
    this.#output.write(this.#text.end());
  }
}

/**
 * First `asked`, then each event of the turn once. A `snapshot` stands in the place of events that were before this command, or are
 * not kept singly any more.
 */
export class AnswerAsEvents implements Answer {
  readonly #output: Printer;
  readonly #message: string;
  #isOld = false;

  constructor(output: Printer, message: string) {
    this.#output = output;
    this.#message = message;
  }

  begin(session: string, conversation: Conversation): void {
    this.#isOld = conversation.inputs[this.#message] !== undefined;
    this.#print({ type: "asked", session, input: this.#message });
    if (this.#isOld) this.#snapshot(conversation);
  }

  show(conversation: Conversation, news: News): void {
    if (conversation.inputs[this.#message] === undefined) return;
    if (news === "snapshot") return this.#snapshot(conversation);
    for (const event of this.#since(news)) if (belongsTo(event, this.#message, conversation)) this.#print(event);
  }

  end(): void {}

  /** What came in one piece with the message but before it is not of it. */
  #since(news: readonly ChatEvent[]): readonly ChatEvent[] {
    const accepted = news.findIndex((event) => event.type === "input.accepted" && event.input === this.#message);
    return accepted === -1 ? news : news.slice(accepted);
  }

  #snapshot(conversation: Conversation): void {
    const input = conversation.inputs[this.#message];
    const turn = turnOf(conversation, this.#message);
    const messages = Object.values(conversation.messages).filter((message) => message.turn === turn?.id);
    this.#print({ type: "snapshot", input, turn: turn ?? null, messages });
  }

  #print(value: object): void {
    this.#output.write(`${JSON.stringify(value)}\n`);
  }
}

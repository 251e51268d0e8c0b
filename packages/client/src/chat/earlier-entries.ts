/**
 * Asks for what was said before the entries that are known (PROTOCOL §12.2). The answer is as of some moment after it was asked for;
 * one that events of meanwhile are about is asked for again, so that nothing is put in place as it was.
 */
import type { ChatEvent, ConversationPart } from "@perdure/protocol";

/** An agent that never rests: then what is a moment old is better than nothing. */
const MAX_TRIES = 3;

export class EarlierEntries {
  readonly #ask: (before: number) => Promise<ConversationPart>;
  /** What came since it was asked for. */
  #since: ChatEvent[] = [];
  #loading: Promise<ConversationPart | null> | undefined;
  /** Counts beginnings: an answer of before the newest one is for nobody. */
  #beginning = 0;

  constructor(ask: (before: number) => Promise<ConversationPart>) {
    this.#ask = ask;
  }

  /** Events that the conversation now has. */
  came(events: readonly ChatEvent[]): void {
    if (this.#loading) for (const event of events) this.#since.push(event);
  }

  /** The conversation has begun anew, from a snapshot. */
  restart(): void {
    this.#beginning += 1;
    this.#end();
  }

  /** The part before so many entries; `null`: there is none, or it is no longer wanted, or somebody else gets it. Rejects when it cannot be had. */
  async load(before: number): Promise<ConversationPart | null> {
    if (before === 0 || this.#loading) return null;
    const beginning = this.#beginning;
    this.#loading = this.#load(before);
    try {
      const part = await this.#loading;
      return beginning === this.#beginning ? part : null;
    } finally {
      if (beginning === this.#beginning) this.#end();
    }
  }

  #end(): void {
    this.#loading = undefined;
    this.#since = [];
  }

  async #load(before: number): Promise<ConversationPart> {
    for (let attempt = 1; ; attempt += 1) {
      const since: ChatEvent[] = [];
      this.#since = since;
      const part = await this.#ask(before);
      if (attempt === MAX_TRIES || !since.some((event) => isAbout(event, part))) return part;
    }
  }
}

function isAbout(event: ChatEvent, { messages, inputs, approvals, turns, notices }: ConversationPart): boolean {
  return (
    ("message" in event && Object.hasOwn(messages, event.message)) ||
    ("input" in event && typeof event.input === "string" && Object.hasOwn(inputs, event.input)) ||
    ("approval" in event && Object.hasOwn(approvals, event.approval)) ||
    (event.type === "turn.ended" && Object.hasOwn(turns, event.turn)) ||
    (event.type === "notice" && Object.hasOwn(notices, event.notice))
  );
}

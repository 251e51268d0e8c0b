/**
 * The words of a turn as they come, each once: what is to be printed behind what was printed before. Made from the state, so that a
 * snapshot after a lost connection goes on where the words stood.
 */
import type { AgentMessage, Conversation, Part } from "@perdure/protocol";

export class TurnText {
  readonly #printed = new Map<string, string>();
  #last: string | undefined;

  /** What has to be printed now. Parts are separated by an empty line; reasoning, tools and helper agents are not in it. */
  next(conversation: Conversation, turn: string): string {
    let added = "";
    for (const { is, id } of conversation.entries) {
      const message = is === "message" ? conversation.messages[id] : undefined;
      if (message && isAnswer(message, turn)) for (const part of message.parts) added += this.#partNext(message.id, part);
    }
    return added;
  }

  /** What ends the last line, if something was printed. */
  end(): string {
    const last = this.#last === undefined ? "" : (this.#printed.get(this.#last) ?? "");
    return last === "" || last.endsWith("\n") ? "" : "\n";
  }

  #partNext(message: string, part: Part): string {
    if (part.kind !== "text") return "";
    const key = `${message} ${part.id}`;
    const before = this.#printed.get(key) ?? "";
    if (part.text === before) return "";
    // A text that was replaced by another one is said again as a whole.
    const isContinued = part.text.startsWith(before) && (this.#last === key || before === "");
    const added = isContinued ? part.text.slice(before.length) : part.text;
    const separator = this.#last === undefined || (isContinued && this.#last === key) ? "" : this.#separator();
    this.#printed.set(key, part.text);
    this.#last = key;
    return separator + added;
  }

  #separator(): string {
    const last = this.#last === undefined ? "" : (this.#printed.get(this.#last) ?? "");
    return last.endsWith("\n\n") ? "" : last.endsWith("\n") ? "\n" : "\n\n";
  }
}

/** Of the agent itself, not of a helper. */
export function isAnswer(message: AgentMessage, turn: string): boolean {
  return message.turn === turn && message.parent === undefined;
}

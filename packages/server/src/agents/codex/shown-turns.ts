/** What a reader sees of turns, short, for tests. */
import type { Conversation } from "@perdure/protocol";

/** The parts of a turn, in order; `open` where something was not closed. */
export function partsOf(conversation: Conversation, turn: string): unknown[] {
  return Object.values(conversation.messages)
    .filter((message) => message.turn === turn)
    .flatMap(({ parts, isOpen, isSuperseded }) => {
      const shown = parts.map((part) => {
        if (part.kind === "tool") return [part.tool, part.title, part.status, part.output];
        return "text" in part ? [isSuperseded ? "superseded" : part.kind, part.text] : [part.kind, part.steps];
      });
      return isOpen ? [...shown, "open"] : shown;
    });
}

export function endsOf(conversation: Conversation): unknown[] {
  return Object.values(conversation.turns).map(({ state, cause }) => (cause === undefined ? state : `${state}: ${cause}`));
}

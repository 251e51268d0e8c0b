/**
 * A turn as systems know it that have two states for an answer: complete, or an error. perdure itself says *interrupted* of every
 * answer that was cut, whatever its length; this is for who must tell it to such a system. The content is never empty.
 */
import type { Conversation } from "./conversation.ts";

/** A cut answer longer than this counts as complete. */
const WORTH_KEEPING = 50;
const INTERRUPTED = "(Response interrupted. Please try again.)";
const LOST = "(Interrupted — this response was not completed. Please retry.)";
const FAILED = "(Response failed — no error detail available.)";
const EMPTY = "(The answer was empty.)";

export interface TwoStates {
  readonly status: "streaming" | "complete" | "error";
  readonly content: string;
}

/** `null`: there is no such turn. `streaming`: it still runs; then the content may be empty. */
export function asTwoStates(conversation: Conversation, turn: string): TwoStates | null {
  const known = Object.hasOwn(conversation.turns, turn) ? conversation.turns[turn] : undefined;
  if (!known) return null;
  const text = textOf(conversation, turn);
  const { state, cause } = known;
  if (state === "running") return { status: "streaming", content: text };
  if (state === "completed") return { status: "complete", content: text || EMPTY };
  if (text !== "") return { status: text.length > WORTH_KEEPING ? "complete" : "error", content: text };
  if (cause === "stopped" || cause === "session-ended") return { status: "error", content: INTERRUPTED };
  const isError = state === "failed" || cause === "crashed";
  return { status: "error", content: isError ? known.text || FAILED : LOST };
}

function textOf({ messages, entries }: Conversation, turn: string): string {
  return entries
    .flatMap(({ is, id }) => {
      const message = is === "message" ? messages[id] : undefined;
      const parts = message?.turn === turn && !message.isSuperseded ? message.parts : [];
      return parts.flatMap((part) => (part.kind === "text" ? [part.text] : []));
    })
    .join("");
}

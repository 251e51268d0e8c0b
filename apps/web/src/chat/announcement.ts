/** The newest thing in a conversation that is worth saying aloud. The same state says the same, so nothing is said twice. */
import type { Conversation } from "@perdure/protocol";
import { turnEndWords } from "./chat-words.ts";

const MAX_CHARACTERS = 600;

export interface Announcement {
  readonly text: string;
  readonly isUrgent: boolean;
}

export function announcement(conversation: Conversation): Announcement {
  const question = conversation.approvals[conversation.openApprovals.at(-1) ?? ""];
  if (question !== undefined) return { text: `The agent asks: ${question.title}`, isUrgent: true };
  const last = conversation.turns[conversation.lastTurn ?? ""];
  if (last === undefined) return { text: "", isUrgent: false };
  if (last.state === "running") return { text: "The agent answers.", isUrgent: false };
  const end = turnEndWords(last);
  return { text: end ?? answerOf(conversation, last.id), isUrgent: false };
}

function answerOf({ entries, messages }: Conversation, turn: string): string {
  for (const { is, id } of entries.toReversed()) {
    const message = is === "message" ? messages[id] : undefined;
    if (message?.turn !== turn) continue;
    const part = message.parts.findLast(({ kind }) => kind === "text");
    if (part?.kind === "text") return part.text.slice(0, MAX_CHARACTERS);
  }
  return "The agent has ended its turn.";
}

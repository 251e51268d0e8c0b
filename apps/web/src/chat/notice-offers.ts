/** Whether what a line of the transcript offers can still be taken up. */
import type { Conversation, Notice } from "@perdure/protocol";

/** The id of the message that the offers are about; "" for none in particular; `undefined`: it has been decided, or passed. */
export function openOffers(conversation: Conversation | undefined, notice: Notice): string | undefined {
  if (conversation === undefined || notice.offers.length === 0) return undefined;
  const held = conversation.queue.find((id) => conversation.inputs[id]?.state === "held" && conversation.inputs[id]?.notice === notice.id);
  if (held !== undefined) return held;
  if (notice.code === "restarted") return conversation.oldResumeId !== null && isLatest(conversation, notice) ? "" : undefined;
  if (notice.turn === undefined) return undefined;
  return conversation.lastTurn === notice.turn && conversation.runningTurn === null ? "" : undefined;
}

function isLatest({ entries, notices }: Conversation, notice: Notice): boolean {
  return entries.findLast(({ is, id }) => is === "notice" && notices[id]?.code === notice.code)?.id === notice.id;
}

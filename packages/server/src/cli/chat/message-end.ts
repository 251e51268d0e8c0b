/**
 * What became of a message, as far as a command has to know: its turn is over, somebody has to answer or decide, or it goes on.
 */
import type { Approval, Conversation, Notice, Turn } from "@perdure/protocol";

export type MessageEnd =
  | { readonly is: "ended"; readonly turn: Turn }
  /** Approvals of its turn are open. */
  | { readonly is: "asking"; readonly approvals: readonly Approval[] }
  /** It waits until somebody decides what is to be done with it. */
  | { readonly is: "undecided"; readonly state: "held" | "unknown"; readonly notice: Notice | undefined }
  | { readonly is: "removed" };

/** `undefined`: it goes on. */
export function endOfMessage(conversation: Conversation, message: string): MessageEnd | undefined {
  const input = conversation.inputs[message];
  if (input === undefined) return undefined;
  const { state, notice } = input;
  if (state === "removed") return { is: "removed" };
  if (state === "held" || state === "unknown") {
    return { is: "undecided", state, notice: notice === undefined ? undefined : conversation.notices[notice] };
  }
  const turn = turnOf(conversation, message);
  if (turn === undefined) return undefined;
  if (turn.state !== "running") return { is: "ended", turn };
  const approvals = openApprovals(conversation).filter((approval) => approval.turn === undefined || approval.turn === turn.id);
  return approvals.length > 0 ? { is: "asking", approvals } : undefined;
}

/** The turn that answers the message; none while it waits, also when it waits again after a run was lost. */
export function turnOf(conversation: Conversation, message: string): Turn | undefined {
  const input = conversation.inputs[message];
  const turn = input?.turn === undefined ? undefined : conversation.turns[input.turn];
  if (input === undefined || turn === undefined || conversation.queue.includes(message)) return undefined;
  const isOnItsWay = input.state === "dispatched" || input.state === "delivered";
  const isOfEarlierRun = turn.run !== conversation.runs.at(-1)?.id;
  return isOnItsWay && isOfEarlierRun ? undefined : turn;
}

export function openApprovals(conversation: Conversation): readonly Approval[] {
  return conversation.openApprovals.flatMap((id) => conversation.approvals[id] ?? []);
}

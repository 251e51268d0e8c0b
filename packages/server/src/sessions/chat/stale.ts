/**
 * The invariant "no turn runs without a run that lives": what a conversation still says of a run that is over, and the events that
 * put it right. A cut answer is interrupted, whatever its length, with its text kept.
 */
import { currentRun, type ChatEvent, type ChatSummary, type Conversation } from "@perdure/protocol";
import { afterRun } from "./ladder.ts";

const TEXT = "The agent's program is gone, and nobody saw how it ended.";

/** Of a conversation whose session has no living run: does it look as if it had one? */
export function isStale(conversation: Conversation): boolean {
  return conversation.runningTurn !== null || conversation.openApprovals.length > 0 || currentRun(conversation) !== null;
}

/** The same by what is kept with the session's row, for a conversation that nobody has opened yet. */
export function looksStale({ state }: ChatSummary): boolean {
  return state !== "asleep";
}

/** Puts it right; nothing where nothing is wrong, so that it may be asked again and again. */
export function staleEnd(conversation: Conversation, knowsInputs: boolean, at: number): ChatEvent[] {
  const run = conversation.runs.at(-1);
  if (!isStale(conversation) || !run) return [];
  const events = afterRun(conversation, { run: run.id, cause: "server-cannot-know", text: TEXT, wasAsked: false, knowsInputs, at });
  return run.state === "ended" ? events.filter(({ type }) => type !== "run.ended") : events;
}

/**
 * What people ask of a conversation, as the events that it comes to. Pure: a request that changes nothing is no event, and one that
 * cannot be granted throws what its sender is told.
 */
import { PerdureError, type ChatEvent, type Conversation, type Offer } from "@perdure/protocol";

const MAX_QUEUED = 1000;

/** Who asked, as it is shown; nothing if that is not known. */
export function named(by: string | undefined): { readonly by?: string } {
  return by === undefined ? {} : { by };
}

/**
 * A message comes in. The same id and text again changes nothing; nor does the text that an edited one came with, which a sender
 * repeats that heard no answer.
 */
export function accepted(
  conversation: Conversation,
  { input, text, by, at }: { readonly input: string; readonly text: string; readonly by: string | undefined; readonly at: number },
): ChatEvent[] {
  const known = conversation.inputs[input];
  const isOther = known && known.text !== text && known.state !== "removed" && !known.isEdited;
  if (isOther) {
    throw new PerdureError("idempotency-key-reused", "A message with this id has another text; send it with a new id.");
  }
  if (known) return [];
  if (conversation.queue.length >= MAX_QUEUED) throw new PerdureError("too-large", `${MAX_QUEUED} messages wait already; remove some.`);
  return [{ type: "input.accepted", input, text, at, ...named(by) }];
}

/** A message that waits gets another text. */
export function edited(conversation: Conversation, input: string, text: string, at: number): ChatEvent[] {
  requireQueued(conversation, input);
  return [{ type: "input.edited", input, text, at }];
}

/** A message that waits is taken back. */
export function removed(conversation: Conversation, input: string, at: number): ChatEvent[] {
  const known = conversation.inputs[input];
  if (known?.state === "removed") return [];
  // One that is not known is on its way, perhaps: it does not count when it comes.
  if (known) requireQueued(conversation, input);
  return [{ type: "input.removed", input, at }];
}

/** An answer to an approval. */
export interface Answer {
  readonly approval: string;
  readonly option: string;
  readonly note: string | undefined;
  readonly by: string | undefined;
}

/** The first answer counts. */
export function answered(conversation: Conversation, { approval, option, note, by }: Answer, at: number): ChatEvent[] {
  const known = Object.hasOwn(conversation.approvals, approval) ? conversation.approvals[approval] : undefined;
  if (!known?.options.some(({ id }) => id === option)) throw new PerdureError("unknown-approval");
  if (known.state.is !== "open") throw new PerdureError("approval-closed");
  return [{ type: "approval.answered", approval, option, at, ...named(by), ...(note === undefined ? {} : { note }) }];
}

/** An offer of the transcript is taken up, about a message or about the first that waits. `isAlive`: the agent's run lives. */
export function takenUp(
  conversation: Conversation,
  {
    offer,
    input,
    isAlive,
    at,
  }: { readonly offer: Offer; readonly input: string | undefined; readonly isAlive: boolean; readonly at: number },
): ChatEvent[] {
  const about = input ?? conversation.queue[0];
  if (offer === "restart" && isAlive) {
    throw new PerdureError("already-running", "The agent still runs with this conversation. End it first; then a fresh one can be begun.");
  }
  if (offer === "start" && isAlive && conversation.runningTurn !== null) {
    throw new PerdureError("already-running", "The agent is at a turn. Stop it first; then it can be started anew.");
  }
  const events: ChatEvent[] = [];
  if (offer === "retry-old-conversation") {
    if (conversation.oldResumeId === null) throw new PerdureError("no-conversation", "There is no older conversation to return to.");
    events.push({ type: "session.resume-id", resumeId: conversation.oldResumeId, at });
  }
  if (offer === "restart") events.push({ type: "session.resume-id", resumeId: null, at });
  if (about === undefined) return events;
  const state = conversation.inputs[about]?.state;
  const isWaiting = state === "held" || state === "unknown" || state === "accepted";
  if (!isWaiting) throw new PerdureError("message-sent");
  return [...events, { type: offer === "discard" ? "input.removed" : "input.requeued", input: about, at }];
}

function requireQueued(conversation: Conversation, input: string): void {
  if (!conversation.inputs[input]) throw new PerdureError("not-found", "There is no such message.");
  if (!conversation.queue.includes(input)) throw new PerdureError("message-sent");
}

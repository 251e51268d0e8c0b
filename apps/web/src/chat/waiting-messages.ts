/**
 * The user's messages that no turn has taken up, from the outbox of this device and from the server's queue, in the order in which
 * they will be sent. Those that are only on their way are drawn at the end of the transcript; those that wait for a turn to end, or
 * for a decision, stand in the queue above the composer.
 */
import type { OutgoingMessage } from "@perdure/client";
import type { Conversation, Input, Notice } from "@perdure/protocol";

export type Waiting =
  | { readonly is: "outgoing"; readonly id: string; readonly text: string; readonly message: OutgoingMessage }
  | { readonly is: "queued"; readonly id: string; readonly text: string; readonly input: Input }
  /** The server waits for a decision; `notice` says about what. */
  | { readonly is: "held"; readonly id: string; readonly text: string; readonly input: Input; readonly notice: Notice | undefined };

export interface WaitingMessages {
  readonly onTheirWay: readonly Waiting[];
  readonly queue: readonly Waiting[];
}

const NONE: WaitingMessages = { onTheirWay: [], queue: [] };

export function waitingMessages(conversation: Conversation | undefined, outgoing: readonly OutgoingMessage[]): WaitingMessages {
  if (conversation === undefined && outgoing.length === 0) return NONE;
  const queued = (conversation?.queue ?? []).flatMap((id) => {
    const input = conversation?.inputs[id];
    return input === undefined ? [] : [queuedMessage(input, conversation?.notices ?? {})];
  });
  // The server has it before the outbox knows: then the server's word counts.
  const own = outgoing.filter(({ id }) => conversation === undefined || !Object.hasOwn(conversation.inputs, id)).map(outgoingMessage);
  const all = [...queued, ...own];
  const isBusy = (conversation?.runningTurn ?? null) !== null || all.some(needsDecision);
  return isBusy ? { onTheirWay: [], queue: all } : { onTheirWay: all, queue: [] };
}

/** Will it stay where it is until somebody says what to do? */
export function needsDecision(waiting: Waiting): boolean {
  if (waiting.is === "outgoing") return waiting.message.state.is === "expired" || waiting.message.state.is === "refused";
  return waiting.is === "held";
}

function queuedMessage(input: Input, notices: Conversation["notices"]): Waiting {
  const { id, text, state, notice } = input;
  if (state !== "held") return { is: "queued", id, text, input };
  return { is: "held", id, text, input, notice: notice === undefined ? undefined : notices[notice] };
}

function outgoingMessage(message: OutgoingMessage): Waiting {
  return { is: "outgoing", id: message.id, text: message.text, message };
}

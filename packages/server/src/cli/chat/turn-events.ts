/**
 * Which events belong to one message: those about it, its turn, and what is said and asked in it; and those of the runs that answer it.
 */
import type { ChatEvent, Conversation } from "@perdure/protocol";

/** `conversation`: as it is after the event. */
export function belongsTo(event: ChatEvent, message: string, conversation: Conversation): boolean {
  const turn = conversation.inputs[message]?.turn;
  if ("input" in event && event.input !== undefined && isAboutInput(event)) return event.input === message;
  if ("turn" in event && event.turn !== undefined) return event.turn === turn;
  if ("message" in event) return conversation.messages[event.message]?.turn === turn;
  if ("approval" in event) return [turn, undefined].includes(conversation.approvals[event.approval]?.turn);
  return true;
}

/** In an event of a tool call, `input` is what the tool was given. */
function isAboutInput(event: ChatEvent): boolean {
  return event.type.startsWith("input.") || event.type === "turn.started";
}

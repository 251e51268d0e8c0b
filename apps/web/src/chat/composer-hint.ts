/** What the composer says of itself: what becomes of a message that is sent now. */
import { currentRun, MAX_MESSAGE_CHARACTERS, type Conversation } from "@perdure/protocol";

export interface ComposerHint {
  readonly placeholder: string;
  /** Of the button. */
  readonly action: string;
  /** Below the field; "" says nothing. */
  readonly line: string;
  readonly isUrgent: boolean;
}

export function composerHint(conversation: Conversation | undefined, isLive: boolean, length: number): ComposerHint {
  if (length > MAX_MESSAGE_CHARACTERS) {
    const line = `Too long by ${(length - MAX_MESSAGE_CHARACTERS).toLocaleString()} characters.`;
    return { placeholder: "", action: "Too long to send", line, isUrgent: true };
  }
  if (!isLive) {
    const line = "Not connected. What you send is kept on this device and goes out by itself.";
    return { placeholder: "Message, sent when there is a connection", action: "Keep and send later", line, isUrgent: false };
  }
  if (conversation === undefined) return { placeholder: "Message", action: "Send", line: "", isUrgent: false };
  if (conversation.openApprovals.length > 0) {
    return {
      placeholder: "Message, for after the answer",
      action: "Queue",
      line: "The agent waits for your answer above.",
      isUrgent: true,
    };
  }
  if (conversation.runningTurn !== null) return { placeholder: "Message, for after this turn", action: "Queue", line: "", isUrgent: false };
  if (conversation.queue.some((id) => conversation.inputs[id]?.state === "held")) {
    return { placeholder: "Message, for after that", action: "Queue", line: "What waits above needs your decision first.", isUrgent: true };
  }
  return { placeholder: "Message", action: "Send", line: restLine(conversation), isUrgent: false };
}

/** Of an agent whose program does not run. */
function restLine(conversation: Conversation): string {
  const last = conversation.runs.at(-1);
  if (currentRun(conversation) !== null || (last === undefined && conversation.resumeId === null)) return "";
  return last?.cause === "parked" ? "The agent sleeps; a message wakes it." : "The agent's program does not run; a message starts it.";
}

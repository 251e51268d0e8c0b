/** What a list shows of a chat without opening it. Kept with the session's row. */
import type { ChatSummary, Conversation } from "@perdure/protocol";
import { currentRun } from "@perdure/protocol";
import { firstWords, withoutMarks } from "./first-words.ts";
import { doubtful } from "./ladder.ts";

const PREVIEW_CHARACTERS = 200;

export function summaryOf(conversation: Conversation, agent: string, view: "chat" | "terminal"): ChatSummary {
  const { usage } = conversation;
  const inputs = Object.values(conversation.inputs);
  const firstInput = inputs.find(({ state }) => state !== "removed");
  return {
    agent,
    resumeId: conversation.resumeId,
    view,
    state: stateOf(conversation),
    model: conversation.settings.model,
    messages: conversation.entries.filter(({ is }) => is !== "notice").length,
    // What a run took with it waits to be asked about: for that the next one is started.
    queued: conversation.queue.length + (currentRun(conversation) ? 0 : doubtful(conversation).length),
    approvals: conversation.openApprovals.length,
    undecided: inputs.filter(({ state }) => state === "unknown" || state === "held").length,
    preview: previewOf(conversation),
    title: conversation.title || firstWords(firstInput?.text ?? "", PREVIEW_CHARACTERS),
    tokens: usage.inputTokens + usage.outputTokens,
    costUsd: usage.costUsd,
  };
}

function stateOf(conversation: Conversation): ChatSummary["state"] {
  if (conversation.openApprovals.length > 0) return "asking";
  if (conversation.runningTurn !== null) return "working";
  const run = currentRun(conversation);
  if (!run) return "asleep";
  return run.state === "starting" ? "starting" : "idle";
}

/** The newest that either side said, from its beginning. */
function previewOf(conversation: Conversation): string {
  for (const { is, id } of conversation.entries.toReversed()) {
    if (is === "input") return firstWords(conversation.inputs[id]?.text ?? "", PREVIEW_CHARACTERS);
    const parts = is === "message" ? (conversation.messages[id]?.parts ?? []) : [];
    const text = parts.findLast((part) => part.kind === "text" && part.text.trim() !== "");
    if (text?.kind === "text") return firstWords(withoutMarks(text.text.slice(0, 4 * PREVIEW_CHARACTERS)), PREVIEW_CHARACTERS);
  }
  return "";
}

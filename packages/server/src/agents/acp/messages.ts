/**
 * What the agent says: messages with text, reasoning and plans. A message is one by the agent's own id; where it has none, all
 * that is said in a turn is one.
 */
import type { PlanStep } from "@perdure/protocol";
import { type Fields, fieldsOf, listOf, textOf, under } from "./fields.ts";
import type { AcpMessage, AcpStep } from "./state.ts";

const MAX_SAID = 32;

const STEP_STATUSES: Readonly<Record<string, PlanStep["status"]>> = { in_progress: "running", completed: "completed" };

/** The id of the message that is being said, begun if there is none or the agent's id of it is another. */
export function openMessage(step: AcpStep, agentId: string | null): string {
  const { message, turn } = step.state;
  if (message !== null && (agentId === null || message.agentId === agentId)) return message.id;
  closeMessage(step);
  const id = agentId === null ? step.newId("m") : nameOf(step, agentId);
  step.tell({ type: "message.started", message: id, turn: turn?.id ?? "" });
  step.set({ message: { id, agentId, part: null } });
  return id;
}

/** By the agent's id of it, which in another turn may have been another message's. */
function nameOf(step: AcpStep, agentId: string): string {
  const { said, oldMessages, prefix } = step.state;
  const known = said.find((one) => one.agentId === agentId);
  if (known) return known.id;
  const id = oldMessages.includes(agentId) ? step.newId(`${agentId}~`) : prefix + agentId;
  step.set({ said: [...said, { agentId, id }].slice(-MAX_SAID) });
  return id;
}

/** A piece of a message of the turn that has just ended. `false`: it is none. */
export function foldLateChunk(step: AcpStep, kind: "text" | "reasoning", update: Fields): boolean {
  const agentId = textOf(update["messageId"]);
  const message = step.state.turn === null ? step.state.said.find((one) => one.agentId === agentId)?.id : undefined;
  if (message === undefined) return false;
  const text = contentText(update["content"]);
  const part = step.newId("p");
  if (text === null) return true;
  step.tell(
    { type: "part.started", message, part, kind },
    { type: "part.delta", message, part, text },
    { type: "part.ended", message, part },
  );
  return true;
}

export function closeMessage(step: AcpStep): void {
  closePart(step);
  const { message } = step.state;
  if (message === null) return;
  step.tell({ type: "message.ended", message: message.id });
  step.set({ message: null });
}

/** A piece of text or reasoning. */
export function foldChunk(step: AcpStep, kind: "text" | "reasoning", update: Fields): void {
  const text = contentText(update["content"]);
  if (text === null) return;
  const id = openMessage(step, textOf(update["messageId"]));
  const message = step.state.message as AcpMessage;
  if (message.part?.kind !== kind) {
    closePart(step);
    const part = { id: step.newId("p"), kind };
    step.tell({ type: "part.started", message: id, part: part.id, kind });
    step.set({ message: { ...message, part } });
  }
  const part = step.state.message?.part;
  if (part) step.tell({ type: "part.delta", message: id, part: part.id, text });
}

/** What comes next is a part of its own. */
export function closePart(step: AcpStep): void {
  const { message } = step.state;
  if (!message?.part) return;
  step.tell({ type: "part.ended", message: message.id, part: message.part.id });
  step.set({ message: { ...message, part: null } });
}

/** The plan of the turn, whole each time. */
export function foldPlan(step: AcpStep, update: Fields): void {
  const steps = listOf(update["entries"]).map((entry): PlanStep => {
    return { text: textOf(entry["content"]) ?? "…", status: under(STEP_STATUSES, entry["status"]) ?? "pending" };
  });
  const { plan } = step.state;
  if (plan !== null) return step.tell({ type: "part.updated", ...plan, steps });
  closePart(step);
  const message = openMessage(step, null);
  const part = step.newId("plan");
  step.tell({ type: "part.started", message, part, kind: "plan", steps });
  step.set({ plan: { message, part } });
}

/** The words of a content block; what cannot be shown as words is named. */
function contentText(content: unknown): string | null {
  const block = fieldsOf(content);
  switch (block["type"]) {
    case "text":
      return textOf(block["text"]);
    case "resource_link":
      return `[${textOf(block["name"]) ?? "link"}](${textOf(block["uri"]) ?? ""})`;
    case "resource":
      return textOf(fieldsOf(block["resource"])["text"]) ?? "[resource]";
    case "image":
    case "audio":
      return `[${block["type"]}]`;
    default:
      return null;
  }
}

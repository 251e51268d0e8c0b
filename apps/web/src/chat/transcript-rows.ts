/**
 * The transcript as rows, in the order in which it is read: what was said, what is asked about no tool in particular, and how a turn
 * ended that did not end well. What an approval asks about a tool call stands with that call.
 */
import type { AgentMessage, Approval, Conversation, Input, Notice, Turn } from "@perdure/protocol";

export type Row =
  | { readonly is: "input"; readonly key: string; readonly input: Input }
  | { readonly is: "message"; readonly key: string; readonly message: AgentMessage; readonly approvals: readonly Approval[] }
  | { readonly is: "notice"; readonly key: string; readonly notice: Notice }
  | { readonly is: "approval"; readonly key: string; readonly approval: Approval }
  /** A turn that was interrupted or failed. */
  | { readonly is: "turn-end"; readonly key: string; readonly turn: Turn; readonly isLast: boolean };

const NO_APPROVALS: readonly Approval[] = [];

export function transcriptRows(conversation: Conversation): readonly Row[] {
  const { byMessage, byTurn } = placeApprovals(conversation);
  const lastOfTurn = lastEntries(conversation);
  const rows: Row[] = [];
  for (const { is, id } of conversation.entries) {
    const row = rowOf(conversation, is, id, byMessage);
    if (row !== undefined) rows.push(row);
    const turn = lastOfTurn.get(`${is} ${id}`);
    if (turn !== undefined) rows.push(...turnRows(conversation, turn, byTurn));
  }
  const shown = new Set(lastOfTurn.values());
  for (const [turn, approvals] of byTurn) if (!shown.has(turn)) rows.push(...approvals.map(approvalRow));
  return rows;
}

function rowOf(
  { inputs, messages, notices }: Conversation,
  is: Row["is"],
  id: string,
  byMessage: ReadonlyMap<string, readonly Approval[]>,
): Row | undefined {
  const key = `${is} ${id}`;
  if (is === "input") return inputs[id] && { is, key, input: inputs[id] };
  if (is === "notice") return notices[id] && { is, key, notice: notices[id] };
  const message = messages[id];
  const approvals = byMessage.get(id) ?? NO_APPROVALS;
  // A message that ended without a word says nothing.
  if (message === undefined || (!message.isOpen && message.parts.length === 0)) return undefined;
  return { is: "message", key, message, approvals };
}

function turnRows(conversation: Conversation, id: string, byTurn: ReadonlyMap<string, readonly Approval[]>): readonly Row[] {
  const turn = conversation.turns[id];
  const approvals = (byTurn.get(id) ?? NO_APPROVALS).map(approvalRow);
  if (turn?.state !== "interrupted" && turn?.state !== "failed") return approvals;
  return [...approvals, { is: "turn-end", key: `turn-end ${id}`, turn, isLast: conversation.lastTurn === id }];
}

function approvalRow(approval: Approval): Row {
  return { is: "approval", key: `approval ${approval.id}`, approval };
}

/** For the last entry of each turn, by kind and id: the turn. */
function lastEntries({ entries, inputs, messages, notices }: Conversation): ReadonlyMap<string, string> {
  const last = new Map<string, string>();
  for (const { is, id } of entries) {
    const turn = is === "input" ? inputs[id]?.turn : is === "message" ? messages[id]?.turn : notices[id]?.turn;
    if (turn !== undefined) last.set(turn, `${is} ${id}`);
  }
  return new Map([...last].map(([turn, entry]) => [entry, turn]));
}

interface PlacedApprovals {
  readonly byMessage: ReadonlyMap<string, readonly Approval[]>;
  /** Of no tool call that is there; "" is the turn of those without one. */
  readonly byTurn: ReadonlyMap<string, readonly Approval[]>;
}

function placeApprovals({ approvals, messages }: Conversation): PlacedApprovals {
  const all = Object.values(approvals);
  const byMessage = new Map<string, Approval[]>();
  const byTurn = new Map<string, Approval[]>();
  if (all.length === 0) return { byMessage, byTurn };
  const homes = new Map<string, string>();
  for (const { id, parts } of Object.values(messages)) for (const part of parts) if (part.kind === "tool") homes.set(part.id, id);
  for (const approval of all) {
    const home = approval.part === undefined ? undefined : homes.get(approval.part);
    if (home === undefined) push(byTurn, approval.turn ?? "", approval);
    else push(byMessage, home, approval);
  }
  return { byMessage, byTurn };
}

function push(map: Map<string, Approval[]>, key: string, approval: Approval): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [approval]);
  else list.push(approval);
}

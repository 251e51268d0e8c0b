/**
 * Items: what codex says, thinks and does in a turn. Each is a message with one part, under codex's own id. An item that is begun
 * again because the model's stream was cut gets another id, and nothing is said of the first any more.
 */
import type { PlanStep } from "@perdure/protocol";
import type * as z from "zod/mini";
import { Item, KNOWN_ITEMS, type OfItem, type Patched, type Plan, type ToolItem } from "./messages.ts";
import type { OpenItem } from "./state.ts";
import { type ToolCall, cutLine, describeTool, diffsOf, MAX_OUTPUT_CHARACTERS } from "./tools.ts";
import type { Work } from "./work.ts";

/** More are not remembered: a line that comes twice comes soon. */
const MAX_DONE_ITEMS = 64;
/** What is open at once; the end of the turn closes what is more. */
const MAX_OPEN_ITEMS = 300;

type Ids = { readonly message: string; readonly part: string };

export function idsOf(work: Work, item: string): Ids {
  const { prefix, names } = work.state;
  const message = prefix + (Object.hasOwn(names, item) ? names[item] : item);
  return { message, part: `${message}.0` };
}

/** What is heard of an item that is complete, because a line came twice or too late. */
function isDone(work: Work, item: string): boolean {
  return work.state.doneItems.includes(item);
}

/** A line about a turn that is over, and about an item that was heard of: it came twice, or too late. */
function isOld(work: Work, turnId: string | null | undefined, item: string): boolean {
  const { endedTurns, oldItems } = work.state;
  return oldItems.includes(item) && endedTurns.includes(turnId ?? "");
}

export function itemStarted(work: Work, { threadId, turnId, item: raw }: z.infer<typeof OfItem>): void {
  const item = readItem(work, threadId, raw);
  if (item === null || Object.hasOwn(work.state.items, item.id) || isDone(work, item.id) || isOld(work, turnId, item.id)) return;
  if (item.type === "userMessage") consumed(work, item.clientId ?? null);
  else if (item.type === "agentMessage" || item.type === "plan") openText(work, item.id);
  else if (isTool(item)) openTool(work, item.id, describeTool(item, work.state.cwd));
}

export function itemCompleted(work: Work, { threadId, turnId, item: raw }: z.infer<typeof OfItem>): void {
  const item = readItem(work, threadId, raw);
  const isLate = item !== null && work.state.leftItems.includes(item.id);
  if (item === null || (isDone(work, item.id) && !isLate) || isOld(work, turnId, item.id)) return;
  switch (item.type) {
    case "userMessage":
      return consumed(work, item.clientId ?? null);
    case "agentMessage":
    case "plan":
      return textCompleted(work, item.id, item.text ?? "");
    case "reasoning":
      return reasoningCompleted(work, item);
    case "contextCompaction":
      return work.notice("info", "compacted", "Codex has shortened what it remembers of this conversation.", `compacted.${item.id}`);
    default:
      return toolCompleted(work, item);
  }
}

/** `null` for what is not about our conversation or is of a kind that we do not know. */
function readItem(work: Work, thread: string | null | undefined, raw: { readonly type: string; readonly id: string }): Item | null {
  if (!work.isOurs(thread) || !KNOWN_ITEMS.has(raw.type)) return null;
  const { success, data } = Item.safeParse(raw);
  if (!success) work.unreadable(`Codex told of a ${raw.type} in a way that could not be read.`);
  return success ? data : null;
}

function isTool(item: Item): item is ToolItem {
  return !["userMessage", "agentMessage", "plan", "reasoning", "contextCompaction"].includes(item.type);
}

/** Codex has the user's message in its own record. */
function consumed(work: Work, clientId: string | null): void {
  const { turn } = work.state;
  if (turn === null || turn.input === null || turn.isConsumed || (clientId !== null && clientId !== turn.input)) return;
  work.setTurn({ isConsumed: true, isBegun: true });
  work.tell({ type: "input.consumed", input: turn.input });
}

function open(work: Work, item: string, is: OpenItem["is"], details: Partial<OpenItem> = {}): Ids | null {
  const turn = work.state.turn?.id ?? work.state.lastTurn;
  if (turn === null || isDone(work, item)) return null;
  if (work.state.oldItems.includes(item)) {
    const renamed = work.state.renamed + 1;
    const oldItems = work.state.oldItems.filter((old) => old !== item);
    work.set({ renamed, oldItems, names: { ...work.state.names, [item]: `${item}~${renamed}` } });
  }
  const ids = idsOf(work, item);
  const others = Object.entries(work.state.items).slice(1 - MAX_OPEN_ITEMS);
  const begun = { is, characters: 0, source: null, title: "", ...details };
  work.set({ items: { ...Object.fromEntries(others), [item]: begun } });
  work.tell({ type: "message.started", message: ids.message, turn });
  return ids;
}

function openText(work: Work, item: string): void {
  const ids = open(work, item, "text");
  if (ids) work.tell({ type: "part.started", ...ids, kind: "text" });
}

function openTool(work: Work, item: string, call: ToolCall): void {
  const { tool, toolKind, title, input, status, diffs } = call;
  const ids = open(work, item, "tool", { title });
  if (!ids) return;
  work.tell({ type: "part.started", ...ids, kind: "tool", tool, toolKind, title, input });
  work.tell({ type: "part.updated", ...ids, status, ...(diffs === null ? {} : { diffs }) });
}

export function textDelta(work: Work, item: string, text: string): void {
  if (!Object.hasOwn(work.state.items, item)) openText(work, item);
  append(work, item, text);
}

/** Output beyond the limit is passed over; the end of the tool tells what fits. */
export function outputDelta(work: Work, item: string, text: string): void {
  const before = work.state.items[item];
  if (before?.is === "tool") append(work, item, text.slice(0, Math.max(0, MAX_OUTPUT_CHARACTERS - before.characters)));
}

export function reasoningDelta(work: Work, item: string, text: string, source: "summary" | "raw"): void {
  if (!Object.hasOwn(work.state.items, item)) {
    const ids = open(work, item, "reasoning", { source });
    if (ids) work.tell({ type: "part.started", ...ids, kind: "reasoning" });
  }
  if (work.state.items[item]?.source === source) append(work, item, text);
}

/** Another paragraph of a summary begins. */
export function summaryPartAdded(work: Work, item: string, index: number): void {
  if (index > 0 && Object.hasOwn(work.state.items, item)) reasoningDelta(work, item, "\n\n", "summary");
}

function append(work: Work, item: string, text: string): void {
  const before = work.state.items[item];
  if (!before || text === "") return;
  work.set({ items: { ...work.state.items, [item]: { ...before, characters: before.characters + text.length } } });
  work.tell({ type: "part.delta", ...idsOf(work, item), text });
}

function textCompleted(work: Work, item: string, text: string): void {
  if (!Object.hasOwn(work.state.items, item)) openText(work, item);
  const before = work.state.items[item];
  if (!before) return;
  // One that is empty does not take back what was said.
  if (text !== "" && before.characters !== text.length) work.tell({ type: "part.updated", ...idsOf(work, item), text });
  close(work, item);
}

function reasoningCompleted(work: Work, { id, summary, content }: Extract<Item, { type: "reasoning" }>): void {
  const isOpen = Object.hasOwn(work.state.items, id);
  const source = isOpen ? work.state.items[id]?.source : summary.length > 0 ? "summary" : "raw";
  const text = (source === "summary" ? summary : content).join("\n\n");
  if (!isOpen && text !== "" && source) reasoningDelta(work, id, text, source);
  const before = work.state.items[id];
  if (!before) return;
  if (text !== "" && before.characters !== text.length) work.tell({ type: "part.updated", ...idsOf(work, id), text });
  close(work, id);
}

function toolCompleted(work: Work, item: ToolItem): void {
  const call = describeTool(item, work.state.cwd);
  const { output, diffs } = call;
  const status = call.status === "running" ? "completed" : call.status;
  const isLate = work.state.leftItems.includes(item.id);
  if (!isLate && !Object.hasOwn(work.state.items, item.id)) openTool(work, item.id, call);
  const before = work.state.items[item.id];
  if (!before && !isLate) return;
  const isNewOutput = output !== null && output.length !== before?.characters;
  work.tell({
    type: "part.updated",
    ...idsOf(work, item.id),
    status,
    ...(isNewOutput ? { output } : {}),
    ...(diffs === null ? {} : { diffs }),
  });
  if (before) close(work, item.id);
  else work.set({ leftItems: work.state.leftItems.filter((left) => left !== item.id) });
}

function close(work: Work, item: string): void {
  const { [item]: _, ...others } = work.state.items;
  work.set({ items: others, doneItems: [...work.state.doneItems, item].slice(-MAX_DONE_ITEMS) });
  const ids = idsOf(work, item);
  work.tell({ type: "part.ended", ...ids }, { type: "message.ended", message: ids.message });
}

/** The model's stream was cut: what was being said comes again under another id. */
export function supersedeOpenTexts(work: Work): void {
  for (const [item, { is }] of Object.entries(work.state.items)) {
    if (is === "tool") continue;
    work.tell({ type: "message.superseded", message: idsOf(work, item).message });
    close(work, item);
    // Should it come under the same id, it is another.
    const { doneItems, oldItems } = work.state;
    work.set({ doneItems: doneItems.filter((done) => done !== item), oldItems: [...oldItems, item] });
  }
}

/** What a turn leaves open when it ends stands as it is. A tool that goes on is heard of once more. */
export function closeItems(work: Work): void {
  const items = Object.entries(work.state.items);
  work.set({ leftItems: items.filter(([, { is }]) => is === "tool").map(([item]) => item) });
  for (const [item, { is }] of items) {
    if (is === "tool") work.tell({ type: "part.updated", ...idsOf(work, item), status: "interrupted" });
    close(work, item);
  }
}

export function patchUpdated(work: Work, { itemId, changes }: z.infer<typeof Patched>): void {
  if (work.state.items[itemId]?.is !== "tool") return;
  work.tell({ type: "part.updated", ...idsOf(work, itemId), diffs: diffsOf(changes, work.state.cwd) });
}

/** The plan of a turn is one message that changes. */
export function planUpdated(work: Work, { turnId, plan }: z.infer<typeof Plan>): void {
  const { turn } = work.state;
  if (turn === null || turn.agentTurn !== turnId) return;
  const steps = plan.map(({ step, status }): PlanStep => ({ text: cutLine(step), status: stepStatus(status) }));
  const ids = idsOf(work, `plan.${turnId}`);
  if (turn.hasPlan) return work.tell({ type: "part.updated", ...ids, steps });
  work.setTurn({ hasPlan: true });
  work.tell(
    { type: "message.started", message: ids.message, turn: turn.id },
    { type: "part.started", ...ids, kind: "plan", steps },
    { type: "part.ended", ...ids },
    { type: "message.ended", message: ids.message },
  );
}

function stepStatus(status: string): PlanStep["status"] {
  if (status === "inProgress") return "running";
  return status === "completed" ? "completed" : "pending";
}

/**
 * Parts of a long conversation: its newest part, with which a view can begin and go on, and the parts before it, asked for when the
 * reader gets there (PROTOCOL §12.2). Entries are only ever added at the end, so the number of those before a part names it for good.
 */
import * as z from "zod/mini";
import type { Approval, Conversation, Entry, Input } from "./conversation.ts";

/** Most characters of JSON in a part, unless its only entry has more. */
export const MAX_PART_CHARS = 128 * 1024;
/** Runs that a newest part knows of. */
const MAX_RUNS = 200;
/** Messages of users that it knows in any case, so that a sender who did not hear of them finds them there. */
const MAX_INPUTS = 100;
const MAX_INPUT_CHARS = 32 * 1024;

/** Neighbouring entries, with what they are about. */
export interface ConversationPart extends Pick<Conversation, "entries" | "inputs" | "messages" | "notices" | "turns" | "approvals"> {
  /** So many entries of the conversation stand before it. */
  readonly earlier: number;
}

/** The server's word counts for what is in it, as it does in a snapshot. */
export const ConversationPart = z.custom<ConversationPart>(
  (value) => typeof value === "object" && value !== null && "earlier" in value && "entries" in value,
);

/**
 * The newest entries and everything that is still open, wherever it stands: all that later events can be about, but for what is
 * settled. The whole conversation if it is short.
 */
export function newestPart(conversation: Conversation, maxChars = MAX_PART_CHARS): Conversation {
  const { entries, inputs, queue, runningTurn, lastTurn, runs, notices, turns } = conversation;
  const earlier = startOf(conversation, entries.length, maxChars);
  if (earlier === 0) return conversation;
  const part = cut(conversation, earlier, entries.length);
  const open = Object.values(inputs).filter((input) => !isSettled(input));
  const kept = [...queue, ...open.map(({ id }) => id), ...newestInputs(conversation)];
  const namedTurns = pick(turns, [runningTurn, lastTurn, ...kept.map((id) => inputs[id]?.turn ?? null)]);
  const asked = Object.values(namedTurns).map(({ input }) => input ?? null);
  const reasons = kept.map((id) => inputs[id]?.notice ?? null);
  return {
    ...conversation,
    ...part,
    inputs: { ...part.inputs, ...pick(inputs, [...kept, ...asked]) },
    notices: { ...part.notices, ...pick(notices, reasons) },
    turns: { ...part.turns, ...namedTurns },
    runs: runs.slice(-MAX_RUNS),
  };
}

/** The entries before the one with this number, as many as fit. */
export function partBefore(conversation: Conversation, before: number, maxChars = MAX_PART_CHARS): ConversationPart {
  const end = Math.max(0, Math.min(before, conversation.entries.length));
  return cut(conversation, startOf(conversation, end, maxChars), end);
}

/** The conversation with the part before it. The same if the part does not end where the conversation begins. */
export function withEarlier(conversation: Conversation, part: ConversationPart): Conversation {
  const { entries, earlier = 0 } = conversation;
  if (part.earlier + part.entries.length !== earlier || part.entries.length === 0) return conversation;
  // What was replaced, or sent again, while nobody here knew where it stands, stands at the end, too: it belongs where it was.
  const placed = new Set(part.entries.map(keyOf));
  const isElsewhere = (entry: Entry): boolean => !placed.has(keyOf(entry));
  const ids = entries.filter((entry) => !isElsewhere(entry)).map(({ id }) => id);
  return {
    ...conversation,
    entries: [...part.entries, ...entries.filter(isElsewhere)],
    inputs: { ...part.inputs, ...conversation.inputs, ...pick(part.inputs, ids) },
    messages: { ...part.messages, ...conversation.messages, ...pick(part.messages, ids) },
    notices: { ...part.notices, ...conversation.notices, ...pick(part.notices, ids) },
    turns: { ...part.turns, ...conversation.turns },
    approvals: { ...part.approvals, ...conversation.approvals },
    earlier: part.earlier,
  };
}

/** What stands before a newer part of the same conversation, if this reaches up to it and nothing of it can have changed since. */
export function settledBefore(conversation: Conversation, newer: Conversation): ConversationPart | null {
  const [start, end] = [conversation.earlier ?? 0, newer.earlier ?? 0];
  const length = end - start;
  if (length <= 0 || length > conversation.entries.length || !isSame(conversation.entries[length], newer.entries[0])) return null;
  const part = { ...cut(conversation, 0, length), earlier: start };
  const isOpen =
    Object.values(part.messages).some((message) => message.isOpen) ||
    Object.values(part.inputs).some((input) => !isSettled(input)) ||
    Object.values(part.turns).some(({ state }) => state === "running") ||
    Object.values(part.approvals).some(isUndecided);
  return isOpen ? null : part;
}

function newestInputs({ inputs }: Conversation): string[] {
  let chars = 0;
  return Object.values(inputs)
    .slice(-MAX_INPUTS)
    .toReversed()
    .filter(({ text }) => (chars += text.length) <= MAX_INPUT_CHARS)
    .map(({ id }) => id);
}

function startOf({ entries, ...things }: Conversation, end: number, maxChars: number): number {
  let chars = 0;
  let start = end;
  while (start > 0) {
    const entry = entries[start - 1];
    chars += entry ? charsOf(things, entry) : 0;
    if (chars > maxChars && start < end) break;
    start -= 1;
  }
  return start;
}

function charsOf({ inputs, messages, notices }: Omit<Conversation, "entries">, { is, id }: Entry): number {
  const thing = is === "input" ? inputs[id] : is === "message" ? messages[id] : notices[id];
  return thing === undefined ? 0 : JSON.stringify(thing).length;
}

function cut(conversation: Conversation, from: number, to: number): ConversationPart {
  const { inputs, messages, notices, turns } = conversation;
  const entries = conversation.entries.slice(from, to);
  const idsOf = (kind: Entry["is"]): string[] => entries.filter(({ is }) => is === kind).map(({ id }) => id);
  const ofTurns = entries.map((entry) => turnOf(conversation, entry) ?? null);
  const approvals = Object.values(conversation.approvals).filter(belongsTo(conversation, from, to));
  const turnsHere = pick(turns, [...ofTurns, ...approvals.map(({ turn }) => turn ?? null)]);
  return {
    earlier: from,
    entries,
    inputs: pick(inputs, [...idsOf("input"), ...Object.values(turnsHere).map(({ input }) => input ?? null)]),
    messages: pick(messages, idsOf("message")),
    notices: pick(notices, idsOf("notice")),
    turns: turnsHere,
    approvals: Object.fromEntries(approvals.map((approval) => [approval.id, approval])),
  };
}

/** An approval stands with the tool call it is about, else at the end of its turn; one that is open always with the newest part. */
function belongsTo(conversation: Conversation, from: number, to: number): (approval: Approval) => boolean {
  const { entries, messages } = conversation;
  const isNewest = to === entries.length;
  const places = new Map<string, number>();
  const ends = new Map<string, number>();
  for (let index = 0; index < entries.length; index += 1) {
    const entry = entries[index];
    if (entry === undefined) continue;
    const turn = turnOf(conversation, entry);
    if (turn !== undefined) ends.set(turn, index);
    if (entry.is === "message") for (const { kind, id } of messages[entry.id]?.parts ?? []) if (kind === "tool") places.set(id, index);
  }
  return (approval) => {
    if (isUndecided(approval)) return isNewest;
    const place = (approval.part === undefined ? undefined : places.get(approval.part)) ?? ends.get(approval.turn ?? "");
    return place === undefined ? isNewest : place >= from && place < to;
  };
}

function isUndecided({ state }: Approval): boolean {
  return state.is === "open" || state.is === "answered";
}

/** Nothing more is to be expected of it. */
function isSettled({ state }: Input): boolean {
  return state === "answered" || state === "removed" || state === "consumed";
}

function turnOf({ inputs, messages, notices }: Conversation, { is, id }: Entry): string | undefined {
  return is === "input" ? inputs[id]?.turn : is === "message" ? messages[id]?.turn : notices[id]?.turn;
}

function pick<T>(things: Readonly<Record<string, T>>, ids: readonly (string | null)[]): Record<string, T> {
  const picked = new Map<string, T>();
  for (const id of ids) {
    if (id === null || !Object.hasOwn(things, id)) continue;
    const thing = things[id];
    if (thing !== undefined) picked.set(id, thing);
  }
  return Object.fromEntries(picked);
}

/** The entry at which two parts meet, if both have it. */
function isSame(one: Entry | undefined, other: Entry | undefined): boolean {
  return one === undefined || other === undefined || keyOf(one) === keyOf(other);
}

function keyOf({ is, id }: Entry): string {
  return `${is} ${id}`;
}

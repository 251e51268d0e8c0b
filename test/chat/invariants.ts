// What must be true of every conversation, whatever was broken meanwhile.

import { isDeepStrictEqual } from "node:util";
import {
  EMPTY_CONVERSATION,
  parseChatEvent,
  parseCursor,
  reduce,
  type ChatEvent,
  type Conversation,
  type SessionInfo,
} from "@perdure/protocol";
import { prefixDifference } from "../harness/byte-record.ts";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { ShownConversation } from "./shown-conversation.ts";

/** The conversation as the server answers it, with the end of its events. */
export interface Told {
  readonly cursor: string;
  readonly conversation: Conversation;
}

/** What is wrong with a session's conversation now. `shown`: what readers were shown before and through what was broken. */
export async function wrongConversation(home: PerdureHome, session: string, shown: readonly ShownConversation[] = []): Promise<string[]> {
  const { cursor, conversation } = await tell(home, session);
  const end = parseCursor(cursor)?.offset ?? 0;
  const bytes = await readEvents(home, session, end);
  const events = eventsIn(bytes.subarray(0, end));
  const info = await home.api.session(session);
  return [
    ...shown.flatMap((one) => wrongShown(one, bytes)),
    ...wrongReplay(events, conversation),
    ...wrongInputs(events, conversation),
    ...wrongTurns(events, conversation, info),
  ];
}

export async function tell(home: PerdureHome, session: string): Promise<Told> {
  const { status, text } = await home.api.send("GET", `/api/sessions/${session}/conversation`);
  if (status !== 200) throw new Error(`no conversation: ${status} ${text}`);
  return JSON.parse(text) as Told;
}

/** All events up to here at least, read anew as a reader does who begins at the first. */
async function readEvents(home: PerdureHome, session: string, end: number): Promise<Buffer> {
  const reader = ShownConversation.start(home, session);
  try {
    await reader.untilEnd(end);
    if (reader.failures.length > 0) throw new Error(reader.failures.join("; "));
    return reader.bytes;
  } finally {
    await reader.stop();
  }
}

export function eventsIn(bytes: Buffer): ChatEvent[] {
  const lines = bytes.toString().split("\n").slice(0, -1);
  return lines.map((line) => parseChatEvent(line) ?? fail(`this is no event: ${line.slice(0, 200)}`));
}

/** What was shown once is still there, in the same place. */
function wrongShown(shown: ShownConversation, bytes: Buffer): string[] {
  const known = shown.bytes;
  const difference = prefixDifference(known.subarray(0, bytes.length), bytes);
  return [...shown.failures, ...(difference === null ? [] : [`what was shown is not what is there: ${difference}`])];
}

/** The events alone come to what the server says. */
function wrongReplay(events: readonly ChatEvent[], conversation: Conversation): string[] {
  const replayed = JSON.parse(JSON.stringify(reduce(EMPTY_CONVERSATION, events))) as Conversation;
  if (isDeepStrictEqual(replayed, conversation)) return [];
  const names = Object.keys(conversation) as (keyof Conversation)[];
  const different = names.filter((name) => !isDeepStrictEqual(replayed[name], conversation[name]));
  return [`the events come to another conversation, in ${different.join(", ")}`];
}

/** Each message has one effect, is marked as unknown, or waits where a person sees it. */
function wrongInputs(events: readonly ChatEvent[], conversation: Conversation): string[] {
  const wrong: string[] = [];
  for (const { id, state } of Object.values(conversation.inputs)) {
    const accepted = events.filter((event) => event.type === "input.accepted" && event.input === id).length;
    if (accepted !== 1) wrong.push(`message ${id} was accepted ${accepted} times`);
    const shownTimes = conversation.entries.filter((entry) => entry.is === "input" && entry.id === id).length;
    if (shownTimes > 1) wrong.push(`message ${id} stands ${shownTimes} times in the transcript`);
    const answers = Object.values(conversation.turns).filter((turn) => turn.input === id && turn.state === "completed").length;
    if (answers > 1) wrong.push(`message ${id} was answered ${answers} times`);
    const waits = conversation.queue.includes(id);
    if (waits !== (state === "accepted" || state === "held"))
      wrong.push(`message ${id} is ${state} and ${waits ? "" : "not "}in the queue`);
  }
  return wrong;
}

/** Nothing runs, asks or is being said without a run that lives; each turn ends once. */
function wrongTurns(events: readonly ChatEvent[], conversation: Conversation, { run }: SessionInfo): string[] {
  const wrong: string[] = [];
  const isLive = run.state.is === "running" || run.state.is === "starting";
  for (const turn of Object.values(conversation.turns)) {
    const ends = events.filter((event) => event.type === "turn.ended" && event.turn === turn.id).length;
    if (ends > 1) wrong.push(`turn ${turn.id} ended ${ends} times`);
    if (turn.state !== "running") continue;
    if (!isLive || turn.run !== run.id) wrong.push(`turn ${turn.id} runs without a run`);
    if (turn.id !== conversation.runningTurn) wrong.push(`turn ${turn.id} runs beside ${String(conversation.runningTurn)}`);
  }
  for (const id of conversation.openApprovals) {
    if (!isLive || conversation.approvals[id]?.run !== run.id) wrong.push(`approval ${id} is open without a run`);
  }
  for (const message of Object.values(conversation.messages)) {
    if (message.turn === conversation.runningTurn) continue;
    if (message.isOpen) wrong.push(`message ${message.id} is open behind its turn`);
    const isAtWork = message.parts.some((part) => part.kind === "tool" && (part.status === "running" || part.status === "pending"));
    if (isAtWork) wrong.push(`a tool of message ${message.id} is at work behind its turn`);
  }
  for (const one of conversation.runs) {
    if (one.state !== "ended" && (one.id !== run.id || !isLive)) wrong.push(`run ${one.number} is ${one.state} and does not live`);
  }
  return wrong;
}

function fail(text: string): never {
  throw new Error(text);
}

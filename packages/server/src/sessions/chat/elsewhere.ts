/**
 * What was said in a conversation before it came here, as the agent's own record tells it: read when it is opened, and once more
 * before its first run, and taken over into the log with a line that says where it was said. Who cannot be read is told as such.
 */
import type { ChatEvent, Conversation } from "@perdure/protocol";
import type { Agent, AgentHistory, AgentPlace } from "../../agents/agent.ts";
import type { Clock } from "../../platform/clock.ts";
import { importHistory, type PlaceOfTurns } from "./import-history.ts";

/** Longer nobody waits for a record, whatever keeps the file system. */
const READ_MS = 15_000;

/** Turns that were said elsewhere belong to no run of the session. */
const ELSEWHERE: Pick<PlaceOfTurns, "run" | "isElsewhere"> = { run: { id: "elsewhere", number: 0 }, isElsewhere: true };

/** What the agent's record tells, and the process that is at work in the conversation now. */
export type Elsewhere =
  | { readonly is: "told"; readonly history: AgentHistory; readonly writer: number | null }
  | { readonly is: "untold"; readonly why: string };

/** Reads the record, within bounds. Never rejects, and never starts the agent. */
export async function readElsewhere(agent: Agent, resumeId: string, place: AgentPlace, clock: Clock): Promise<Elsewhere> {
  const { promise: late, resolve } = Promise.withResolvers<Elsewhere>();
  const cancel = clock.after(READ_MS, () => resolve({ is: "untold", why: `Reading it took more than ${READ_MS / 1000} seconds.` }));
  try {
    return await Promise.race([read(agent, resumeId, place), late]);
  } catch (error) {
    return { is: "untold", why: error instanceof Error ? error.message : String(error) };
  } finally {
    cancel();
  }
}

async function read(agent: Agent, resumeId: string, place: AgentPlace): Promise<Elsewhere> {
  const validation = await agent.validate(resumeId, place);
  const history = await agent.history(resumeId, place);
  if (history === null) return { is: "untold", why: "No record of it was found that perdure can read." };
  if (history.messages.length === 0) return { is: "untold", why: `Its record holds no words${damage(history)}.` };
  return { is: "told", history, writer: validation.is === "locked" ? validation.pid : null };
}

function damage({ damagedLines }: AgentHistory): string {
  if (damagedLines === 0) return "";
  return damagedLines === 1 ? ", and a line that cannot be read" : `, and ${damagedLines} lines that cannot be read`;
}

/** The first events of a conversation that is opened here. */
export function openedElsewhere(conversation: Conversation, agent: Agent, told: Elsewhere, resumeId: string, at: number): ChatEvent[] {
  const opened: ChatEvent = { type: "session.resume-id", resumeId, at };
  if (told.is === "untold") {
    const text = `What was said outside perdure cannot be shown. ${told.why} ${agent.name} goes on from what it has with your next message.`;
    return [opened, { type: "notice", notice: "elsewhere.untold", level: "warning", code: "elsewhere-untold", text, at }];
  }
  const older: ChatEvent = {
    type: "notice",
    notice: "elsewhere.older",
    level: "info",
    code: "elsewhere-older",
    text: `More was said before this. It is not shown here; ${agent.name} still has it.`,
    at,
  };
  const turns = turnsOf(conversation, told, at);
  return [opened, ...(told.history.leavesOutOlder ? [older] : []), ...turns, mark(agent, told, "elsewhere.opened", at)];
}

/** What was said there since it was opened here; nothing if nothing was. `id`: of the line that says so. */
export function laterElsewhere(conversation: Conversation, agent: Agent, told: Elsewhere, id: string, at: number): ChatEvent[] {
  const turns = told.is === "told" ? turnsOf(conversation, told, at) : [];
  return told.is === "untold" || turns.length === 0 ? [] : [...turns, mark(agent, told, id, at)];
}

/** Was this the end of a turn that was said elsewhere? It is no news. `conversation`: behind the event. */
export function endedElsewhere({ turns }: Conversation, event: ChatEvent): boolean {
  return event.type === "turn.ended" && turns[event.turn]?.elsewhere === true;
}

type Told = Extract<Elsewhere, { is: "told" }>;

function turnsOf(conversation: Conversation, { history, writer }: Told, at: number): ChatEvent[] {
  return importHistory(conversation, history.messages, { ...ELSEWHERE, at, isLive: writer !== null });
}

function mark({ name }: Agent, { history, writer }: Told, notice: string, at: number): ChatEvent {
  const unread = history.damagedLines === 0 ? "" : ` Of that record ${lines(history.damagedLines)} could not be read.`;
  const work = writer === null ? "" : ` Process ${writer} has it open there now; what is said there comes here with your next message.`;
  const text = `What stands above was said outside perdure, as ${name}'s own record tells it.${unread}${work} ${name} goes on from there with your next message.`;
  return { type: "notice", notice, level: "info", code: "said-elsewhere", text, at };
}

function lines(count: number): string {
  return count === 1 ? "one line" : `${count} lines`;
}

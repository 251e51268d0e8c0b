/**
 * What lies with the agent and not in the log: turns of its own terminal program, of another program, or the end of an answer that
 * was finished when nobody listened. It is taken over by id, where ids differ by text, and never replaces what was said here.
 */
import type { AgentMessage, ChatEvent, Conversation, TurnEnd } from "@perdure/protocol";
import type { ImportedMessage } from "../../agents/agent.ts";
import { turnsOf } from "../../agents/newest-turns.ts";

interface Run {
  readonly id: string;
  readonly number: number;
}

/**
 * The events that take over what is new, in its order, turn by turn; `run` is where it is put. `isLive`: the agent may be at work, so
 * a last turn that is not known to be finished comes with a later look, whole.
 */
export function importHistory(
  conversation: Conversation,
  history: readonly ImportedMessage[],
  run: Run,
  at: number,
  isLive = false,
): ChatEvent[] {
  const known = new Known(conversation);
  const turns = turnsOf(history);
  return turns.flatMap((messages, index) => {
    const isLast = index === turns.length - 1;
    const ends = messages.at(-1)?.ends;
    if (isLast && isLive && ends === undefined) return [];
    const end = ends === undefined ? (isLast ? likelyEnd(messages) : COMPLETED) : ENDS[ends];
    return turnEvents(messages, known, { run, at, end });
  });
}

type HowEnded = Pick<Extract<ChatEvent, { type: "turn.ended" }>, "end" | "cause">;

const COMPLETED: HowEnded = { end: "completed" };
/** What the agent's files say. */
const ENDS: Readonly<Record<TurnEnd, HowEnded>> = {
  completed: COMPLETED,
  interrupted: { end: "interrupted", cause: "stopped" },
  failed: { end: "failed", cause: "unknown" },
};

/** Of a program that is gone, and whose files do not say it: a tool without an answer, or no answer at all, was cut. */
function likelyEnd(messages: readonly ImportedMessage[]): HowEnded {
  const last = messages.at(-1);
  const isWhole = last?.role === "assistant" && last.tools.every(({ output }) => output !== null);
  return isWhole ? COMPLETED : { end: "interrupted", cause: "agent-ended" };
}

function turnEvents(
  messages: readonly ImportedMessage[],
  known: Known,
  { run, at, end }: { readonly run: Run; readonly at: number; readonly end: HowEnded },
): ChatEvent[] {
  const events: ChatEvent[] = [];
  let turn: string | null = null;
  for (const message of messages) {
    if (message.role === "user") {
      if (known.takeInput(message)) continue;
      turn = `t${run.number}.${message.id}`;
      events.push(...userEvents(message, turn, run.id));
      continue;
    }
    const same = known.takeMessage(message);
    if (same) events.push(...restOf(same, message, at));
    else if (message.text !== "" || message.tools.length > 0) {
      if (turn === null) {
        turn = `t${run.number}.${message.id}`;
        events.push({ type: "turn.started", turn, run: run.id, at: message.at });
      }
      events.push(...agentEvents(message, turn, run.number, end));
    }
  }
  if (turn !== null) events.push({ type: "turn.ended", turn, ...end, at });
  return events;
}

/** What the log has of a history: each of its messages answers for one of the agent's. */
class Known {
  readonly #conversation: Conversation;
  readonly #taken = new Set<string>();

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  takeInput({ id, text }: ImportedMessage): boolean {
    const inputs = Object.values(this.#conversation.inputs).filter(({ state }) => state !== "removed");
    const same =
      inputs.find((input) => input.id === id) ?? inputs.find((input) => !this.#taken.has(input.id) && input.text.trim() === text.trim());
    if (same) this.#taken.add(same.id);
    return same !== undefined;
  }

  takeMessage({ id, text }: ImportedMessage): AgentMessage | undefined {
    const messages = Object.values(this.#conversation.messages);
    const same =
      messages.find((message) => message.id === id || message.id.endsWith(`.${id}`)) ??
      (text === "" ? undefined : messages.find((message) => !this.#taken.has(message.id) && textOf(message).trim() === text.trim()));
    if (same) this.#taken.add(same.id);
    return same;
  }
}

function textOf(message: AgentMessage): string {
  return message.parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
}

/** The agent went on after what was heard of it. */
function restOf(message: AgentMessage, { text }: ImportedMessage, at: number): ChatEvent[] {
  const part = message.parts.findLast((one) => one.kind === "text");
  const heard = textOf(message);
  if (part?.kind !== "text" || text.length <= heard.length || !text.startsWith(heard)) return [];
  return [
    { type: "part.updated", message: message.id, part: part.id, text: part.text + text.slice(heard.length), at },
    {
      type: "notice",
      notice: `finished.${message.id}`,
      level: "info",
      code: "finished-unheard",
      text: "The agent had finished this answer when nobody listened; it is complete now.",
      turn: message.turn,
      at,
    },
  ];
}

function userEvents({ id, text, at }: ImportedMessage, turn: string, run: string): ChatEvent[] {
  return [
    { type: "input.accepted", input: id, text, at },
    { type: "input.dispatched", input: id, run, at },
    { type: "turn.started", turn, run, input: id, at },
    { type: "input.consumed", input: id, at },
  ];
}

function agentEvents({ id, text, tools, at }: ImportedMessage, turn: string, number: number, { end }: HowEnded): ChatEvent[] {
  const message = `r${number}.${id}`;
  const events: ChatEvent[] = [{ type: "message.started", message, turn, at }];
  if (text !== "") {
    events.push({ type: "part.started", message, part: `${message}.text`, kind: "text", at });
    events.push({ type: "part.delta", message, part: `${message}.text`, text, at });
    events.push({ type: "part.ended", message, part: `${message}.text`, at });
  }
  for (const tool of tools) {
    const part = `${message}.${tool.id}`;
    events.push({ type: "part.started", message, part, kind: "tool", tool: tool.tool, toolKind: "other", title: tool.title, at });
    const status = tool.output === null && end !== "completed" ? "interrupted" : "completed";
    events.push({ type: "part.updated", message, part, status, ...(tool.output === null ? {} : { output: tool.output }), at });
  }
  events.push({ type: "message.ended", message, at });
  return events;
}

/**
 * What lies with the agent and not in the log: turns of its own terminal program, of another program, or the end of an answer that
 * was finished when nobody listened. It is taken over by id, where ids differ by text, and never replaces what was said here.
 */
import type { AgentMessage, ChatEvent, Conversation, TurnEnd } from "@perdure/protocol";
import type { ImportedMessage } from "../../agents/agent.ts";
import { turnsOf } from "../../agents/newest-turns.ts";

/** Where turns that are taken over are put, and when. */
export interface PlaceOfTurns {
  readonly run: { readonly id: string; readonly number: number };
  readonly at: number;
  /** The agent may be at work, so a last turn that is not known to be finished comes with a later look, whole. */
  readonly isLive?: boolean;
  /** It was said before the conversation came here. */
  readonly isElsewhere?: boolean;
}

/** The events that take over what is new, in its order, turn by turn. */
export function importHistory(conversation: Conversation, history: readonly ImportedMessage[], place: PlaceOfTurns): ChatEvent[] {
  const known = new Known(conversation);
  const turns = turnsOf(history);
  return turns.flatMap((messages, index) => {
    const isLast = index === turns.length - 1;
    const ends = messages.at(-1)?.ends;
    if (isLast && place.isLive && ends === undefined) return [];
    const end = ends === undefined ? (isLast ? likelyEnd(messages) : COMPLETED) : ENDS[ends];
    return turnEvents(messages, known, place, end);
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
  { run, at, isElsewhere }: PlaceOfTurns,
  end: HowEnded,
): ChatEvent[] {
  const events: ChatEvent[] = [];
  let turn: string | null = null;
  const begin = (message: ImportedMessage, input?: string): string => {
    turn = `t${run.number}.${message.id}`;
    const about = { ...(input === undefined ? {} : { input }), ...(isElsewhere ? ({ elsewhere: true } as const) : {}) };
    events.push({ type: "turn.started", turn, run: run.id, ...about, at: timeOf(message, at) });
    return turn;
  };
  for (const message of messages) {
    if (message.role === "user") {
      if (known.takeInput(message)) continue;
      const { id: input, text } = message;
      const when = timeOf(message, at);
      events.push({ type: "input.accepted", input, text, at: when }, { type: "input.dispatched", input, run: run.id, at: when });
      begin(message, input);
      events.push({ type: "input.consumed", input, at: when });
      continue;
    }
    const same = known.takeMessage(message);
    if (same) events.push(...restOf(same, message, at));
    else if (message.text !== "" || message.tools.length > 0) {
      events.push(...agentEvents(message, turn ?? begin(message), run.number, end, timeOf(message, at)));
    }
  }
  const last = messages.at(-1);
  if (turn !== null) events.push({ type: "turn.ended", turn, ...end, at: isElsewhere && last ? timeOf(last, at) : at });
  return events;
}

/** A record may not say when. */
function timeOf(message: ImportedMessage, otherwise: number): number {
  return message.at > 0 ? message.at : otherwise;
}

/** What the log has of a history: each of its messages answers for one of the agent's. */
class Known {
  readonly #inputs: Conversation["inputs"];
  readonly #messages: readonly AgentMessage[];
  /** By the agent's own id, without the run's. */
  readonly #byAgentId: ReadonlyMap<string, AgentMessage>;
  /** Ids by text: of what may have been sent, which what waits was not. */
  readonly #inputsByText: ReadonlyMap<string, readonly string[]>;
  readonly #taken = new Set<string>();

  constructor({ inputs, messages }: Conversation) {
    this.#inputs = inputs;
    this.#messages = Object.values(messages);
    this.#byAgentId = new Map(this.#messages.map((message) => [message.id.replace(/^r\d+\./, ""), message]));
    const sent = Object.values(inputs).filter(({ state }) => state !== "removed" && state !== "accepted" && state !== "held");
    this.#inputsByText = new Map([...Map.groupBy(sent, ({ text }) => text.trim())].map(([text, all]) => [text, all.map(({ id }) => id)]));
  }

  takeInput({ id, text }: ImportedMessage): boolean {
    const isKnown = Object.hasOwn(this.#inputs, id) && this.#inputs[id]?.state !== "removed";
    const same = isKnown ? id : this.#inputsByText.get(text.trim())?.find((one) => !this.#taken.has(one));
    if (same !== undefined) this.#taken.add(same);
    return same !== undefined;
  }

  takeMessage({ id, text }: ImportedMessage): AgentMessage | undefined {
    const same =
      this.#byAgentId.get(id) ??
      this.#messages.find((message) => message.id.endsWith(`.${id}`)) ??
      (text === "" ? undefined : this.#messages.find((message) => !this.#taken.has(message.id) && textOf(message).trim() === text.trim()));
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
  if (part?.kind !== "text" || text.trimEnd().length <= heard.trimEnd().length || !text.startsWith(heard)) return [];
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

function agentEvents({ id, text, tools }: ImportedMessage, turn: string, number: number, { end }: HowEnded, at: number): ChatEvent[] {
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

/**
 * The decisions of the ladder of recovery: what the end of a run means for what waits, how the next run gets its conversation, and
 * when nothing goes on without asking. Pure: the conversation says it all.
 */
import type { AgentFailure, ChatEvent, Conversation, Offer, RunOrigin, TurnEndCause } from "@perdure/protocol";
import type { Validation } from "../../agents/agent.ts";
import { missingWords } from "./missing-variables.ts";

const MAX_IN_A_ROW = 3;
const MAX_A_MINUTE = 5;
const MINUTE_MS = 60_000;

/** How a run ended, as the session knows it. */
export interface EndOfRun {
  readonly run: string;
  readonly cause: TurnEndCause | "parked" | "exited" | "started-anew";
  /** In words, for the transcript. */
  readonly text: string;
  /** Somebody asked for it, or it was parked. */
  readonly wasAsked: boolean;
  /** The agent takes the same message id again for the same message. */
  readonly knowsInputs: boolean;
  readonly at: number;
  /** It could not be started. */
  readonly failure?: AgentFailure;
}

/**
 * The events behind those of the driver: the run is over, nothing of it stays open, what it had not consumed waits again or is in
 * doubt, and what waits is held when a person has to decide.
 */
export function afterRun(conversation: Conversation, end: EndOfRun): ChatEvent[] {
  const { at, run, cause, text, wasAsked } = end;
  const ended = causeOf(end);
  const events: ChatEvent[] = [];
  if (end.failure) events.push({ type: "agent.failed", run, reason: end.failure, text, at });
  const turn = conversation.runningTurn;
  for (const approval of conversation.openApprovals) events.push({ type: "approval.expired", approval, text, at });
  if (turn !== null) events.push({ type: "turn.ended", turn, end: "interrupted", cause: ended, text, at });
  if (end.knowsInputs) for (const input of doubtful(conversation).toReversed()) events.push({ type: "input.requeued", input, at });
  events.push({ type: "run.ended", run, cause, wasAsked, at });
  const last = conversation.runs.at(-1);
  if (last && last.state === "starting" && last.origin !== "new") {
    const rung = last.origin === "restarted" ? "restart" : "resume";
    events.push({
      type: "recovery",
      rung,
      outcome: "failed",
      reason: end.failure ?? last.failure?.reason ?? "crashed",
      ...idOf(conversation),
      at,
    });
  }
  return events;
}

/** The cause with which a turn ends that was running. */
export function causeOf({ cause }: EndOfRun): TurnEndCause {
  if (cause === "started-anew") return "stopped";
  return cause === "parked" || cause === "exited" ? "agent-ended" : cause;
}

/** The agent is there again: the rung held. */
export function recovered(conversation: Conversation, run: string, at: number): ChatEvent[] {
  const origin = conversation.runs.find(({ id }) => id === run)?.origin ?? "new";
  if (origin === "new") return [];
  const rung = origin === "restarted" ? "restart" : "resume";
  const undecided = doubtful(conversation).map((input) => ({ type: "input.unknown", input, at }) as const);
  return [{ type: "recovery", rung, outcome: "ok", reason: origin, ...idOf(conversation), at }, ...undecided];
}

function idOf({ resumeId }: Conversation): { readonly resumeId?: string } {
  return resumeId === null ? {} : { resumeId };
}

/** Messages that a run may or may not have taken. */
export function doubtful(conversation: Conversation): string[] {
  return conversation.entries.flatMap(({ is, id }) => {
    const state = is === "input" ? conversation.inputs[id]?.state : undefined;
    return state === "dispatched" || state === "delivered" ? [id] : [];
  });
}

/** What was at work when the run ended: then nobody may go on without asking. */
export function hadOpenTool(conversation: Conversation): boolean {
  const last = conversation.lastTurn === null ? undefined : conversation.turns[conversation.lastTurn];
  if (last?.state !== "interrupted" || last.cause === "stopped") return false;
  return Object.values(conversation.messages).some(
    ({ turn, parts }) => turn === last.id && parts.some((part) => part.kind === "tool" && part.status === "interrupted"),
  );
}

/** What the session does with what waits while no run lives. */
export type Next =
  | { readonly is: "nothing" }
  | { readonly is: "start" }
  /** One line, and the first message that waits is held. */
  | { readonly is: "ask"; readonly code: string; readonly text: string; readonly offers: readonly Offer[] };

const TOOL_WAS_OPEN: Next = {
  is: "ask",
  code: "tool-was-open",
  text: "The agent was interrupted while a tool was at work; what the tool did is not known. Go on?",
  offers: ["continue", "discard"],
};

export function next(conversation: Conversation, now: number): Next {
  const [head] = conversation.queue;
  const isWaiting = head !== undefined && conversation.inputs[head]?.state === "accepted";
  const inDoubt = doubtful(conversation).length > 0;
  if (head !== undefined && !isWaiting) return { is: "nothing" };
  if (!isWaiting && !inDoubt) return { is: "nothing" };
  const last = conversation.runs.at(-1);
  if (!last) return { is: "start" };
  // Who ended it does not want it back for what had waited.
  if (last.cause === "session-ended" && !conversation.queue.some((id) => isReleased(conversation, id))) return { is: "nothing" };
  const failure = last.failure?.reason;
  // What is sent later may have been written before anybody saw what happened; that it may go must be said.
  if (hadOpenTool(conversation) && !wasReleased(conversation, head)) return TOOL_WAS_OPEN;
  if (isReleased(conversation, head)) return { is: "start" };
  if (failure === "unknown-conversation" && last.origin !== "restarted" && last.origin !== "new") return { is: "start" };
  if (failure) return ask(failure, failure === "auth" && last.missing ? missingWords(last.missing, false) : "", last.failure?.text);
  if (last.cause === "parked" || last.cause === "started-anew") return { is: "start" };
  if (resumesInARow(conversation) >= MAX_IN_A_ROW || resumesSince(conversation, now - MINUTE_MS) >= MAX_A_MINUTE) {
    return {
      is: "ask",
      code: "too-many-resumes",
      text: "The agent ended again and again. It is not started again by itself.",
      offers: ["retry", "restart", "discard"],
    };
  }
  return { is: "start" };
}

/** Somebody said after the last run had ended that this message may go. */
function wasReleased(conversation: Conversation, head: string | undefined): boolean {
  const endedAt = conversation.runs.at(-1)?.endedAt ?? 0;
  const input = head === undefined ? undefined : conversation.inputs[head];
  return (input?.releasedAt ?? 0) > endedAt;
}

/** Somebody decided after the last run had ended: the message that waits was released, or sent, later. */
function isReleased(conversation: Conversation, head: string | undefined): boolean {
  const endedAt = conversation.runs.at(-1)?.endedAt ?? 0;
  const input = head === undefined ? undefined : conversation.inputs[head];
  return input !== undefined && (input.releasedAt ?? input.acceptedAt) > endedAt;
}

function ask(reason: AgentFailure, advice: string, said = ""): Next {
  const [text, offers] = FAILURES[reason];
  return { is: "ask", code: reason, text: [text, advice, said].filter((part) => part !== "").join(" "), offers };
}

const FAILURES: Readonly<Record<AgentFailure, readonly [text: string, offers: readonly Offer[]]>> = {
  "unknown-conversation": ["A fresh conversation could not be begun either.", ["restart", "discard"]],
  auth: ["The agent is not signed in.", ["sign-in", "retry"]],
  limit: ["The limit of the account is reached.", ["wait", "retry"]],
  overloaded: ["The model is overloaded.", ["wait", "retry"]],
  network: ["The agent cannot reach the model.", ["retry"]],
  permission: ["The agent may not do this.", ["retry"]],
  "cwd-missing": ["The session's directory is gone.", ["retry"]],
  "command-missing": ["The agent's program was not found.", ["retry"]],
  locked: ["Another process is writing this conversation.", ["wait", "retry", "restart"]],
  protocol: ["The agent answered in a way that is not understood.", ["retry", "restart"]],
  crashed: ["The agent could not be started.", ["retry", "restart"]],
  unknown: ["The agent could not go on.", ["retry", "restart"]],
};

/** Runs since the last completed turn that were begun to go on; where none was ever completed, any but the first. */
function resumesInARow(conversation: Conversation): number {
  const completedAt = Math.max(
    0,
    ...Object.values(conversation.turns).map(({ state, endedAt = 0 }) => (state === "completed" ? endedAt : 0)),
  );
  return resumesSince(conversation, completedAt);
}

function resumesSince(conversation: Conversation, since: number): number {
  return conversation.runs.filter(({ origin, startedAt }, index) => (origin !== "new" || index > 0) && startedAt > since).length;
}

/** How the next run gets its conversation. A restart hands the agent a digest, if that is not switched off. */
export type Way =
  | { readonly is: "new" }
  | { readonly is: "resume"; readonly resumeId: string }
  /** The agent no longer has the conversation: a fresh one, with one visible line. */
  | { readonly is: "restart"; readonly reason: string; readonly resumeId: string | null }
  /** A living process writes it. */
  | { readonly is: "locked"; readonly pid: number }
  /** Whether the agent has it cannot be found out. */
  | { readonly is: "unreadable"; readonly place: string; readonly code: string };

export function wayOf(conversation: Conversation, validation: Validation): Way {
  const { resumeId, oldResumeId } = conversation;
  const mayBeNew = resumeId === null || validation.is === "unknown-conversation";
  if (mayBeNew && !mayHoldWords(conversation)) return { is: "new" };
  if (resumeId === null) {
    const reason = oldResumeId === null ? "which one it was is not known" : "you asked for a fresh one";
    return { is: "restart", reason, resumeId: oldResumeId };
  }
  const last = conversation.runs.at(-1);
  if (last?.failure?.reason === "unknown-conversation" && (last.origin === "resumed" || last.origin === "continued-outside")) {
    return { is: "restart", reason: last.failure.text, resumeId };
  }
  switch (validation.is) {
    case "unknown-conversation":
      return { is: "restart", reason: validation.why ?? "the agent has no record of it", resumeId };
    case "unreadable":
      return validation;
    case "locked":
      return { is: "locked", pid: validation.pid };
    case "ok":
    case "undecided":
      return { is: "resume", resumeId };
  }
}

/** Something was said in it, here or where it is not known: in a terminal, or before it came here. */
function mayHoldWords({ inputs, runs, resumeId }: Conversation): boolean {
  if (Object.values(inputs).some(({ state }) => state === "consumed" || state === "answered")) return true;
  return runs.length === 0 ? resumeId !== null : runs.some(({ view }) => view === "terminal");
}

export function originOf(way: Way, conversation: Conversation): RunOrigin {
  if (way.is === "resume") return conversation.runs.length === 0 ? "continued-outside" : "resumed";
  return way.is === "restart" ? "restarted" : "new";
}

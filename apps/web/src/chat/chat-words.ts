/** What the states of a conversation are called on the screen: true in every case, and short. */
import type {
  Approval,
  ChatRun,
  ChatSummary,
  Conversation,
  InputState,
  Offer,
  Recovery,
  ToolStatus,
  Turn,
  TurnEndCause,
} from "@perdure/protocol";
import type { OutgoingMessage } from "@perdure/client";
import { agoWords } from "../sessions/relative-time.ts";

/** Behind "response interrupted by …". */
const INTERRUPTIONS: Readonly<Record<TurnEndCause, string>> = {
  stopped: "Stop",
  "agent-ended": "the end of the agent's program",
  "agent-lost": "the loss of the agent",
  "host-died": "the end of the process that kept the agent",
  rebooted: "a restart of the machine",
  "server-cannot-know": "something that the server could not see",
  "server-ended": "the end of the server in which the agent ran",
  "session-ended": "the end of the session",
  refused: "the agent, which refused to go on",
  "unknown-conversation": "the agent, which does not know this conversation",
  auth: "the agent's sign-in, which is not valid",
  limit: "a limit of the agent's account",
  overloaded: "the model, which has too much to do",
  network: "the network between the agent and its model",
  permission: "a permission that the agent lacks",
  "cwd-missing": "the session's directory, which is gone",
  "command-missing": "the agent's program, which was not found",
  locked: "another process that writes this conversation",
  protocol: "words of the agent that are not understood",
  crashed: "a crash of the agent",
  unknown: "something that the agent did not name",
};

/** The line of a turn that did not end well; `undefined` for one that runs or is complete. */
export function turnEndWords(turn: Turn): string | undefined {
  if (turn.state === "interrupted") return `response interrupted by ${INTERRUPTIONS[turn.cause ?? "server-cannot-know"]}`;
  if (turn.state !== "failed") return undefined;
  return `response failed: ${FAILURES[turn.cause ?? "unknown"] ?? INTERRUPTIONS[turn.cause ?? "unknown"]}`;
}

const FAILURES: Readonly<Partial<Record<TurnEndCause, string>>> = {
  auth: "the agent is not signed in",
  limit: "a limit of the agent's account is reached",
  overloaded: "the model has too much to do",
  network: "the agent cannot reach its model",
  permission: "the agent may not do this",
  refused: "the agent refused",
  "unknown-conversation": "the agent does not know this conversation",
  "command-missing": "the agent's program was not found",
  "cwd-missing": "the session's directory is gone",
  protocol: "the agent's answer was not understood",
  crashed: "the agent crashed",
  unknown: "the agent did not say why",
};

export interface Mark {
  readonly words: string;
  /** The whole truth, for who asks. */
  readonly detail: string;
}

/** Where a message of the user is on its way, once a turn is about it. */
export const INPUT_MARKS: Readonly<Record<InputState, Mark>> = {
  accepted: { words: "Accepted", detail: "The server has it on disk. It goes to the agent next." },
  dispatched: { words: "Sent", detail: "It is on its way to the agent's process." },
  delivered: { words: "Delivered", detail: "The agent's process has it in its input. The agent has not said that it read it." },
  consumed: { words: "Read", detail: "The agent has taken it up." },
  answered: { words: "Answered", detail: "The agent has answered it to the end." },
  unknown: { words: "Not known", detail: "The agent was lost before it said whether it had read this." },
  held: { words: "Held", detail: "It waits for your decision." },
  removed: { words: "Dropped", detail: "It was taken back." },
};

/** Where a message is that the server does not have. */
export function outgoingMark({ state, createdAt }: OutgoingMessage, isLive: boolean, now: number): Mark {
  switch (state.is) {
    case "waiting":
      return isLive
        ? { words: "Waiting", detail: "It is kept on this device and is sent when it is its turn." }
        : { words: "Waiting for the connection", detail: "It is kept on this device and is sent as soon as there is a connection." };
    case "sending":
      return { words: "Sending", detail: "It is on its way to the server." };
    case "expired":
      return {
        words: `Written ${agoWords(createdAt, now)} and never sent. Does it still count?`,
        detail: "There was no connection for so long that it is not sent without being asked about.",
      };
    case "refused":
      return { words: "Not accepted", detail: state.text };
  }
}

export const OFFERS: Readonly<Record<Offer, string>> = {
  retry: "Retry",
  continue: "Continue",
  "retry-old-conversation": "Retry with the old conversation",
  restart: "Begin a fresh conversation",
  "sign-in": "Sign in, in a terminal",
  wait: "Wait",
  start: "Start the agent anew",
  "send-again": "Send again",
  discard: "Drop the message",
};

export const TOOL_STATES: Readonly<Record<ToolStatus, string>> = {
  pending: "waits",
  running: "runs",
  completed: "done",
  failed: "failed",
  interrupted: "interrupted",
};

/** What became of a question; `undefined` while it is open. */
export function approvalWords({ state, options }: Approval): string | undefined {
  if (state.is === "open") return undefined;
  if (state.is === "expired") return state.told === "no" ? `${state.text} The agent was told no.` : state.text;
  const option = options.find(({ id }) => id === state.option)?.label ?? state.option;
  const by = state.by === undefined ? "" : ` by ${state.by}`;
  return state.is === "answered" ? `Answered “${option}”${by}, not delivered to the agent yet` : `Answered “${option}”${by}`;
}

const STATES: Readonly<Record<ChatSummary["state"], string>> = {
  starting: "Starting",
  idle: "Ready",
  working: "Working",
  asking: "Asks you",
  asleep: "Asleep",
};

export function chatStateWords(state: ChatSummary["state"]): string {
  return STATES[state];
}

/** "3 messages · 2 queued · 1 question · 12.4k tokens". What is zero is not said. */
export function countWords({ messages, queued, approvals, undecided, tokens, costUsd }: ChatSummary): string {
  return [
    messages > 0 && plural(messages, "message"),
    queued > 0 && `${queued} queued`,
    approvals > 0 && plural(approvals, "question"),
    undecided > 0 && `${undecided} to decide`,
    tokens > 0 && `${shortNumber(tokens)} tokens`,
    costUsd > 0 && costWords(costUsd),
  ]
    .filter((part) => part !== false)
    .join(" · ");
}

/** `all`: as the server counts, which has also what was not asked for yet. */
export function messageWords({ entries, queue, earlier = 0 }: Conversation, all: number): string {
  const count = (is: "input" | "message"): number => entries.filter((entry) => entry.is === is).length;
  const who = earlier > 0 ? all.toLocaleString("en") : `${count("input")} of yours, ${count("message")} of the agent`;
  return queue.length > 0 ? `${who}, ${queue.length} waiting` : who;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

export function shortNumber(count: number): string {
  if (count < 1000) return String(count);
  const [value, unit] = count < 999_500 ? [count / 1000, "k"] : [count / 1_000_000, "M"];
  return `${value < 10 ? value.toFixed(1).replace(/\.0$/, "") : Math.round(value)}${unit}`;
}

export function costWords(usd: number): string {
  return usd < 0.01 ? "< $0.01" : `$${usd.toFixed(2)}`;
}

const RUN_ENDS: Readonly<Record<string, string>> = {
  parked: "put to sleep",
  "started-anew": "ended, to be started anew",
  exited: "ended",
  stopped: "stopped",
  "session-ended": "ended by you",
  "agent-ended": "ended by itself",
  "agent-lost": "lost",
  "host-died": "lost with its host",
  rebooted: "lost in a restart of the machine",
  "command-missing": "its program was not found",
};

/** Where a run is, or how it ended. */
export function runStateWords({ state, cause, failure }: ChatRun): string {
  if (failure !== undefined) return failure.text;
  if (state !== "ended") return state;
  return cause === undefined ? "ended" : (RUN_ENDS[cause] ?? cause);
}

const RUNGS: Readonly<Record<Recovery["rung"], readonly [worked: string, failed: string]>> = {
  reattach: ["found alive", "not found alive"],
  resume: ["resumed its conversation", "could not resume its conversation"],
  restart: ["began a fresh conversation", "could not begin a fresh conversation"],
};

/** What was tried; why it did not work is not said where it did. */
export function recoveryWords({ rung, outcome, reason }: Recovery): string {
  const [worked, failed] = RUNGS[rung];
  if (outcome === "ok") return worked;
  const why = Object.hasOwn(INTERRUPTIONS, reason) ? INTERRUPTIONS[reason as TurnEndCause] : reason;
  return `${failed}: ${why}`;
}

const ORIGINS: Readonly<Record<ChatRun["origin"], string>> = {
  new: "begun",
  resumed: "resumed",
  restarted: "begun afresh",
  "continued-outside": "continued from outside",
};

export function runWords({ origin, view }: ChatRun): string {
  return view === "terminal" ? `${ORIGINS[origin]} in the terminal` : ORIGINS[origin];
}

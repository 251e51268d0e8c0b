/**
 * The events of a conversation (PROTOCOL §12): what a session's `events` stream holds, one JSON object a line, in the order in
 * which they were committed. They are written by the server alone. A reader keeps to the types it knows and passes over the
 * others, so that an older page can show what a newer server wrote.
 */

/** Why an agent could not go on. Each has its own words and its own offer; only `unknown-conversation` falls to a restart. */
export type AgentFailure =
  | "unknown-conversation"
  | "auth"
  | "limit"
  | "overloaded"
  | "network"
  | "permission"
  | "cwd-missing"
  | "command-missing"
  | "locked"
  | "protocol"
  | "crashed"
  | "unknown";

/** How a turn ended. `interrupted`: by a person or because something died; what it had said is kept whatever its length. */
export type TurnEnd = "completed" | "interrupted" | "failed";

/** Why a turn was interrupted or failed. The names of causes that diagnostics count are in `stream-reasons.ts`. */
export type TurnEndCause =
  | "stopped"
  | "agent-ended"
  | "agent-lost"
  | "host-died"
  | "rebooted"
  | "server-cannot-know"
  /** The agent was a function in the server itself, which ended or was killed. */
  | "server-ended"
  | "session-ended"
  | "refused"
  | AgentFailure;

/** What an agent may be asked to use, with the words for a person. */
export interface Choice {
  readonly id: string;
  readonly label: string;
  readonly description?: string;
}

/** One answer that an approval offers. `kind` tells what it means whatever the agent calls it. */
export interface ApprovalOption {
  readonly id: string;
  readonly label: string;
  readonly kind: "allow-once" | "allow-always" | "reject-once" | "reject-always" | "answer";
}

/** Tokens and, where the agent says it, money. Numbers of one turn. */
export interface Usage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cachedTokens?: number;
  readonly costUsd?: number;
}

/** What a tool call is about, so that a view can choose how to draw it. */
export type ToolKind = "read" | "edit" | "execute" | "search" | "fetch" | "think" | "delegate" | "other";

export type ToolStatus = "pending" | "running" | "completed" | "failed" | "interrupted";

/** A change of one file. `before` is `null` for a new one. Texts are cut at 256 KiB by whoever makes the event. */
export interface FileDiff {
  readonly path: string;
  readonly before: string | null;
  readonly after: string;
}

export interface PlanStep {
  readonly text: string;
  readonly status: "pending" | "running" | "completed";
}

/** What a part is when it begins. */
export type PartStart =
  | { readonly kind: "text" | "reasoning" }
  | { readonly kind: "tool"; readonly tool: string; readonly toolKind: ToolKind; readonly title: string; readonly input?: unknown }
  | { readonly kind: "plan"; readonly steps: readonly PlanStep[] }
  | { readonly kind: "notice" | "error"; readonly text: string };

/** What the user can do about a line of the ladder or a failed turn. */
export type Offer = "retry" | "continue" | "retry-old-conversation" | "restart" | "sign-in" | "wait" | "start" | "send-again" | "discard";

/** The rungs of the ladder of recovery. */
export type Rung = "reattach" | "resume" | "restart";

/** How a new run of the session came to its conversation. */
export type RunOrigin = "new" | "resumed" | "restarted" | "continued-outside";

type Body =
  /** A run of the session began. `number` counts from 1. */
  | {
      readonly type: "run.started";
      readonly run: string;
      readonly number: number;
      readonly agent: string;
      readonly view: "chat" | "terminal";
      readonly origin: RunOrigin;
      /** Names of variables that an earlier run had from whoever asked for it, and that this one has not: values of secrets are not kept. */
      readonly missing?: readonly string[];
    }
  | { readonly type: "run.ended"; readonly run: string; readonly cause: string; readonly wasAsked: boolean }
  /** The agent is there and takes messages. */
  | { readonly type: "agent.ready"; readonly run: string; readonly version?: string }
  /** The agent said that it cannot go on, or was found unable to. */
  | { readonly type: "agent.failed"; readonly run: string; readonly reason: AgentFailure; readonly text: string }
  /** What is chosen and what can be; what is absent stays as it was. */
  | {
      readonly type: "agent.settings";
      readonly model?: string;
      readonly mode?: string;
      readonly models?: readonly Choice[];
      readonly modes?: readonly Choice[];
      readonly commands?: readonly Choice[];
    }
  /** The agent's own id of this conversation. The one before is kept for *Retry with the old conversation*. */
  | { readonly type: "session.resume-id"; readonly resumeId: string | null }
  /** A title that the agent gave the conversation. */
  | { readonly type: "session.title"; readonly title: string }

  /** A user's message is durable. `input` is the sender's id: the same id again is the same message. */
  | { readonly type: "input.accepted"; readonly input: string; readonly text: string; readonly by?: string }
  | { readonly type: "input.edited"; readonly input: string; readonly text: string }
  | { readonly type: "input.removed"; readonly input: string }
  /** In the ledger of the run; with it the turn begins. */
  | { readonly type: "input.dispatched"; readonly input: string; readonly run: string }
  /** The host has it in the agent's queue. */
  | { readonly type: "input.delivered"; readonly input: string }
  /** The agent's own evidence that it has it. */
  | { readonly type: "input.consumed"; readonly input: string }
  /** The agent has no trace of it: it may be sent again without doubling anything. */
  | { readonly type: "input.unseen"; readonly input: string }
  /** The run was lost on the way and nothing decides whether it took effect: the user is asked. */
  | { readonly type: "input.unknown"; readonly input: string }
  /** It waits again, as after accepting: behind a recovery or because the user said *send again*. */
  | { readonly type: "input.requeued"; readonly input: string }
  /** Waiting stops until somebody decides: why, in `notice`. */
  | { readonly type: "input.held"; readonly input: string; readonly notice: string }
  /** `elsewhere`: it was said outside perdure, before the conversation came here, and belongs to no run of the session. */
  | { readonly type: "turn.started"; readonly turn: string; readonly run: string; readonly input?: string; readonly elsewhere?: true }
  | {
      readonly type: "turn.ended";
      readonly turn: string;
      readonly end: TurnEnd;
      readonly cause?: TurnEndCause;
      readonly text?: string;
      readonly usage?: Usage;
    }
  /** Somebody asked to stop. What came of it is the turn's end. */
  | { readonly type: "turn.stopping"; readonly turn: string; readonly by?: string }

  /** The agent begins to say something. `parent`: the tool call of a helper agent that says it. */
  | { readonly type: "message.started"; readonly message: string; readonly turn: string; readonly parent?: string }
  | { readonly type: "message.ended"; readonly message: string }
  /** The model's stream was cut and the same comes again as another message: drawn folded away, never lost. */
  | { readonly type: "message.superseded"; readonly message: string }
  | ({ readonly type: "part.started"; readonly message: string; readonly part: string } & PartStart)
  /** Appends to a text or reasoning, or to the output of a tool. */
  | { readonly type: "part.delta"; readonly message: string; readonly part: string; readonly text: string }
  /** What is present replaces what was. */
  | {
      readonly type: "part.updated";
      readonly message: string;
      readonly part: string;
      readonly text?: string;
      readonly status?: ToolStatus;
      readonly title?: string;
      readonly input?: unknown;
      readonly output?: string;
      readonly diffs?: readonly FileDiff[];
      readonly steps?: readonly PlanStep[];
    }
  | { readonly type: "part.ended"; readonly message: string; readonly part: string }
  | {
      readonly type: "approval.requested";
      readonly approval: string;
      readonly run: string;
      readonly turn?: string;
      /** The tool call it is about. */
      readonly part?: string;
      readonly title: string;
      readonly detail?: string;
      readonly diffs?: readonly FileDiff[];
      readonly options: readonly ApprovalOption[];
    }
  /** Answered, and in the ledger; not yet with the agent. `note`: words for the agent with a rejection. */
  | { readonly type: "approval.answered"; readonly approval: string; readonly option: string; readonly by?: string; readonly note?: string }
  | { readonly type: "approval.delivered"; readonly approval: string }
  /** Nobody can answer it any more. `told`: what the agent was told in the user's place, if anything. */
  | { readonly type: "approval.expired"; readonly approval: string; readonly text: string; readonly told?: "no" }

  /** One visible line of the transcript. The same id again replaces it. */
  | {
      readonly type: "notice";
      readonly notice: string;
      readonly level: "info" | "warning" | "error";
      readonly code: string;
      readonly text: string;
      readonly offers?: readonly Offer[];
      readonly turn?: string;
    }
  /** One try to climb the ladder. */
  | {
      readonly type: "recovery";
      readonly rung: Rung;
      readonly outcome: "ok" | "failed";
      readonly reason: string;
      readonly resumeId?: string;
    };

/** An event; `at` in milliseconds since 1970. */
export type ChatEvent = { readonly at: number } & Body;

/** An event of a driver, before it has its time. Distributes over the union. */
export type DriverEvent = Body;

/** The largest text of an error or a notice; longer ones are cut. Never empty. */
export const MAX_ERROR_TEXT = 4096;

/** Parses one line of an `events` stream; `null` for what is no event. The type may be one that this release does not know. */
export function parseChatEvent(line: string): ChatEvent | null {
  try {
    const value: unknown = JSON.parse(line);
    const isEvent = typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
    return isEvent && "at" in value && typeof value.at === "number" ? (value as ChatEvent) : null;
  } catch {
    return null;
  }
}

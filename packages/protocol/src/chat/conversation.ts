/**
 * A conversation as a page draws it and as the server decides by it: what its events say, reduced. Plain data, never changed
 * in place: what did not change keeps its identity, so that a view draws only what did.
 */
import type {
  AgentFailure,
  ApprovalOption,
  Choice,
  FileDiff,
  Offer,
  PlanStep,
  Rung,
  RunOrigin,
  ToolKind,
  ToolStatus,
  TurnEnd,
  TurnEndCause,
  Usage,
} from "./events.ts";

/** Where a user's message is on its way. `queued` of DESIGN is the sender's own: it is not known here yet. */
export type InputState = "accepted" | "dispatched" | "delivered" | "consumed" | "answered" | "unknown" | "held" | "removed";

export interface Input {
  readonly id: string;
  readonly text: string;
  readonly state: InputState;
  readonly acceptedAt: number;
  /** Its text is no longer the one that it came with. */
  readonly isEdited?: true;
  /** When it last was put back to wait. */
  readonly releasedAt?: number;
  readonly by?: string;
  readonly turn?: string;
  /** The notice that says why it is held. */
  readonly notice?: string;
}

export interface Turn {
  readonly id: string;
  readonly run: string;
  readonly input?: string;
  /** It was said outside perdure, before the conversation came here; `run` is then none of the session. */
  readonly elsewhere?: true;
  readonly state: "running" | TurnEnd;
  /** Somebody has asked to stop it. */
  readonly isStopping: boolean;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly cause?: TurnEndCause;
  readonly text?: string;
  readonly usage?: Usage;
}

export interface TextPart {
  readonly id: string;
  readonly kind: "text" | "reasoning";
  readonly text: string;
  readonly isOpen: boolean;
}

export interface ToolPart {
  readonly id: string;
  readonly kind: "tool";
  readonly tool: string;
  readonly toolKind: ToolKind;
  readonly title: string;
  readonly input?: unknown;
  readonly output: string;
  readonly status: ToolStatus;
  readonly diffs: readonly FileDiff[];
}

export interface PlanPart {
  readonly id: string;
  readonly kind: "plan";
  readonly steps: readonly PlanStep[];
}

export interface NoticePart {
  readonly id: string;
  readonly kind: "notice" | "error";
  readonly text: string;
}

export type Part = TextPart | ToolPart | PlanPart | NoticePart;

/** What the agent said in one go. */
export interface AgentMessage {
  readonly id: string;
  readonly turn: string;
  readonly parent?: string;
  readonly parts: readonly Part[];
  readonly isOpen: boolean;
  readonly isSuperseded: boolean;
  readonly startedAt: number;
}

export interface Notice {
  readonly id: string;
  readonly at: number;
  readonly level: "info" | "warning" | "error";
  readonly code: string;
  readonly text: string;
  readonly offers: readonly Offer[];
  readonly turn?: string;
}

/** The transcript in the order in which it is read: a user's message stands where it was dispatched. */
export type Entry = { readonly is: "input" | "message" | "notice"; readonly id: string };

export type ApprovalState =
  | { readonly is: "open" }
  /** The agent does not have the answer yet. */
  | { readonly is: "answered"; readonly option: string; readonly by?: string; readonly at: number }
  | { readonly is: "delivered"; readonly option: string; readonly by?: string; readonly at: number }
  | { readonly is: "expired"; readonly text: string; readonly told?: "no"; readonly at: number };

export interface Approval {
  readonly id: string;
  readonly run: string;
  readonly turn?: string;
  readonly part?: string;
  readonly title: string;
  readonly detail?: string;
  readonly diffs: readonly FileDiff[];
  readonly options: readonly ApprovalOption[];
  readonly requestedAt: number;
  readonly state: ApprovalState;
}

export interface ChatRun {
  readonly id: string;
  readonly number: number;
  readonly agent: string;
  readonly view: "chat" | "terminal";
  readonly origin: RunOrigin;
  readonly startedAt: number;
  readonly state: "starting" | "ready" | "ended";
  readonly version?: string;
  /** Names of variables that an earlier run had, and that this one has not. */
  readonly missing?: readonly string[];
  readonly endedAt?: number;
  readonly cause?: string;
  readonly failure?: { readonly reason: AgentFailure; readonly text: string };
}

export interface Recovery {
  readonly at: number;
  readonly rung: Rung;
  readonly outcome: "ok" | "failed";
  readonly reason: string;
  readonly resumeId?: string;
}

/** Newest last; older ones are dropped beyond this. */
export const MAX_RECOVERIES = 100;

export interface Conversation {
  /** So many entries stand before the first one here, and what they are about is not here either. Absent: none. */
  readonly earlier?: number;
  readonly entries: readonly Entry[];
  readonly inputs: Readonly<Record<string, Input>>;
  readonly messages: Readonly<Record<string, AgentMessage>>;
  readonly notices: Readonly<Record<string, Notice>>;
  readonly turns: Readonly<Record<string, Turn>>;
  readonly approvals: Readonly<Record<string, Approval>>;
  /** Ids of accepted messages that wait to be dispatched, in order, held ones included. */
  readonly queue: readonly string[];
  /** The turn that runs, if one does. */
  readonly runningTurn: string | null;
  readonly lastTurn: string | null;
  readonly openApprovals: readonly string[];
  readonly runs: readonly ChatRun[];
  readonly recoveries: readonly Recovery[];
  readonly resumeId: string | null;
  readonly oldResumeId: string | null;
  readonly title: string;
  readonly settings: {
    readonly model: string | null;
    readonly mode: string | null;
    readonly models: readonly Choice[];
    readonly modes: readonly Choice[];
    readonly commands: readonly Choice[];
  };
  /** Of all turns together. */
  readonly usage: Required<Usage>;
}

export const EMPTY_CONVERSATION: Conversation = {
  entries: [],
  inputs: {},
  messages: {},
  notices: {},
  turns: {},
  approvals: {},
  queue: [],
  runningTurn: null,
  lastTurn: null,
  openApprovals: [],
  runs: [],
  recoveries: [],
  resumeId: null,
  oldResumeId: null,
  title: "",
  settings: { model: null, mode: null, models: [], modes: [], commands: [] },
  usage: { inputTokens: 0, outputTokens: 0, cachedTokens: 0, costUsd: 0 },
};

/** The run of the conversation that is not over, if there is one. */
export function currentRun(conversation: Conversation): ChatRun | null {
  const run = conversation.runs.at(-1);
  return run && run.state !== "ended" ? run : null;
}

/**
 * What the driver of an agent that speaks ACP knows between two lines, and one step of it while it is made.
 */
import type { AgentFailure, Choice, DriverEvent } from "@perdure/protocol";
import type { ClosedQuestion } from "../closed-questions.ts";
import type { DriverSetup, DriverState, Step } from "../driver.ts";
import { type PendingRequest, type RpcId, RpcWriter } from "../json-rpc.ts";
import { words } from "./fields.ts";

/** What we asked, and what its answer is needed for. */
export interface AcpPending extends PendingRequest {
  /** Of a prompt: the turn that its answer ends. Of a choice: what was chosen. */
  readonly about: string;
}

export interface AcpTurn {
  readonly id: string;
  readonly input: string | null;
  /** The agent has shown that it has the message. */
  readonly isConsumed: boolean;
  readonly isStopping: boolean;
  /** A turn that the agent began by itself ends when it was quiet until then. */
  readonly quietBy: number | null;
}

/** The message that the agent is saying. */
export interface AcpMessage {
  readonly id: string;
  /** The agent's own id of it. */
  readonly agentId: string | null;
  /** The text or reasoning that goes on with the next chunk of its kind. */
  readonly part: { readonly id: string; readonly kind: "text" | "reasoning" } | null;
}

export interface AcpTool {
  /** The agent's own id of the call. */
  readonly call: string;
  readonly message: string;
  readonly part: string;
  readonly isOpen: boolean;
}

export interface AcpApproval {
  readonly id: string;
  readonly rpcId: RpcId;
  /** The agent's own id of the tool call; empty if it did not say. */
  readonly about: string;
  readonly options: readonly string[];
  /** Those that mean no. */
  readonly rejections: readonly string[];
  /** The tool call it is about. */
  readonly part: string | null;
  /** It was answered; whether the agent has the answer is the session's to know. */
  readonly isAnswered: boolean;
}

/** How a model or mode is chosen with this agent. */
export type AcpChooser = { readonly is: "method" } | { readonly is: "option"; readonly config: string };

export interface AcpState extends DriverState {
  readonly pending: readonly AcpPending[];
  readonly run: string;
  /** Before each id: `r<number>.`. */
  readonly prefix: string;
  readonly cwd: string;
  /**
   * `waiting`: a conversation may not be loaded yet. `replaying`: it is loaded and told from its beginning, before or after the
   * answer. `choosing`: it is open, the wished model and mode are being chosen.
   */
  readonly phase: "starting" | "waiting" | "opening" | "replaying" | "choosing" | "ready" | "failed";
  /** When a replay is over that stays quiet until then. */
  readonly replayedBy: number | null;
  readonly conversation: DriverSetup["conversation"];
  /** The earliest time to load; `null`: any. */
  readonly notBefore: number | null;
  /** Until when it must be ready; `null` when it is. */
  readonly readyBy: number | null;
  readonly wished: { readonly model: string | null; readonly mode: string | null };
  readonly version: string | null;
  readonly canLoad: boolean;
  readonly session: string | null;
  /** While a conversation is loaded: the messages that need not be told again. */
  readonly known: readonly string[];
  readonly modelBy: AcpChooser | null;
  readonly modeBy: AcpChooser | null;
  readonly turn: AcpTurn | null;
  readonly message: AcpMessage | null;
  /** Messages of the last turn that have an id of the agent's, the newest: what comes behind its end may belong to one. */
  readonly said: readonly { readonly agentId: string; readonly id: string }[];
  /** The agent's ids of messages of turns before, the newest: one that comes again is of another message. */
  readonly oldMessages: readonly string[];
  readonly closedApprovals: readonly ClosedQuestion[];
  readonly plan: { readonly message: string; readonly part: string } | null;
  readonly tools: readonly AcpTool[];
  readonly approvals: readonly AcpApproval[];
  /** Counts messages, parts, notices and turns of its own, for their ids. */
  readonly count: number;
  readonly warnings: number;
  /** What the conversation has cost so far; `null` as long as nobody said. */
  readonly costUsd: number | null;
  readonly costAtTurnUsd: number | null;
  readonly lastWords: string;
}

/** Warnings beyond these are not told: an agent that prints logs would fill the transcript. */
const MAX_WARNINGS = 20;

/** One step while it is made: the state so far, what it tells and what it asks. */
export class AcpStep {
  readonly events: DriverEvent[] = [];
  readonly rpc: RpcWriter<AcpPending>;
  readonly time: number;
  #state: AcpState;

  constructor(state: AcpState, time: number) {
    this.#state = state;
    this.time = time;
    this.rpc = new RpcWriter<AcpPending>("2.0", state);
  }

  get state(): AcpState {
    return this.#state;
  }

  set(changes: Partial<AcpState>): void {
    this.#state = { ...this.#state, ...changes };
  }

  tell(...events: readonly DriverEvent[]): void {
    this.events.push(...events);
  }

  /** An id that no other thing of the session has. */
  newId(kind: string): string {
    this.set({ count: this.#state.count + 1 });
    return `${this.#state.prefix}${kind}${this.#state.count}`;
  }

  warn(text: string): void {
    if (this.#state.warnings >= MAX_WARNINGS) return;
    const warnings = this.#state.warnings + 1;
    this.set({ warnings });
    this.tell({
      type: "notice",
      notice: `${this.#state.prefix}n${warnings}`,
      level: "warning",
      code: "agent-output",
      text: words(text, "?"),
    });
  }

  /** The agent cannot go on. Said once. */
  fail(reason: AgentFailure, text: string): void {
    if (this.#state.phase === "failed") return;
    this.set({ phase: "failed", readyBy: null, notBefore: null, replayedBy: null, known: [] });
    this.tell({ type: "agent.failed", run: this.#state.run, reason, text: words(text, "The agent gave no reason.") });
  }

  finish(): Step<AcpState> {
    const { sent, pending, sends } = this.rpc;
    return { state: { ...this.#state, sent, pending }, events: this.events, sends };
  }
}

export function closedQuestion({ id, about }: AcpApproval): ClosedQuestion {
  return { approval: id, about };
}

/** A list of choices with only what is known of each. */
export function choice(id: string, label: string | null, description: string | null): Choice {
  return { id, label: label ?? id, ...(description === null ? {} : { description }) };
}

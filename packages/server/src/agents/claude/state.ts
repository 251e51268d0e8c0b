/**
 * What the driver of claude remembers between two lines, and one step while it is made. JSON alone; no text of the conversation.
 */
import { type AgentFailure, type DriverEvent, MAX_ERROR_TEXT } from "@perdure/protocol";
import type { ClosedQuestion } from "../closed-questions.ts";
import type { DriverSend, DriverState, Step } from "../driver.ts";
import type { Fields } from "./wire.ts";

export interface ClaudeState extends DriverState {
  readonly run: string;
  /** Before each id: `r<number>.`. */
  readonly prefix: string;
  /** Until when it must be ready; `null` when it is. */
  readonly readyBy: number | null;
  readonly hasFailed: boolean;
  /** The id of the conversation as claude told it last. */
  readonly resumeId: string | null;
  readonly doubtful: readonly string[];
  /** As it was chosen. */
  readonly model: string | null;
  /** Its full name, once claude has told it. */
  readonly named: string | null;
  readonly mode: string | null;
  /** The full names behind the names that are chosen from. */
  readonly models: readonly { readonly id: string; readonly resolved: string }[];
  readonly turn: ClaudeTurn | null;
  /** To it belongs what helpers say when no turn runs. */
  readonly lastTurn: string | null;
  /** Turns that claude began by itself. */
  readonly ownTurns: number;
  /** This claude tells of each message when it is queued, started, and done. */
  readonly hasLifecycle: boolean;
  /** At most one of the main conversation and one of each helper. */
  readonly messages: readonly OpenMessage[];
  /** Messages of the last turn that are closed, the newest: what comes late, or twice, may belong to one. */
  readonly closed: readonly OpenMessage[];
  /** Ids of messages of turns before, the newest: a service may give the same id again to another message. */
  readonly oldMessages: readonly string[];
  /** Messages that are not called by claude's id. */
  readonly renamed: number;
  /** Marks of the last lines, so that one that comes twice is taken once. */
  readonly marks: readonly string[];
  /** Claude has said that another turn begins, and it has not begun yet. */
  readonly isAboutToBegin: boolean;
  /** A turn that claude began by itself, with nothing open, is over when it was quiet until then. */
  readonly quietBy: number | null;
  readonly closedApprovals: readonly ClosedQuestion[];
  readonly tools: readonly OpenTool[];
  readonly approvals: readonly OpenApproval[];
  readonly asked: readonly AskedRequest[];
  /** Total of the process as it was told last. */
  readonly costUsd: number;
  readonly notices: number;
  /** The end of what was said on stderr, for the words of a failure. */
  readonly lastWords: string;
}

export interface ClaudeTurn {
  readonly id: string;
  /** `null`: claude began it by itself. */
  readonly input: string | null;
  /** There is evidence that claude works at it. */
  readonly isBegun: boolean;
  readonly isConsumed: boolean;
  readonly isStopping: boolean;
  /** Its message came back though nothing was begun: claude knows it from before. When that is certain. */
  readonly knownAt: number | null;
}

export interface OpenMessage {
  /** Claude's own id, as a rule. */
  readonly id: string;
  /** As claude calls it. */
  readonly own: string;
  readonly parent: string | null;
  /** Hashes of what was confirmed of it, so that nothing of it is told twice. */
  readonly told: readonly number[];
  /** Parts so far that have no id of their own. */
  readonly parts: number;
  /** Begun by the stream, and not confirmed by a whole block. */
  readonly blocks: readonly OpenBlock[];
}

export interface OpenBlock {
  readonly index: number;
  readonly is: "text" | "reasoning" | "tool" | "plan" | "other";
  /** `null`: nothing of it was told yet. */
  readonly part: string | null;
  /** Of a tool. */
  readonly tool: string | null;
  /** Characters so far, and what is computed from them. */
  readonly length: number;
  readonly hash: number;
}

export interface OpenTool {
  readonly id: string;
  readonly message: string;
  readonly parent: string | null;
}

export interface OpenApproval {
  readonly request: string;
  /** The tool that it is about; empty if that is not said. */
  readonly about: string;
  /** As the session knows it. */
  readonly approval: string;
  readonly tool: string;
  /** `null` where it is too large to be kept. */
  readonly input: Fields | null;
  readonly suggestions: readonly Fields[];
  /** Of a list of questions: those that are answered. */
  readonly answers: readonly string[];
}

export interface AskedRequest {
  readonly id: string;
  readonly what: "initialize" | "interrupt" | "set-model" | "set-mode";
  readonly value: string;
}

/** Unreadable output beyond this is passed over in silence. */
const MAX_NOTICES = 200;
const MAX_ASKED = 100;

export class Work {
  readonly events: DriverEvent[] = [];
  readonly #sends: DriverSend[] = [];
  #state: ClaudeState;

  constructor(state: ClaudeState) {
    this.#state = state;
  }

  get state(): ClaudeState {
    return this.#state;
  }

  set(changes: Partial<ClaudeState>): void {
    this.#state = { ...this.#state, ...changes };
  }

  setTurn(changes: Partial<ClaudeTurn>): void {
    if (this.#state.turn !== null) this.set({ turn: { ...this.#state.turn, ...changes } });
  }

  tell(...events: readonly DriverEvent[]): void {
    this.events.push(...events);
  }

  send(message: object, cause: string): void {
    this.set({ sent: this.#state.sent + 1 });
    this.#sends.push({ text: JSON.stringify(message), cause });
  }

  /** A request of ours, with its number in the ledger as its id. */
  ask(what: AskedRequest["what"], request: object, value = ""): void {
    const id = `p${this.#state.sent + 1}`;
    this.send({ type: "control_request", request_id: id, request }, what);
    this.set({ asked: [...this.#state.asked, { id, what, value }].slice(-MAX_ASKED) });
  }

  /** Begins with the prefix of this run. */
  id(own: string): string {
    return this.#state.prefix + own;
  }

  notice(level: "info" | "warning", code: string, text: string, own?: string): void {
    const { notices, turn } = this.#state;
    if (notices >= MAX_NOTICES && own === undefined) return;
    this.set({ notices: notices + 1 });
    const notice = this.id(own ?? `n${notices + 1}`);
    this.tell({ type: "notice", notice, level, code, text: bounded(text), ...(turn === null ? {} : { turn: turn.id }) });
  }

  /** Once: what is said behind it repeats it. */
  fail(reason: AgentFailure, text: string): void {
    if (this.#state.hasFailed) return;
    this.set({ hasFailed: true, readyBy: null });
    this.tell({ type: "agent.failed", run: this.#state.run, reason, text: bounded(text) });
  }

  done(): Step<ClaudeState> {
    return { state: this.#state, events: this.events, sends: this.#sends };
  }
}

/** Words of an error: some, and not too many. */
export function bounded(text: string): string {
  return text.trim().slice(0, MAX_ERROR_TEXT) || "Claude gave no reason.";
}

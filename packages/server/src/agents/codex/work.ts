/**
 * One step of the driver while it is made: the state so far, the events and the sends. The state that was given is never changed.
 */
import { type AgentFailure, type DriverEvent, MAX_ERROR_TEXT } from "@perdure/protocol";
import type { Step } from "../driver.ts";
import { RpcWriter } from "../json-rpc.ts";
import type { CodexRequest, CodexState, CodexTurn } from "./state.ts";

/** More notices of unreadable output would only repeat themselves. */
const MAX_UNREADABLE = 20;
const MAX_WARNINGS = 50;

export class Work {
  readonly rpc: RpcWriter<CodexRequest>;
  readonly #events: DriverEvent[] = [];
  /** Of the input that is taken, in milliseconds since 1970. */
  readonly time: number;
  #state: CodexState;

  constructor(state: CodexState, time: number) {
    this.time = time;
    this.#state = state;
    this.rpc = new RpcWriter("bare", state);
  }

  get state(): CodexState {
    return this.#state;
  }

  set(changes: Partial<CodexState>): void {
    this.#state = { ...this.#state, ...changes };
  }

  /** Changes the turn that runs, if one does. */
  setTurn(changes: Partial<CodexTurn>): void {
    if (this.#state.turn) this.set({ turn: { ...this.#state.turn, ...changes } });
  }

  tell(...events: readonly DriverEvent[]): void {
    this.#events.push(...events);
  }

  ask(method: string, params: object, cause: string, turn: string | null = null): void {
    this.rpc.request(method, params, cause, { turn });
  }

  /** Whether this is about our conversation, and not about one of a helper agent. */
  isOurs(thread: string | null | undefined): boolean {
    return thread === null || thread === undefined || thread === this.#state.thread;
  }

  notice(level: "info" | "warning" | "error", code: string, text: string, id = `notice.${this.#state.notices + 1}`): void {
    const { prefix, turn } = this.#state;
    this.set({ notices: this.#state.notices + 1 });
    this.tell({ type: "notice", notice: prefix + id, level, code, text: bounded(text), ...(turn ? { turn: turn.id } : {}) });
  }

  unreadable(text: string): void {
    if (this.#state.notices < MAX_UNREADABLE) this.notice("warning", "agent-output", text);
  }

  /** Once for each text. */
  warn(code: string, text: string): void {
    const mark = markOf(text);
    if (this.#state.warnings.includes(mark)) return;
    this.set({ warnings: [...this.#state.warnings, mark].slice(-MAX_WARNINGS) });
    this.notice("warning", code, text, `warning.${mark}`);
  }

  /** It cannot go on. Said once. */
  fail(reason: AgentFailure, text: string): void {
    if (this.#state.phase === "failed" || this.#state.phase === "ended") return;
    this.set({ phase: "failed", readyBy: null });
    this.tell({ type: "agent.failed", run: this.#state.run, reason, text: bounded(text) });
  }

  done(): Step<CodexState> {
    const { sent, pending, sends } = this.rpc;
    return { state: { ...this.#state, sent, pending }, events: this.#events, sends };
  }
}

/** Never empty, never endless. */
export function bounded(text: string): string {
  return text.trim().slice(0, MAX_ERROR_TEXT) || "Codex gave no reason.";
}

/** A short mark of a text: FNV-1a, 32 bits. */
function markOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(36);
}

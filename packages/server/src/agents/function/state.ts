/** The state of a function's driver: what is open, and how ids are made. No text of the answer is in it. */
import type { DriverEvent, Usage } from "@perdure/protocol";
import type { DriverSend, DriverState, Step } from "../driver.ts";
import type { ToFunction } from "./function-lines.ts";

export interface FunctionTurn {
  readonly id: string;
  readonly input: string;
  /** The session knows that the function has the message. */
  readonly isConsumed: boolean;
  /** Its message, once something was said. */
  readonly message: string | null;
  /** The text that goes on. */
  readonly text: { readonly part: string; readonly kind: "text" | "reasoning" } | null;
  readonly plan: string | null;
  readonly tools: readonly OpenTool[];
  readonly usage: Usage | null;
}

/** `tool`: the function's own id. */
export interface OpenTool {
  readonly tool: string;
  readonly part: string;
}

export interface FunctionState extends DriverState {
  readonly run: string;
  /** Before each id: `r<number>.`. */
  readonly prefix: string;
  /** Messages, parts and notices made so far. */
  readonly made: number;
  /** The id of the conversation; it is perdure's own, since perdure keeps it. */
  readonly conversation: string;
  readonly model: string | null;
  readonly mode: string | null;
  readonly isReady: boolean;
  readonly turn: FunctionTurn | null;
  /** The run's own ids of questions without an answer. */
  readonly approvals: readonly string[];
}

export type Told = Step<FunctionState>;

/** So many tools may be at work in a turn: their ids are in the state, which is written again and again. */
export const MAX_OPEN_TOOLS = 200;

export function told(state: FunctionState, events: readonly DriverEvent[] = [], changes: Partial<FunctionState> = {}): Told {
  return { state: { ...state, ...changes }, events, sends: [] };
}

/** Distributes over the union, so that each kind of line keeps its own fields. */
type Unnumbered<Line> = Line extends unknown ? Omit<Line, "id"> : never;

export function said(state: FunctionState, what: Unnumbered<ToFunction>, cause: string, events: readonly DriverEvent[] = []): Told {
  const sent = state.sent + 1;
  const sends: readonly DriverSend[] = [{ text: JSON.stringify({ id: `p${sent}`, ...what }), cause }];
  return { state: { ...state, sent }, events, sends };
}

export interface NoticeLine {
  readonly level: "info" | "warning" | "error";
  readonly code: string;
  readonly text: string;
  /** The turn that it is about; default: the one that runs. */
  readonly turn?: string;
}

/** One visible line. */
export function notice(state: FunctionState, { level, code, text, turn = state.turn?.id }: NoticeLine): Told {
  const made = state.made + 1;
  const about = turn === undefined ? {} : { turn };
  return told(state, [{ type: "notice", notice: `${state.prefix}n${made}`, level, code, text, ...about }], { made });
}

/** The function said something that cannot be shown. */
export function unfit(state: FunctionState, text: string): Told {
  return notice(state, { level: "warning", code: "function-output", text });
}

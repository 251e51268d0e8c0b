/**
 * What a function's run and its driver say to each other: one JSON object a line. Ids of tools and approvals are the run's own; turns
 * have the session's ids.
 */
import type { ApprovalOption, Choice, FileDiff, PlanStep, ToolKind, TurnEnd, TurnEndCause, Usage } from "@perdure/protocol";
import { type LineNeeds, readTypedLine } from "../typed-line.ts";

/** Said to the run. `id` is the number of the send. */
export type ToFunction = { readonly id: string } & (
  | { readonly type: "prompt"; readonly turn: string; readonly input: string; readonly text: string; readonly preamble?: string }
  | { readonly type: "interrupt"; readonly turn: string }
  | { readonly type: "answer"; readonly approval: string; readonly option: string; readonly note?: string }
);

/** Said by the run. All but the first, the title and notices are about the turn that runs. */
export type FromFunction =
  | { readonly type: "ready"; readonly version: string | null; readonly models: readonly Choice[]; readonly modes: readonly Choice[] }
  /** The function is called. */
  | { readonly type: "turn"; readonly turn: string }
  | { readonly type: "text" | "reasoning"; readonly text: string }
  | {
      readonly type: "tool";
      readonly tool: string;
      readonly name: string;
      readonly kind: ToolKind;
      readonly title: string;
      readonly input?: unknown;
    }
  | { readonly type: "tool-output"; readonly tool: string; readonly text: string }
  | {
      readonly type: "tool-end";
      readonly tool: string;
      readonly status: "completed" | "failed";
      readonly output?: string;
      readonly diffs?: readonly FileDiff[];
    }
  | { readonly type: "plan"; readonly steps: readonly PlanStep[] }
  | {
      readonly type: "notice";
      readonly level: "info" | "warning" | "error";
      readonly code: string;
      readonly text: string;
      readonly turn?: string;
    }
  | { readonly type: "usage"; readonly usage: Usage }
  | { readonly type: "title"; readonly title: string }
  | {
      readonly type: "approval";
      readonly approval: string;
      readonly tool?: string;
      readonly title: string;
      readonly detail?: string;
      readonly diffs?: readonly FileDiff[];
      readonly options: readonly ApprovalOption[];
    }
  /** The function has the answer. */
  | { readonly type: "approval-end"; readonly approval: string }
  | { readonly type: "turn-end"; readonly turn: string; readonly end: TurnEnd; readonly cause?: TurnEndCause; readonly text?: string };

/** The fields without which a line means nothing, and what each must be. */
const NEEDS: LineNeeds<(ToFunction | FromFunction)["type"]> = {
  prompt: { id: "string", turn: "string", input: "string", text: "string" },
  interrupt: { id: "string", turn: "string" },
  answer: { id: "string", approval: "string", option: "string" },
  ready: { models: "array", modes: "array" },
  turn: { turn: "string" },
  text: { text: "string" },
  reasoning: { text: "string" },
  tool: { tool: "string", name: "string", kind: "string", title: "string" },
  "tool-output": { tool: "string", text: "string" },
  "tool-end": { tool: "string", status: "string" },
  plan: { steps: "array" },
  notice: { level: "string", code: "string", text: "string" },
  usage: { usage: "object" },
  title: { title: "string" },
  approval: { approval: "string", title: "string", options: "array" },
  "approval-end": { approval: "string" },
  "turn-end": { turn: "string", end: "string" },
};

export function parseToFunction(text: string): ToFunction | null {
  const line = readTypedLine<ToFunction | FromFunction>(text, NEEDS);
  return line !== null && "id" in line ? line : null;
}

/** `null`: it is no line of a run. */
export function parseFromFunction(text: string): FromFunction | null {
  const line = readTypedLine<ToFunction | FromFunction>(text, NEEDS);
  return line === null || "id" in line ? null : line;
}

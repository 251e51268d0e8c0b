/**
 * What the demo agent and its driver say to each other: one JSON object a line. See demo-agent.ts for how a conversation goes.
 */
import type { AgentFailure, ApprovalOption, Choice, FileDiff, PlanStep, ToolKind, ToolStatus, TurnEnd, Usage } from "@perdure/protocol";
import { type LineNeeds, readTypedLine } from "../typed-line.ts";

/** Said to the agent. `id` is the number of the send. */
export type ToDemo = { readonly id: string } & (
  | { readonly type: "hello"; readonly doubtful: readonly string[] }
  | { readonly type: "prompt"; readonly input: string; readonly text: string; readonly preamble?: string }
  | { readonly type: "interrupt" }
  | { readonly type: "answer"; readonly approval: string; readonly option: string; readonly note?: string }
  | { readonly type: "set-model"; readonly model: string }
  | { readonly type: "set-mode"; readonly mode: string }
);

/** Said by the agent. Ids of messages and parts are unique for ever, those of approvals and turns within its process. */
export type FromDemo =
  | {
      /** Answer to `hello`. `has`: which of the doubtful messages it knows. */
      readonly type: "ready";
      readonly conversation: string;
      readonly version: string;
      readonly has: readonly string[];
      readonly model: string;
      readonly mode: string;
      readonly models: readonly Choice[];
      readonly modes: readonly Choice[];
      readonly commands: readonly Choice[];
    }
  | { readonly type: "settings"; readonly model: string; readonly mode: string }
  | { readonly type: "title"; readonly title: string }
  /** The message is on its disk and the turn begins; without `input` the agent begins by itself. */
  | { readonly type: "turn"; readonly turn: string; readonly input?: string }
  /** It has answered this message before: there is no turn. */
  | { readonly type: "duplicate"; readonly input: string }
  | { readonly type: "message"; readonly message: string }
  | { readonly type: "text" | "reasoning"; readonly message: string; readonly part: string; readonly text: string }
  | {
      readonly type: "tool";
      readonly message: string;
      readonly part: string;
      readonly tool: string;
      readonly kind: ToolKind;
      readonly title: string;
      readonly input: unknown;
    }
  | { readonly type: "tool-output"; readonly message: string; readonly part: string; readonly text: string }
  | {
      readonly type: "tool-end";
      readonly message: string;
      readonly part: string;
      readonly status: ToolStatus;
      readonly diffs?: readonly FileDiff[];
    }
  | { readonly type: "plan"; readonly message: string; readonly part: string; readonly steps: readonly PlanStep[] }
  | { readonly type: "part-end"; readonly message: string; readonly part: string }
  | { readonly type: "message-end"; readonly message: string }
  | {
      readonly type: "approval";
      readonly approval: string;
      readonly part?: string;
      readonly title: string;
      readonly detail: string;
      readonly diffs?: readonly FileDiff[];
      readonly options: readonly ApprovalOption[];
    }
  /** It has the answer (`answered`), or takes *no* for one because the turn was stopped. */
  | { readonly type: "approval-end"; readonly approval: string; readonly answered: boolean }
  | {
      readonly type: "turn-end";
      readonly turn: string;
      readonly end: TurnEnd;
      readonly cause?: AgentFailure | "refused" | "stopped";
      readonly text?: string;
      readonly usage?: Usage;
    };

/** What a line must have, as text, for the rest of it to be trusted: the agent comes with perdure. */
const NEEDS: LineNeeds<(ToDemo | FromDemo)["type"]> = {
  hello: {},
  prompt: { input: "string", text: "string" },
  interrupt: {},
  answer: { approval: "string", option: "string" },
  "set-model": { model: "string" },
  "set-mode": { mode: "string" },
  ready: { conversation: "string", version: "string", model: "string", mode: "string" },
  settings: { model: "string", mode: "string" },
  title: { title: "string" },
  turn: { turn: "string" },
  duplicate: { input: "string" },
  message: { message: "string" },
  text: { message: "string", part: "string", text: "string" },
  reasoning: { message: "string", part: "string", text: "string" },
  tool: { message: "string", part: "string", tool: "string", kind: "string", title: "string" },
  "tool-output": { message: "string", part: "string", text: "string" },
  "tool-end": { message: "string", part: "string", status: "string" },
  plan: { message: "string", part: "string" },
  "part-end": { message: "string", part: "string" },
  "message-end": { message: "string" },
  approval: { approval: "string", title: "string" },
  "approval-end": { approval: "string" },
  "turn-end": { turn: "string", end: "string" },
};

/** What the agent is told; `null` for what is no such line. */
export function parseToDemo(text: string): ToDemo | null {
  const line = readTypedLine<ToDemo | FromDemo>(text, NEEDS);
  return line !== null && "id" in line ? line : null;
}

/** What the agent says; `null` for what is no such line, or of a type that is not known. */
export function parseFromDemo(text: string): FromDemo | null {
  const line = readTypedLine<ToDemo | FromDemo>(text, NEEDS);
  return line === null || "id" in line ? null : line;
}

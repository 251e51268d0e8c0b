/**
 * Turns: one begins with a prompt and ends with the answer to it. What an agent says without having been asked is a turn of its
 * own, which ends when nothing more came for a while.
 */
import type { DriverEvent, TurnEnd, TurnEndCause, Usage } from "@perdure/protocol";
import { closedWith } from "../closed-questions.ts";
import type { DriverCommand } from "../driver.ts";
import type { RpcError } from "../json-rpc.ts";
import type { AcpQuirks } from "./quirks.ts";
import { errorText, reasonOf } from "./errors.ts";
import { fieldsOf, numberOf, textOf, under } from "./fields.ts";
import { closeMessage } from "./messages.ts";
import { closedQuestion } from "./state.ts";
import type { AcpStep } from "./state.ts";

/** How long a turn that the agent began by itself may be quiet. */
const QUIET_MS = 3000;
const MAX_OLD_MESSAGES = 64;

export function prompt(step: AcpStep, { input, turn, text, preamble }: Extract<DriverCommand, { is: "prompt" }>): void {
  const { session: sessionId, run, costUsd, conversation } = step.state;
  // What a conversation of an earlier process had cost is not known before it is said once.
  const costAtTurnUsd = costUsd ?? (conversation.is === "new" ? 0 : null);
  if (step.state.turn !== null) endTurn(step, "completed", {});
  forgetSaid(step);
  step.tell({ type: "turn.started", turn, run, input });
  step.set({ turn: { id: turn, input, isConsumed: false, isStopping: false, quietBy: null }, costAtTurnUsd, lastWords: "" });
  if (sessionId === null) return endTurn(step, "failed", { cause: "protocol", text: "The agent has no conversation yet." });
  const blocks = [...(preamble === undefined ? [] : [preamble]), text].map((one) => ({ type: "text", text: one }));
  step.rpc.request("session/prompt", { sessionId, prompt: blocks }, `prompt:${input}`, { about: turn });
}

/** Something came that belongs to a turn: the one that runs, which then has its message, or one of the agent's own. */
export function touchTurn(step: AcpStep): void {
  const { turn, run } = step.state;
  if (turn === null) {
    const id = step.newId("own");
    forgetSaid(step);
    step.tell({ type: "turn.started", turn: id, run });
    step.set({ turn: { id, input: null, isConsumed: true, isStopping: false, quietBy: step.time + QUIET_MS } });
  } else if (turn.quietBy !== null) step.set({ turn: { ...turn, quietBy: step.time + QUIET_MS } });
  else consume(step);
}

/** Another turn begins: what has the id of a message of before is another message. */
function forgetSaid(step: AcpStep): void {
  const { said, oldMessages } = step.state;
  step.set({ said: [], oldMessages: [...oldMessages, ...said.map(({ agentId }) => agentId)].slice(-MAX_OLD_MESSAGES) });
}

function consume(step: AcpStep): void {
  const { turn } = step.state;
  if (turn === null || turn.input === null || turn.isConsumed) return;
  step.tell({ type: "input.consumed", input: turn.input });
  step.set({ turn: { ...turn, isConsumed: true } });
}

/** The agent has answered a prompt. */
export function prompted(step: AcpStep, turn: string, result: unknown): void {
  if (step.state.turn?.id !== turn) return;
  consume(step);
  const reason = textOf(fieldsOf(result)["stopReason"]);
  const { end, ...details } = endOf(reason);
  if (reason !== null && !KNOWN_ENDS.has(reason)) step.warn(`The agent ended the turn for a reason that is not known here: ${reason}`);
  const usage = usageOf(step, result);
  endTurn(step, end, { ...details, ...(usage === null ? {} : { usage }) });
}

/** The agent has answered a prompt with an error. Whether it kept the message is not known. */
export function promptFailed(step: AcpStep, turn: string, error: RpcError, quirks: AcpQuirks): void {
  if (step.state.turn?.id !== turn) return;
  const text = errorText(error);
  if (step.state.turn.isStopping) endTurn(step, "interrupted", { cause: "stopped", text });
  else endTurn(step, "failed", { cause: reasonOf(error, quirks) ?? "unknown", text });
}

type Details = { readonly cause?: TurnEndCause; readonly text?: string; readonly usage?: Usage };

/** Ends what runs, with all that is open in it. */
export function endTurn(step: AcpStep, end: TurnEnd, details: Details, unanswered = "The turn has ended."): void {
  const { turn, tools, approvals } = step.state;
  const { cause } = details;
  closeMessage(step);
  const status = end === "completed" ? "completed" : "interrupted";
  const open = tools.filter(({ isOpen }) => isOpen);
  step.tell(...open.map(({ message, part }): DriverEvent => ({ type: "part.updated", message, part, status })));
  // An agent that ended the turn itself has its answers; of one that died nobody knows.
  const unheard = cause === "agent-ended" ? approvals : approvals.filter(({ isAnswered }) => !isAnswered);
  step.tell(...unheard.map((one): DriverEvent => ({ type: "approval.expired", approval: one.id, text: unanswered })));
  if (turn !== null) step.tell({ type: "turn.ended", turn: turn.id, end, ...details });
  const closedApprovals = closedWith(step.state.closedApprovals, approvals.map(closedQuestion));
  step.set({ turn: null, message: null, plan: null, tools: [], approvals: [], closedApprovals, costAtTurnUsd: null });
}

const ENDS: Readonly<Record<string, { readonly end: TurnEnd } & Details>> = {
  cancelled: { end: "interrupted", cause: "stopped" },
  refusal: { end: "failed", cause: "refused", text: "The agent refused to go on." },
  max_tokens: { end: "interrupted", cause: "limit", text: "The answer reached the largest number of tokens." },
  max_turn_requests: { end: "interrupted", cause: "limit", text: "The turn reached the largest number of requests to the model." },
};

const KNOWN_ENDS: ReadonlySet<string> = new Set(["end_turn", ...Object.keys(ENDS)]);

function endOf(reason: string | null): { readonly end: TurnEnd } & Details {
  return under(ENDS, reason) ?? { end: "completed" };
}

function usageOf(step: AcpStep, result: unknown): Usage | null {
  const fields = fieldsOf(result);
  const standard = fieldsOf(fields["usage"]);
  const quota = fieldsOf(fieldsOf(fieldsOf(fields["_meta"])["quota"])["token_count"]);
  const inputTokens = numberOf(standard["inputTokens"]) ?? numberOf(quota["input_tokens"]);
  const outputTokens = numberOf(standard["outputTokens"]) ?? numberOf(quota["output_tokens"]);
  const cachedTokens = numberOf(standard["cachedReadTokens"]);
  const { costUsd, costAtTurnUsd } = step.state;
  const cost = costUsd === null || costAtTurnUsd === null ? null : costUsd - costAtTurnUsd;
  const usage: Usage = {
    ...(inputTokens === null ? {} : { inputTokens }),
    ...(outputTokens === null ? {} : { outputTokens }),
    ...(cachedTokens === null ? {} : { cachedTokens }),
    ...(cost === null || cost < 0 ? {} : { costUsd: cost }),
  };
  return Object.keys(usage).length === 0 ? null : usage;
}

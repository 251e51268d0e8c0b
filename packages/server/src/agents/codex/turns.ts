/** Turns: how one is begun, stopped, followed and ended. Codex does not know a message that is sent twice, so each is sent once. */
import type { TurnEnd, TurnEndCause, Usage } from "@perdure/protocol";
import type * as z from "zod/mini";
import type { DriverCommand } from "../driver.ts";
import type { RpcError } from "../json-rpc.ts";
import { classifyCodex, failureOf } from "./failures.ts";
import { closeItems, supersedeOpenTexts } from "./items.ts";
import type { OfTurn, TokenUsage, TurnError, TurnFailure } from "./messages.ts";
import { turnMode } from "./modes.ts";
import { expireQuestions } from "./questions.ts";
import type { CodexTurn } from "./state.ts";
import { bounded, type Work } from "./work.ts";

/** Codex says that it is idle just before it says that the turn is over. */
const IDLE_MS = 3000;
const MAX_ENDED_TURNS = 20;
const MAX_OLD_ITEMS = 64;

const NEW_TURN = { isConsumed: false, isBegun: false, stop: "none", hasPlan: false, usage: null } as const;

export function prompt(work: Work, { input, turn, text, preamble }: Extract<DriverCommand, { is: "prompt" }>): void {
  // A turn that codex has begun by itself takes the message in; for us another one begins with it.
  endTurn(work, "completed");
  begin(work, { ...NEW_TURN, id: turn, input, agentTurn: null });
  const { thread, chosenModel, chosenMode } = work.state;
  const texts = [...(preamble === undefined ? [] : [preamble]), text];
  const params = {
    threadId: thread,
    clientUserMessageId: input,
    input: texts.map((words) => ({ type: "text", text: words, text_elements: [] })),
    ...(chosenModel === null ? {} : { model: chosenModel }),
    ...turnMode(chosenMode),
  };
  work.ask("turn/start", params, `prompt:${input}`, turn);
}

function begin(work: Work, turn: CodexTurn): void {
  const { oldItems, doneItems, leftItems } = work.state;
  const old = [...oldItems, ...doneItems, ...leftItems].slice(-MAX_OLD_ITEMS);
  work.set({ turn, lastTurn: turn.id, leftItems: [], doneItems: [], names: {}, oldItems: old, idleBy: null });
  work.tell({ type: "turn.started", turn: turn.id, run: work.state.run, ...(turn.input === null ? {} : { input: turn.input }) });
}

/** The answer to `turn/start`. */
export function turnAccepted(work: Work, turn: string | null, agentTurn: string): void {
  if (work.state.turn?.id === turn && work.state.turn?.agentTurn === null) work.setTurn({ agentTurn });
}

export function turnRefused(work: Work, turn: string | null, { message }: RpcError): void {
  if (work.state.turn?.id === turn) endTurn(work, "failed", classifyCodex(message) ?? "unknown", message);
}

export function turnStarted(work: Work, { threadId, turn: { id } }: z.infer<typeof OfTurn>): void {
  if (!work.isOurs(threadId)) return;
  const { turn, prefix } = work.state;
  const hasEnded = work.state.endedTurns.includes(id) && turn?.agentTurn !== id;
  if (hasEnded) return;
  const isOther = turn !== null && turn.agentTurn !== null && turn.agentTurn !== id;
  if (isOther) endTurn(work, "interrupted", "unknown", "Codex went on with another turn.");
  if (turn === null || isOther) return begin(work, { ...NEW_TURN, id: `${prefix}turn.${id}`, input: null, agentTurn: id, isBegun: true });
  work.setTurn({ agentTurn: id, isBegun: true });
  sendStop(work);
}

/** Stops the turn as soon as it can be stopped. */
export function interrupt(work: Work): void {
  if (work.state.turn?.stop === "none") work.setTurn({ stop: "asked" });
  sendStop(work);
}

function sendStop(work: Work): void {
  const { turn, thread } = work.state;
  if (turn === null || turn.stop !== "asked" || !turn.isBegun || turn.agentTurn === null) return;
  work.setTurn({ stop: "sent" });
  work.ask("turn/interrupt", { threadId: thread, turnId: turn.agentTurn }, "interrupt", turn.id);
}

/** Codex says that there is nothing to stop: the turn is over, whatever was missed. */
export function stopRefused(work: Work, turn: string | null): void {
  if (work.state.turn?.id === turn) endTurn(work, "interrupted", "stopped");
}

export function turnCompleted(work: Work, { threadId, turn: { id, status, error } }: z.infer<typeof OfTurn>): void {
  const { turn } = work.state;
  if (!work.isOurs(threadId) || turn === null || !isOf(work, turn, id)) return;
  work.setTurn({ agentTurn: id });
  const isCompleted = status === "completed" || ((status === "" || status === "inProgress") && !error);
  if (isCompleted) endTurn(work, "completed");
  else if (status === "interrupted" && turn.stop !== "none") endTurn(work, "interrupted", "stopped");
  else endTurn(work, status === "interrupted" ? "interrupted" : "failed", error ? failureOf(error) : "unknown", wordsOf(error ?? null));
}

/** Also where nothing was heard of its beginning. */
function isOf(work: Work, { agentTurn, input }: CodexTurn, id: string): boolean {
  return agentTurn === null ? input !== null && !work.state.endedTurns.includes(id) : agentTurn === id;
}

/** Idle while a turn runs: its end is about to be told, or was missed. */
export function statusTold(work: Work, status: string): void {
  const isOver = status === "idle" && work.state.turn?.isBegun === true;
  work.set({ idleBy: isOver ? work.time + IDLE_MS : null });
}

export function wasLeftIdle(work: Work): void {
  const isStopping = (work.state.turn?.stop ?? "none") !== "none";
  const text = "Codex does nothing any more, and how the turn ended was not heard.";
  endTurn(work, "interrupted", isStopping ? "stopped" : "protocol", text);
}

function wordsOf(error: TurnError | null): string {
  return bounded([error?.message, error?.additionalDetails].filter(Boolean).join("\n") || "Codex ended the turn without a reason.");
}

/** Ends the turn that runs, if one does, and closes what it leaves open. */
export function endTurn(work: Work, end: TurnEnd, cause?: TurnEndCause, text?: string): void {
  const { turn } = work.state;
  if (turn === null) return;
  closeItems(work);
  expireQuestions(work, "The turn ended before it was answered.");
  const endedTurns = turn.agentTurn === null ? [] : [turn.agentTurn];
  work.set({ turn: null, idleBy: null, endedTurns: [...work.state.endedTurns, ...endedTurns].slice(-MAX_ENDED_TURNS) });
  work.tell({
    type: "turn.ended",
    turn: turn.id,
    end,
    ...(cause === undefined ? {} : { cause }),
    ...(text === undefined ? {} : { text: bounded(text) }),
    ...(turn.usage === null ? {} : { usage: turn.usage }),
  });
}

/** Told again and again with the same numbers: only what has grown counts. */
export function tokensUsed(work: Work, { threadId, turnId, tokenUsage: { total, last } }: z.infer<typeof TokenUsage>): void {
  const { turn, totalTokens } = work.state;
  if (!work.isOurs(threadId) || total.totalTokens === totalTokens) return;
  work.set({ totalTokens: total.totalTokens });
  if (turn === null || turn.agentTurn !== turnId) return;
  const { inputTokens = 0, outputTokens = 0, cachedTokens = 0 } = turn.usage ?? {};
  const usage: Usage = {
    inputTokens: inputTokens + last.inputTokens,
    outputTokens: outputTokens + last.outputTokens,
    cachedTokens: cachedTokens + last.cachedInputTokens,
  };
  work.setTurn({ usage });
}

/** While codex tries again, one line says so; when it gives up, the turn's end does. */
export function turnErred(work: Work, { threadId, turnId, error, willRetry }: z.infer<typeof TurnFailure>): void {
  const { turn } = work.state;
  if (!work.isOurs(threadId)) return;
  if (willRetry) {
    supersedeOpenTexts(work);
    return work.notice("warning", "retrying", wordsOf(error), `retrying.${turnId ?? ""}`);
  }
  if (turn === null || turn.agentTurn !== turnId) work.notice("error", "agent-error", wordsOf(error));
}

/**
 * A turn of claude: from the message that is sent, over the evidence that it was taken, to its result. Claude counts a message with
 * the same id once: one that it knows from before begins nothing, and the turn ends without an answer of its own.
 */
import type { AgentFailure, DriverEvent, TurnEnd, TurnEndCause } from "@perdure/protocol";
import type { DriverCommand, ProgramEnd } from "../driver.ts";
import { expireApprovals } from "./approvals.ts";
import { classifyAnswer } from "./classify.ts";
import { isUuid } from "./launch.ts";
import { closeMessages, forgetMessages } from "./messages.ts";
import { resumeIdIs } from "./settings.ts";
import { bounded, type ClaudeTurn, type Work } from "./state.ts";
import type { Line, ResultLine } from "./wire.ts";

/** A message that came back is known from before if nothing begins within this time. */
const KNOWN_MS = 1500;

export function prompt(work: Work, { input, turn, text, preamble }: Extract<DriverCommand, { is: "prompt" }>): void {
  const texts = preamble === undefined ? [text] : [preamble, text];
  const content = texts.map((one) => ({ type: "text", text: one }));
  work.set({
    turn: { id: turn, input, isBegun: false, isConsumed: false, isStopping: false, knownAt: null },
    lastTurn: turn,
    isAboutToBegin: false,
  });
  forgetMessages(work);
  work.tell({ type: "turn.started", turn, run: work.state.run, input });
  const id = isUuid(input) ? { uuid: input } : {};
  work.send({ type: "user", message: { role: "user", content }, parent_tool_use_id: null, ...id }, `prompt:${input}`);
}

/** Before claude has begun, an interruption may find nothing to interrupt: then it is said again when it begins. */
export function interrupt(work: Work): void {
  if (work.state.turn === null) return;
  work.setTurn({ isStopping: true });
  work.ask("interrupt", { subtype: "interrupt" });
}

/** Evidence that claude works at the message. */
export function turnBegan(work: Work): void {
  const { turn } = work.state;
  if (turn === null || turn.isBegun) return;
  consumed(work, turn);
  work.setTurn({ isBegun: true, knownAt: null });
  if (turn.isStopping) work.ask("interrupt", { subtype: "interrupt" });
}

function consumed(work: Work, { input, isConsumed }: ClaudeTurn): void {
  if (input === null || isConsumed) return;
  work.setTurn({ isConsumed: true });
  work.tell({ type: "input.consumed", input });
}

export function lifecycle(work: Work, { input, state }: Extract<Line, { is: "lifecycle" }>): void {
  work.set({ hasLifecycle: true });
  const { turn } = work.state;
  if (turn === null || turn.input !== input) return;
  switch (state) {
    case "started":
      return turnBegan(work);
    case "cancelled":
      return end(work, "interrupted", "stopped");
    case "completed":
      return turn.isBegun ? end(work, "completed") : endKnown(work);
    default:
  }
}

/** Claude says our message back: normally behind the beginning of the turn; alone when it knows it from before. */
export function replayed(work: Work, input: string, time: number): void {
  const { turn } = work.state;
  if (turn === null || turn.input !== input) return;
  consumed(work, turn);
  if (!turn.isBegun) work.setTurn({ knownAt: time + KNOWN_MS });
}

export function knownTimerFired(work: Work): void {
  if ((work.state.turn?.knownAt ?? null) !== null) endKnown(work);
}

function endKnown(work: Work): void {
  const text = "Claude had this message already and does not answer it again: what it said then is in its own record.";
  work.notice("info", "known-message", text);
  if (work.state.turn) consumed(work, work.state.turn);
  end(work, "completed");
}

/** What the words of a failure mean before claude is ready. */
export type ReasonAtStart = (words: string) => AgentFailure | null;

export function result(work: Work, line: ResultLine, time: number, reasonAtStart: ReasonAtStart): void {
  const costUsd = costOf(work, line);
  const { turn, readyBy } = work.state;
  if (readyBy !== null && line.isError) return work.fail(reasonAtStart(line.text) ?? "protocol", line.text);
  // What a failure tells may be the id that was asked for.
  if (!line.isError) resumeIdIs(work, line.session);
  if (turn === null) return;
  if (isOfAnother(work, turn, line)) {
    if (turn.isConsumed && !turn.isBegun) work.setTurn({ knownAt: time + KNOWN_MS });
    return;
  }
  const { input, output, cached } = line.usage;
  const usage = { inputTokens: input, outputTokens: output, cachedTokens: cached, costUsd };
  if (turn.input !== null) consumed(work, turn);
  if (!line.isError) return end(work, "completed", undefined, { usage });
  if (line.wasAborted || turn.isStopping) return end(work, "interrupted", "stopped", { usage });
  end(work, "failed", classifyAnswer(line.status, line.text), { usage, text: bounded(line.text) });
}

/** A turn that claude began by itself may end while our message waits behind it. */
function isOfAnother({ state }: Work, { input, isBegun }: ClaudeTurn, line: ResultLine): boolean {
  if (input === null) return false;
  if (line.inputs.length > 0) return isUuid(input) && !line.inputs.includes(input);
  return line.isOwn || (state.hasLifecycle && isUuid(input) && !isBegun);
}

/** Money since the last result: claude tells it, or its total has grown by it. */
function costOf(work: Work, { costUsd, totalCostUsd }: ResultLine): number {
  const before = work.state.costUsd;
  if (totalCostUsd !== null) work.set({ costUsd: totalCostUsd });
  return costUsd ?? Math.max(0, (totalCostUsd ?? before) - before);
}

/** Whatever is open is closed with it. */
function end(work: Work, how: TurnEnd, cause?: TurnEndCause, more: Partial<Extract<DriverEvent, { type: "turn.ended" }>> = {}): void {
  const { turn } = work.state;
  closeMessages(work, how !== "completed");
  expireApprovals(work, "The turn has ended.", how === "completed");
  work.set({ isAboutToBegin: false });
  if (turn === null) return;
  work.tell({ type: "turn.ended", turn: turn.id, end: how, ...(cause === undefined ? {} : { cause }), ...more });
  work.set({ turn: null });
}

/** A turn of claude's own has nothing open, and no result came. */
export function wasQuiet(work: Work): void {
  if (work.state.turn?.input === null && work.state.quietBy !== null) end(work, "completed");
}

export function exited(work: Work, how: ProgramEnd, reasonAtStart: ReasonAtStart): void {
  const { lastWords, readyBy } = work.state;
  const text = bounded(`Claude has ended (${describe(how)}). ${lastWords}`);
  expireApprovals(work, "Claude ended before it was answered.");
  end(work, "interrupted", "agent-ended", { text });
  if (readyBy !== null) work.fail(reasonAtStart(lastWords) ?? "crashed", text);
  work.set({ readyBy: null });
}

function describe(how: ProgramEnd): string {
  if (how.is === "lost") return how.reason;
  return how.signal === null ? `exit code ${how.code ?? "unknown"}` : how.signal;
}

/**
 * The driver of Claude Code: its stream of JSON lines, both ways, with its quirks as they were measured of 2.1.197 and 2.1.329.
 * It is silent until it is asked: the answer to `initialize` says that it is there. `system/init` comes with every turn.
 */
import type { AgentFailure } from "@perdure/protocol";
import { readJsonLine } from "../json-line.ts";
import { saysNotThere } from "../plain-words.ts";
import type { Driver, DriverCommand, DriverInput, DriverSetup, DriverTimer, Step } from "../driver.ts";
import { answered, otherAsked, permissionAsked, requestCancelled } from "./approvals.ts";
import { classifyClaude } from "./classify.ts";
import { blockStarted, delta, messageStarted, messageStopped, retried, said, supersedeUnfinished, toolResults } from "./messages.ts";
import { modeIs, modelIs, requestAnswered, resumeIdIs } from "./settings.ts";
import { type ClaudeState, Work } from "./state.ts";
import { exited, interrupt, knownTimerFired, lifecycle, prompt, replayed, result, turnBegan, wasQuiet } from "./turns.ts";
import { type Fields, type Line, markOf, readLine } from "./wire.ts";

/** How long claude may say nothing at its start. */
const START_MS = 30_000;
const MAX_LAST_WORDS = 2000;
/** How long a turn of claude's own may be quiet that has nothing open: it may have no result. */
const OWN_QUIET_MS = 60_000;
const MAX_MARKS = 32;

export const claudeDriver: Driver<ClaudeState> = {
  version: 2,

  begin(setup: DriverSetup, time: number): Step<ClaudeState> {
    const work = new Work(firstState(setup, time));
    work.ask("initialize", { subtype: "initialize" });
    return work.done();
  },

  step(state: ClaudeState, input: DriverInput): Step<ClaudeState> {
    const work = new Work(state);
    take(work, input);
    watchOwnTurn(work, input);
    return work.done();
  },

  timers({ readyBy, quietBy, turn }: ClaudeState): readonly DriverTimer[] {
    const knownAt = turn?.knownAt ?? null;
    const times = { ready: readyBy, known: knownAt, quiet: quietBy };
    return Object.entries(times).flatMap(([id, at]) => (at === null ? [] : [{ id, at }]));
  },
};

function firstState({ run, number, conversation, doubtful, model, mode }: DriverSetup, time: number): ClaudeState {
  return {
    sent: 0,
    run,
    prefix: `r${number}.`,
    readyBy: time + START_MS,
    hasFailed: false,
    resumeId: conversation.is === "resume" ? conversation.resumeId : null,
    doubtful,
    model,
    named: null,
    mode,
    models: [],
    turn: null,
    lastTurn: null,
    ownTurns: 0,
    hasLifecycle: false,
    messages: [],
    closed: [],
    oldMessages: [],
    renamed: 0,
    marks: [],
    isAboutToBegin: false,
    quietBy: null,
    closedApprovals: [],
    tools: [],
    approvals: [],
    asked: [],
    costUsd: 0,
    notices: 0,
    lastWords: "",
  };
}

function take(work: Work, input: DriverInput): void {
  switch (input.is) {
    case "line":
      return line(work, input.text, input.time);
    case "long-line":
      return work.notice("warning", "agent-output", `Claude printed a line of ${input.bytes} bytes, which was passed over.`);
    case "stderr":
      return stderr(work, input.text);
    case "exit":
      return exited(work, input.end, (words) => reasonAtStart(work, words));
    case "command":
      return command(work, input.command);
    case "timer":
      return timer(work, input.id);
  }
}

function isMain({ parent }: { readonly parent: string | null }): boolean {
  return parent === null;
}

/** One that ends without a result would keep what waits from being sent. */
function watchOwnTurn(work: Work, input: DriverInput): void {
  const { turn, messages, tools, approvals, quietBy } = work.state;
  const isAtRest = turn?.input === null && !messages.some(isMain) && !tools.some(isMain) && approvals.length === 0;
  if (!isAtRest) work.set({ quietBy: null });
  else if (quietBy === null || input.is === "line") work.set({ quietBy: input.time + OWN_QUIET_MS });
}

function timer(work: Work, id: string): void {
  if (id === "quiet") wasQuiet(work);
  if (id === "known") knownTimerFired(work);
  if (id !== "ready" || work.state.readyBy === null) return;
  const { lastWords } = work.state;
  const text = `Claude was not ready within ${START_MS / 1000} seconds. ${lastWords}`;
  work.fail(reasonAtStart(work, lastWords) ?? "protocol", text);
}

/** Before it is ready, a line that names the conversation and says that it is not there can mean nothing else. */
function reasonAtStart({ state: { resumeId } }: Work, words: string): AgentFailure | null {
  return classifyClaude(words) ?? (resumeId !== null && saysNotThere(words, resumeId) ? "unknown-conversation" : null);
}

/** What is said there decides only while claude is not ready: later it is no more than the words of an end. */
function stderr(work: Work, text: string): void {
  const lastWords = `${work.state.lastWords}${text}`.slice(-MAX_LAST_WORDS);
  work.set({ lastWords });
  const reason = work.state.readyBy === null ? null : reasonAtStart(work, lastWords);
  if (reason === "unknown-conversation" || reason === "locked") work.fail(reason, lastWords);
}

function command(work: Work, asked: DriverCommand): void {
  switch (asked.is) {
    case "prompt":
      return prompt(work, asked);
    case "interrupt":
      return interrupt(work);
    case "answer":
      return answered(work, asked);
    case "set-model":
      return work.ask("set-model", { subtype: "set_model", model: asked.model }, asked.model);
    case "set-mode":
      return work.ask("set-mode", { subtype: "set_permission_mode", mode: asked.mode }, asked.mode);
  }
}

function line(work: Work, text: string, time: number): void {
  const { objects, isClean } = readJsonLine(text);
  for (const object of objects) if (isNew(work, object)) fold(work, readLine(object), time);
  if (!isClean) work.notice("warning", "agent-output", "Claude printed something that cannot be read.");
}

function isNew(work: Work, object: Fields): boolean {
  const mark = markOf(object);
  if (mark === null) return true;
  const { marks } = work.state;
  if (marks.includes(mark)) return false;
  work.set({ marks: [...marks, mark].slice(-MAX_MARKS) });
  return true;
}

function fold(work: Work, read: Line, time: number): void {
  switch (read.is) {
    case "init":
      return init(work, read);
    case "mode":
      return modeIs(work, read.mode);
    case "retry":
      return retry(work, read);
    case "compacted":
      return work.notice("info", "compacted", "Claude has summed up the conversation so far, to go on with less.");
    case "lifecycle":
      return lifecycle(work, read);
    case "replay":
      return replayed(work, read.input, time);
    case "result":
      return result(work, read, time, (words) => reasonAtStart(work, words));
    case "permission":
      return permissionAsked(work, read);
    case "other-request":
      return otherAsked(work, read);
    case "request-cancelled":
      return requestCancelled(work, read.request);
    case "answer":
      return requestAnswered(work, read);
    case "nothing":
      return;
    default:
      return speak(work, read);
  }
}

type Speech = Extract<Line, { is: "message-start" | "message-stop" | "block-start" | "delta" | "said" | "tool-results" }>;

function speak(work: Work, read: Speech): void {
  switch (read.is) {
    case "message-start":
      return messageStarted(work, read);
    case "message-stop":
      return messageStopped(work, read.parent);
    case "block-start":
      return blockStarted(work, read);
    case "delta":
      return delta(work, read);
    case "said":
      return said(work, read);
    case "tool-results":
      return toolResults(work, read);
  }
}

/** It comes with every turn, and only behind a conversation that is there: its id is the one to resume. */
function init(work: Work, { session, model, mode }: Extract<Line, { is: "init" }>): void {
  resumeIdIs(work, session);
  modelIs(work, model);
  modeIs(work, mode);
  if (work.state.turn === null) work.set({ isAboutToBegin: true });
  // Where claude tells of each message, this may be a turn of its own, before ours.
  if (!work.state.hasLifecycle) turnBegan(work);
}

/** The model's stream was cut, or it did not answer: claude asks again, and the same comes as another message. */
function retry(work: Work, { attempt, of, delayMs, why }: Extract<Line, { is: "retry" }>): void {
  supersedeUnfinished(work);
  const seconds = (delayMs / 1000).toFixed(1);
  const text = `The model did not answer (${why}). Claude asks again in ${seconds} s, attempt ${attempt} of ${of}.`;
  retried(work, text);
}

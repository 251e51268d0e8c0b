/**
 * The driver of any agent that speaks the Agent Client Protocol, version 1: JSON-RPC over lines, both ways. What an agent is able
 * to do it says itself; what it does differently is in its quirks.
 */
import type { AgentFailure } from "@perdure/protocol";
import type { Driver, DriverCommand, DriverInput, DriverSetup, DriverTimer, ProgramEnd, Step } from "../driver.ts";
import { METHOD_NOT_FOUND, parseRpcLine, type RpcMessage } from "../json-rpc.ts";
import { words } from "./fields.ts";
import type { AcpQuirks } from "./quirks.ts";
import { classifyCommon, errorText } from "./errors.ts";
import { initialize, initialized, load, opened, openFailed, readyIfChosen, replayEnded } from "./opening.ts";
import { answerPermission, interrupt, requestPermission } from "./permissions.ts";
import { choose, chosen } from "./settings.ts";
import { type AcpPending, type AcpState, AcpStep } from "./state.ts";
import { endTurn, prompt, prompted, promptFailed } from "./turns.ts";
import { foldUpdate } from "./updates.ts";

/** How long an agent may take from its start, or from when its conversation may be loaded, until it takes messages. */
const START_MS = 90_000;
/** Of what was said on stderr, the end is kept for the words of a failure. */
const MAX_LAST_WORDS = 2000;
/** Messages of the session that are compared with a replay, the newest. */
const MAX_KNOWN = 2000;

export function acpDriver(quirks: AcpQuirks): Driver<AcpState> {
  return {
    version: 2,
    begin(setup: DriverSetup, time: number): Step<AcpState> {
      const step = new AcpStep(beginning(setup, time), time);
      initialize(step);
      return step.finish();
    },
    step(state: AcpState, input: DriverInput): Step<AcpState> {
      const step = new AcpStep(state, input.time);
      take(step, input, quirks);
      return step.finish();
    },
    timers,
  };
}

function beginning(setup: DriverSetup, time: number): AcpState {
  const notBefore = setup.notBefore ?? null;
  return {
    sent: 0,
    pending: [],
    run: setup.run,
    prefix: `r${setup.number}.`,
    cwd: setup.cwd,
    phase: "starting",
    conversation: setup.conversation,
    notBefore,
    replayedBy: null,
    readyBy: Math.max(time, notBefore ?? time) + START_MS,
    wished: { model: setup.model, mode: setup.mode },
    version: null,
    canLoad: false,
    session: null,
    known: setup.conversation.is === "resume" ? setup.knownMessages.slice(-MAX_KNOWN) : [],
    modelBy: null,
    modeBy: null,
    turn: null,
    message: null,
    said: [],
    oldMessages: [],
    closedApprovals: [],
    plan: null,
    tools: [],
    approvals: [],
    count: 0,
    warnings: 0,
    costUsd: null,
    costAtTurnUsd: null,
    lastWords: "",
  };
}

function take(step: AcpStep, input: DriverInput, quirks: AcpQuirks): void {
  switch (input.is) {
    case "line":
      return line(step, input.text, quirks);
    case "long-line":
      return step.warn(`The agent printed a line of ${input.bytes} bytes, which was passed over.`);
    case "stderr":
      return stderr(step, input.text, quirks);
    case "exit":
      return exit(step, input.end, quirks);
    case "command":
      return command(step, input.command);
    case "timer":
      return timer(step, input.id, quirks);
  }
}

function timers({ phase, notBefore, readyBy, replayedBy, turn }: AcpState): readonly DriverTimer[] {
  return [
    ...(readyBy === null ? [] : [{ id: "ready", at: readyBy }]),
    ...(phase === "waiting" && notBefore !== null ? [{ id: "load", at: notBefore }] : []),
    ...(replayedBy === null ? [] : [{ id: "replayed", at: replayedBy }]),
    ...(turn === null || turn.quietBy === null ? [] : [{ id: "quiet", at: turn.quietBy }]),
  ];
}

/** What its own words say, which decide before those that all agents have. */
function reasonIn(said: string, quirks: AcpQuirks): AgentFailure | null {
  return quirks.classify(said) ?? classifyCommon(said);
}

function timer(step: AcpStep, id: string, quirks: AcpQuirks): void {
  const { phase, turn, lastWords } = step.state;
  if (id === "load" && phase === "waiting") load(step);
  if (id === "replayed" && phase === "replaying") replayEnded(step);
  if (id === "quiet" && turn !== null && turn.quietBy !== null) endTurn(step, "completed", {});
  if (id === "ready" && step.state.readyBy !== null) {
    const reason = reasonIn(lastWords, quirks) ?? "unknown";
    step.fail(reason, `The agent did not take messages within ${START_MS / 1000} seconds. ${lastWords}`);
  }
}

function command(step: AcpStep, asked: DriverCommand): void {
  switch (asked.is) {
    case "prompt":
      return prompt(step, asked);
    case "interrupt":
      return interrupt(step);
    case "answer":
      return answerPermission(step, asked.approval, asked.option);
    case "set-model":
      return choose(step, "model", asked.model);
    case "set-mode":
      return choose(step, "mode", asked.mode);
  }
}

function line(step: AcpStep, text: string, quirks: AcpQuirks): void {
  const { messages, isClean } = parseRpcLine(text);
  for (const message of messages) receive(step, message, quirks);
  const isOwnObject = messages.length === 0 && text.trim().startsWith("{") && text.trim().endsWith("}");
  if (!isClean && !isOwnObject) step.warn("The agent printed something that cannot be read.");
}

function receive(step: AcpStep, message: RpcMessage, quirks: AcpQuirks): void {
  switch (message.is) {
    case "notification":
      if (message.method === "session/update") foldUpdate(step, message.params, quirks);
      return;
    case "request":
      if (message.method === "session/request_permission") return requestPermission(step, message.id, message.params);
      return step.rpc.refuse(message.id, { code: METHOD_NOT_FOUND, message: `Not offered: ${message.method}` }, "refusal");
    case "result": {
      const pending = step.rpc.take(message.id);
      return pending === null ? undefined : answered(step, pending, message.result);
    }
    case "error": {
      const pending = step.rpc.take(message.id);
      if (pending === null)
        return message.id === null ? step.warn(`The agent could not read something: ${errorText(message.error)}`) : undefined;
      if (pending.method === "session/prompt") return promptFailed(step, pending.about, message.error, quirks);
      if (step.state.phase === "starting" || step.state.phase === "opening") return openFailed(step, pending, message.error, quirks);
      step.warn(`The agent did not change it: ${errorText(message.error)}`);
      return readyIfChosen(step);
    }
  }
}

function answered(step: AcpStep, pending: AcpPending, result: unknown): void {
  switch (pending.method) {
    case "initialize":
      return initialized(step, result);
    case "session/new":
    case "session/resume":
    case "session/load":
      return opened(step, pending.method, result);
    case "session/prompt":
      return prompted(step, pending.about, result);
    default:
      chosen(step, pending.about, result);
      return readyIfChosen(step);
  }
}

/** Agents print much there; before the conversation is open it can say why it will not be. */
function stderr(step: AcpStep, text: string, quirks: AcpQuirks): void {
  step.set({ lastWords: `${step.state.lastWords}\n${text}`.trim().slice(-MAX_LAST_WORDS) });
  const reason = step.state.phase === "starting" ? quirks.classify(text) : null;
  if (reason !== null) step.fail(reason, text);
}

function exit(step: AcpStep, end: ProgramEnd, quirks: AcpQuirks): void {
  const { phase, lastWords, turn } = step.state;
  const text = words(`The agent has ended (${describe(end)}).${lastWords === "" ? "" : ` ${lastWords}`}`, "The agent has ended.");
  if (turn !== null) endTurn(step, "interrupted", { cause: "agent-ended", text }, "The agent ended before it was answered.");
  if (phase !== "ready") step.fail(reasonIn(lastWords, quirks) ?? "crashed", text);
  step.set({ readyBy: null, notBefore: null, replayedBy: null });
}

function describe(end: ProgramEnd): string {
  if (end.is === "lost") return end.reason;
  return end.signal === null ? `exit code ${end.code ?? "unknown"}` : end.signal;
}

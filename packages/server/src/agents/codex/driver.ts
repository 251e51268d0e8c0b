/**
 * The driver of codex: `codex app-server`, JSON-RPC a line without the version field. It dies with its standard input, which the
 * host never closes; its inputs are not recognised when they come twice; a turn that is cut keeps nothing of what was said, so our
 * own log is the only place where that is.
 */
import type * as z from "zod/mini";
import type { Driver, DriverCommand, DriverInput, DriverSetup, DriverTimer, Step } from "../driver.ts";
import { parseRpcLine, type RpcMessage } from "../json-rpc.ts";
import * as items from "./items.ts";
import * as messages from "./messages.ts";
import { isMode, modeChoices } from "./modes.ts";
import * as opening from "./opening.ts";
import * as questions from "./questions.ts";
import type { CodexState } from "./state.ts";
import * as turns from "./turns.ts";
import { Work } from "./work.ts";

const READY_TIMER = "ready";
const IDLE_TIMER = "idle";
const MAX_SHOWN = 200;

export const codexDriver: Driver<CodexState> = {
  version: 2,

  begin: (setup: DriverSetup, time: number): Step<CodexState> => opening.beginRun(setup, time),

  step(state: CodexState, input: DriverInput): Step<CodexState> {
    const work = new Work(state, input.time);
    take(work, input);
    return work.done();
  },

  timers: ({ readyBy, idleBy }: CodexState): readonly DriverTimer[] => [
    ...(readyBy === null ? [] : [{ id: READY_TIMER, at: readyBy }]),
    ...(idleBy === null ? [] : [{ id: IDLE_TIMER, at: idleBy }]),
  ],
};

function take(work: Work, input: DriverInput): void {
  switch (input.is) {
    case "line":
      return line(work, input.text);
    case "long-line":
      return work.unreadable(`Codex printed a line of ${input.bytes} bytes, which was passed over.`);
    case "stderr":
      return opening.saidOnStderr(work, input.text);
    case "exit":
      questions.expireQuestions(work, "Codex ended before it was answered.");
      turns.endTurn(work, "interrupted", "agent-ended");
      if (work.state.phase === "opening") opening.endedEarly(work, input.end);
      return work.set({ phase: "ended", readyBy: null, idleBy: null });
    case "command":
      return command(work, input.command);
    case "timer":
      if (input.id === IDLE_TIMER) return turns.wasLeftIdle(work);
      return work.state.phase === "opening" ? opening.notReadyInTime(work) : undefined;
  }
}

function command(work: Work, asked: DriverCommand): void {
  switch (asked.is) {
    case "prompt":
      return work.state.phase === "ready" ? turns.prompt(work, asked) : undefined;
    case "interrupt":
      return turns.interrupt(work);
    case "answer":
      return questions.answer(work, asked);
    case "set-model":
      work.set({ chosenModel: asked.model, model: asked.model });
      return work.tell({ type: "agent.settings", model: asked.model });
    case "set-mode":
      if (!isMode(asked.mode)) return work.notice("warning", "unknown-mode", `Codex has no mode ${asked.mode}.`);
      work.set({ chosenMode: asked.mode, mode: asked.mode });
      return work.tell({ type: "agent.settings", mode: asked.mode, modes: modeChoices(asked.mode) });
  }
}

function line(work: Work, text: string): void {
  if (work.state.phase === "failed" || work.state.phase === "ended" || text.trim() === "") return;
  const { messages: read, isClean } = parseRpcLine(text);
  for (const message of read) receive(work, message);
  if (!isClean) work.unreadable(`Codex printed something that is no message: ${text.slice(0, MAX_SHOWN)}`);
}

function receive(work: Work, message: RpcMessage): void {
  switch (message.is) {
    case "request":
      return questions.asked(work, message.id, message.method, message.params);
    case "notification":
      return NOTIFICATIONS.get(message.method)?.(work, message.params);
    case "result":
    case "error":
      return answered(work, message);
  }
}

function answered(work: Work, message: Extract<RpcMessage, { is: "result" | "error" }>): void {
  const asked = work.rpc.take(message.id);
  const isError = message.is === "error";
  if (asked === null) {
    if (isError && message.id === null) work.warn("agent-error", `Codex could not read something: ${message.error.message}`);
    return;
  }
  switch (asked.method) {
    case "initialize":
      return isError ? opening.openingRefused(work, message.error) : opening.initialized(work, message.result);
    case "thread/start":
    case "thread/resume":
      return isError ? opening.openingRefused(work, message.error) : opening.threadOpened(work, message.result);
    case "thread/turns/list":
      return isError ? opening.turnsNotListed(work) : opening.turnsListed(work, message.result);
    case "model/list":
      return isError ? undefined : opening.modelsListed(work, message.result);
    case "turn/start":
      return isError ? turns.turnRefused(work, asked.turn, message.error) : turnStartAnswered(work, asked.turn, message.result);
    case "turn/interrupt":
      return isError ? turns.stopRefused(work, asked.turn) : undefined;
    case "turn/steer":
      return isError ? work.notice("warning", "note-refused", `Codex did not take the note: ${message.error.message}`) : undefined;
  }
}

function turnStartAnswered(work: Work, turn: string | null, result: unknown): void {
  const { success, data } = messages.StartedTurn.safeParse(result);
  if (success) turns.turnAccepted(work, turn, data.turn.id);
}

type Heard = (work: Work, params: unknown) => void;

/** What is heard without having been asked. Anything else is passed over. */
const NOTIFICATIONS: ReadonlyMap<string, Heard> = new Map([
  on("turn/started", messages.OfTurn, turns.turnStarted),
  on("turn/completed", messages.OfTurn, turns.turnCompleted),
  on("item/started", messages.OfItem, items.itemStarted),
  on("item/completed", messages.OfItem, items.itemCompleted),
  on(
    "item/agentMessage/delta",
    messages.Delta,
    ours(({ itemId, delta }, work) => items.textDelta(work, itemId, delta)),
  ),
  on(
    "item/plan/delta",
    messages.Delta,
    ours(({ itemId, delta }, work) => items.textDelta(work, itemId, delta)),
  ),
  on(
    "item/commandExecution/outputDelta",
    messages.Delta,
    ours(({ itemId, delta }, work) => items.outputDelta(work, itemId, delta)),
  ),
  on(
    "item/reasoning/summaryTextDelta",
    messages.Delta,
    ours(({ itemId, delta }, work) => items.reasoningDelta(work, itemId, delta, "summary")),
  ),
  on(
    "item/reasoning/textDelta",
    messages.Delta,
    ours(({ itemId, delta }, work) => items.reasoningDelta(work, itemId, delta, "raw")),
  ),
  on(
    "item/reasoning/summaryPartAdded",
    messages.SummaryPart,
    ours(({ itemId, summaryIndex }, work) => items.summaryPartAdded(work, itemId, summaryIndex)),
  ),
  on(
    "item/fileChange/patchUpdated",
    messages.Patched,
    ours((patched, work) => items.patchUpdated(work, patched)),
  ),
  on(
    "turn/plan/updated",
    messages.Plan,
    ours((plan, work) => items.planUpdated(work, plan)),
  ),
  on("thread/tokenUsage/updated", messages.TokenUsage, turns.tokensUsed),
  on("error", messages.TurnFailure, turns.turnErred),
  on("warning", messages.Warning, (work, { message }) => work.warn("agent-warning", message)),
  on("configWarning", messages.ConfigWarning, (work, { summary, details }) =>
    work.warn("agent-warning", [summary, details].filter(Boolean).join("\n")),
  ),
  on(
    "thread/name/updated",
    messages.Renamed,
    ours(({ threadName }, work) => threadName && work.tell({ type: "session.title", title: threadName })),
  ),
  on(
    "thread/settings/updated",
    messages.Settings,
    ours(({ threadSettings: { model, approvalPolicy, sandboxPolicy } }, work) =>
      opening.settingsTold(work, model ?? null, approvalPolicy, sandboxPolicy?.type),
    ),
  ),
  on(
    "thread/status/changed",
    messages.Status,
    ours(({ status }, work) => {
      turns.statusTold(work, status.type);
      if (status.type === "systemError" && work.state.turn === null)
        work.notice("error", "agent-error", "Codex reports an error of its own in this conversation.");
    }),
  ),
  on(
    "model/rerouted",
    messages.Rerouted,
    ours(({ fromModel, toModel }, work) =>
      work.notice("info", "model-changed", `Codex answers with ${toModel} in the place of ${fromModel}.`),
    ),
  ),
  on("serverRequest/resolved", messages.Resolved, (work, { requestId }) => questions.resolved(work, requestId)),
]);

function on<T>(method: string, schema: z.ZodMiniType<T>, hear: (work: Work, params: T) => void): readonly [string, Heard] {
  return [
    method,
    (work, params) => {
      const { success, data } = schema.safeParse(params);
      if (success) hear(work, data);
      else work.warn("agent-output", `Codex sent ${method} in a way that could not be read.`);
    },
  ];
}

/** Passes over what is about another conversation: a helper agent's. */
function ours<T extends { readonly threadId?: string | null | undefined }>(
  hear: (params: T, work: Work) => unknown,
): (work: Work, params: T) => void {
  return (work, params) => {
    if (work.isOurs(params.threadId)) hear(params, work);
  };
}

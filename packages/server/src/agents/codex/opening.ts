/**
 * How a run comes to its conversation: the handshake, a thread that is begun or gone on with, what became of messages whose way was
 * not known, and only then *ready*.
 */
import type { DriverSetup, ProgramEnd, Step } from "../driver.ts";
import { VERSION } from "../../platform/version.ts";
import type { RpcError } from "../json-rpc.ts";
import { classifyStart } from "./failures.ts";
import { Initialized, ModelList, OpenedThread, TurnList } from "./messages.ts";
import { isMode, modeChoices, modeOf, threadMode } from "./modes.ts";
import type { CodexState } from "./state.ts";
import { Work } from "./work.ts";

/** How long it may take from the start until it is ready. */
export const READY_MS = 30_000;
/** A message whose way is not known is among the newest turns, or nowhere. */
const LOOKED_AT_TURNS = 20;
const MAX_LAST_WORDS = 1000;

export function beginRun(setup: DriverSetup, time: number): Step<CodexState> {
  const { conversation } = setup;
  const work = new Work(
    {
      sent: 0,
      run: setup.run,
      prefix: `r${setup.number}.`,
      cwd: setup.cwd,
      wanted: conversation.is === "resume" ? conversation.resumeId : null,
      doubtful: setup.doubtful,
      phase: "opening",
      readyBy: time + READY_MS,
      version: null,
      pending: [],
      thread: null,
      model: null,
      mode: null,
      chosenModel: setup.model,
      chosenMode: setup.mode !== null && isMode(setup.mode) ? setup.mode : null,
      turn: null,
      lastTurn: null,
      items: {},
      doneItems: [],
      oldItems: [],
      names: {},
      renamed: 0,
      endedTurns: [],
      idleBy: null,
      leftItems: [],
      questions: [],
      closedQuestions: [],
      totalTokens: 0,
      notices: 0,
      warnings: [],
      lastWords: "",
    },
    time,
  );
  const clientInfo = { name: "perdure", title: "perdure", version: VERSION };
  work.ask("initialize", { clientInfo, capabilities: { experimentalApi: false, requestAttestation: false } }, "initialize");
  return work.done();
}

export function initialized(work: Work, result: unknown): void {
  const { success, data } = Initialized.safeParse(result);
  const version = success ? /\/(\d+\.\d+\.\d+\S*)/.exec(data.userAgent ?? "")?.[1] : undefined;
  work.set({ version: version ?? null });
  work.rpc.notify("initialized", undefined, "initialized");
  const { wanted, cwd, chosenModel, chosenMode } = work.state;
  const params = { cwd, ...(chosenModel === null ? {} : { model: chosenModel }), ...threadMode(chosenMode) };
  if (wanted === null) work.ask("thread/start", params, "thread");
  else work.ask("thread/resume", { threadId: wanted, excludeTurns: true, ...params }, "thread");
}

export function threadOpened(work: Work, result: unknown): void {
  const { success, data } = OpenedThread.safeParse(result);
  if (!success) return work.fail("protocol", "Codex told of its conversation in a way that could not be read.");
  const { wanted, doubtful } = work.state;
  const { id } = data.thread;
  if (wanted !== null && id !== wanted) return work.fail("unknown-conversation", `Codex opened the conversation ${id} and not ${wanted}.`);
  work.set({ thread: id });
  work.tell({ type: "session.resume-id", resumeId: id });
  const { name } = data.thread;
  if (name) work.tell({ type: "session.title", title: name });
  settingsTold(work, data.model ?? null, data.approvalPolicy, data.sandbox?.type);
  if (wanted === null || doubtful.length === 0) return ready(work);
  const params = { threadId: id, limit: LOOKED_AT_TURNS, sortDirection: "desc", itemsView: "full" };
  work.ask("thread/turns/list", params, "doubtful");
}

/** No trace of a message in the newest turns: codex has not taken it. What cannot be read decides nothing. */
export function turnsListed(work: Work, result: unknown): void {
  const { success, data } = TurnList.safeParse(result);
  if (success) {
    const items = data.data.flatMap((turn) => turn.items).filter(({ type }) => type === "userMessage");
    const taken = new Set(items.map(({ clientId }) => clientId));
    for (const input of work.state.doubtful) work.tell({ type: taken.has(input) ? "input.consumed" : "input.unseen", input });
  } else work.unreadable("Codex told of its turns in a way that could not be read.");
  ready(work);
}

/** Nothing is known of messages on their way, which does not keep the conversation from going on. */
export function turnsNotListed(work: Work): void {
  ready(work);
}

function ready(work: Work): void {
  const { run, version } = work.state;
  work.set({ phase: "ready", readyBy: null, doubtful: [], lastWords: "" });
  work.tell({ type: "agent.ready", run, ...(version === null ? {} : { version }) });
  work.ask("model/list", {}, "models");
}

export function modelsListed(work: Work, result: unknown): void {
  const { success, data } = ModelList.safeParse(result);
  if (!success) return;
  const models = data.data
    .filter(({ hidden }) => !hidden)
    .map(({ model, displayName, description }) => ({ id: model, label: displayName || model, ...(description ? { description } : {}) }));
  work.tell({ type: "agent.settings", models });
}

/** Codex says what it works with. Told on only where it is new. */
export function settingsTold(work: Work, model: string | null, approvalPolicy: unknown, sandbox: string | undefined): void {
  const mode = modeOf(approvalPolicy, sandbox);
  const before = work.state;
  if (before.model === model && before.mode === mode) return;
  work.set({ model, mode });
  work.tell({ type: "agent.settings", ...(model === null ? {} : { model }), mode, modes: modeChoices(mode) });
}

/** The handshake or the thread was refused. */
export function openingRefused(work: Work, { message }: RpcError): void {
  work.fail(classifyStart(message, work.state.wanted) ?? "unknown", message);
}

export function notReadyInTime(work: Work): void {
  const words = work.state.lastWords;
  work.fail(classifyStart(words, work.state.wanted) ?? "unknown", `Codex was not ready within ${READY_MS / 1000} seconds.\n${words}`);
}

/** Kept only until it is ready: afterwards codex tells its errors in its protocol. */
export function saidOnStderr(work: Work, text: string): void {
  if (work.state.phase === "opening") work.set({ lastWords: `${work.state.lastWords}\n${text}`.trim().slice(-MAX_LAST_WORDS) });
}

/** It ended before it was ready: its last words say why. */
export function endedEarly(work: Work, end: ProgramEnd): void {
  const words = work.state.lastWords;
  const how =
    end.is === "lost" ? `Codex was lost: ${end.reason}` : `Codex ended (${end.signal ?? `code ${end.code}`}) before it was ready.`;
  work.fail(classifyStart(words, work.state.wanted) ?? "crashed", words === "" ? how : `${how}\n${words}`);
}

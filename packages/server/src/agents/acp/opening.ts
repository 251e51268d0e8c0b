/**
 * From the program's start to a conversation that takes messages: `initialize`, then by what the agent is able to do *resume*
 * (it goes on without a word), *load* (it tells everything again) or *new*, then the model and mode that are wished.
 */
import { METHOD_NOT_FOUND, type RpcError } from "../json-rpc.ts";
import { VERSION } from "../../platform/version.ts";
import type { AcpQuirks } from "./quirks.ts";
import { errorText, reasonOf } from "./errors.ts";
import { fieldsOf, textOf } from "./fields.ts";
import { choose, foldSettings } from "./settings.ts";
import type { AcpPending, AcpStep } from "./state.ts";
import { endTurn } from "./turns.ts";

const PROTOCOL_VERSION = 1;

/** Files and terminals are the agent's own business: we offer neither. */
const CAPABILITIES = { fs: { readTextFile: false, writeTextFile: false }, terminal: false };

/** Some agents tell a loaded conversation only after their answer, without an end: it is over when nothing came for this long. */
const REPLAY_QUIET_MS = 500;

const NOTHING = { about: "" };

export function initialize(step: AcpStep): void {
  const params = {
    protocolVersion: PROTOCOL_VERSION,
    clientCapabilities: CAPABILITIES,
    clientInfo: { name: "perdure", title: "perdure", version: VERSION },
  };
  step.rpc.request("initialize", params, "initialize", NOTHING);
}

export function initialized(step: AcpStep, result: unknown): void {
  const fields = fieldsOf(result);
  const version = textOf(fieldsOf(fields["agentInfo"])["version"]);
  const spoken = fields["protocolVersion"];
  const capabilities = fieldsOf(fields["agentCapabilities"]);
  const canLoad = capabilities["loadSession"] === true;
  const resume = fieldsOf(capabilities["sessionCapabilities"])["resume"];
  const canResume = resume === true || (typeof resume === "object" && resume !== null);
  step.set({ version, canLoad });
  // One that does not say it takes the version that it was asked for.
  if (Number(spoken ?? PROTOCOL_VERSION) !== PROTOCOL_VERSION)
    return step.fail("protocol", `The agent speaks version ${String(spoken)} of ACP, which is not known.`);
  const { conversation } = step.state;
  if (conversation.is === "new") return open(step, "session/new", {});
  const wanted = { sessionId: conversation.resumeId };
  if (canResume) return open(step, "session/resume", wanted);
  if (canLoad) return loadInTime(step);
  step.fail("unknown-conversation", "This agent cannot go on with a conversation of an earlier process.");
}

/** Some agents lose a conversation that is loaded too early. */
function loadInTime(step: AcpStep): void {
  const { notBefore } = step.state;
  if (notBefore === null || step.time >= notBefore) return load(step);
  step.set({ phase: "waiting" });
}

export function load(step: AcpStep): void {
  const { conversation } = step.state;
  step.set({ notBefore: null });
  if (conversation.is === "resume") open(step, "session/load", { sessionId: conversation.resumeId });
}

function open(step: AcpStep, method: string, params: object): void {
  step.set({ phase: "opening" });
  step.rpc.request(method, { ...params, cwd: step.state.cwd, mcpServers: [] }, method, NOTHING);
}

/** The conversation is there. */
export function opened(step: AcpStep, method: string, result: unknown): void {
  const { conversation } = step.state;
  const session =
    method === "session/new" ? textOf(fieldsOf(result)["sessionId"]) : conversation.is === "resume" ? conversation.resumeId : null;
  if (session === null) return step.fail("protocol", "The agent gave no id for a new conversation.");
  step.set({ session });
  step.tell({ type: "session.resume-id", resumeId: session });
  foldSettings(step, result);
  if (method !== "session/load") return choices(step);
  step.set({ phase: "replaying", replayedBy: step.time + REPLAY_QUIET_MS });
}

/** Something of a conversation that is loaded was told: it is not over yet. */
export function replayGoesOn(step: AcpStep): void {
  if (step.state.phase === "replaying") step.set({ replayedBy: step.time + REPLAY_QUIET_MS });
}

export function replayEnded(step: AcpStep): void {
  if (step.state.turn !== null) endTurn(step, "completed", {});
  choices(step);
}

function choices(step: AcpStep): void {
  const { wished } = step.state;
  step.set({ phase: "choosing", known: [], replayedBy: null });
  if (wished.model !== null) choose(step, "model", wished.model);
  if (wished.mode !== null) choose(step, "mode", wished.mode);
  readyIfChosen(step);
}

/** It takes messages once every choice has its answer. */
export function readyIfChosen(step: AcpStep): void {
  if (step.state.phase !== "choosing" || step.rpc.pending.length > 0) return;
  const { run, version } = step.state;
  step.set({ phase: "ready", readyBy: null });
  step.tell({ type: "agent.ready", run, ...(version === null ? {} : { version }) });
}

/**
 * Opening failed. Agents have no code in common for a conversation that is gone, so any error of a resume or load means that,
 * unless its words say otherwise.
 */
export function openFailed(step: AcpStep, { method }: AcpPending, error: RpcError, quirks: AcpQuirks): void {
  if (method === "session/resume" && error.code === METHOD_NOT_FOUND && step.state.canLoad) return loadInTime(step);
  const isResume = method === "session/resume" || method === "session/load";
  const text = errorText(error);
  // Its words have been heard: nothing of what it told meanwhile is a conversation.
  if (step.state.turn !== null) endTurn(step, "interrupted", { cause: "protocol", text });
  step.fail(reasonOf(error, quirks) ?? (isResume ? "unknown-conversation" : "protocol"), text);
}

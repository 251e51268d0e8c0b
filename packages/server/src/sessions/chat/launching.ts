/**
 * How the next run of a conversation is started, as a chat or in the agent's own terminal program: which rung of the ladder it
 * stands on, found out for free, and what the program and its driver are given. Nothing is committed here.
 */
import { PerdureError, type ChatEvent, type Conversation } from "@perdure/protocol";
import type { Agent, AgentLaunch, AgentPlace, FoundAgent, Validation } from "../../agents/agent.ts";
import type { DriverSetup } from "../../agents/driver.ts";
import type { Clock } from "../../platform/clock.ts";
import type { AgentDetails } from "../details.ts";
import { doubtful, originOf, wayOf, type Way } from "./ladder.ts";

const FIND_MS = 10_000;
const LOCK_LOOK_MS = 500;
/** An agent whose server died may finish its answer first. */
const LOCK_WAIT_MS = 15_000;

export interface AgentRunLaunch {
  readonly launch: AgentLaunch;
  /** What the driver begins with; `null`: the run is the agent's terminal program. */
  readonly setup: DriverSetup | null;
  /** Before those of the driver. */
  readonly events: readonly ChatEvent[];
  /** For the line between two runs of a terminal: that the conversation is a fresh one. */
  readonly line: string | null;
}

export interface LaunchOptions {
  readonly agent: Agent;
  readonly details: AgentDetails;
  readonly place: AgentPlace;
  readonly conversation: Conversation;
  readonly run: { readonly id: string; readonly number: number };
  readonly newId: string;
  /** Names of variables that an earlier run had, and that this one has not. */
  readonly missing: readonly string[];
  readonly clock: Clock;
}

/** Throws `command-missing` if the agent is not there, `already-running` if another process keeps the conversation, `conversation-unreadable` if its record may be there and cannot be read. */
export async function prepareChatRun(options: LaunchOptions): Promise<AgentRunLaunch> {
  const { agent, details, place, conversation, run, newId } = options;
  const program = await findProgram(agent, place);
  const { way, notBefore } = await chooseWay(options);
  const resumeId = way.is === "resume" ? way.resumeId : null;
  const model = conversation.settings.model ?? details.model;
  const mode = conversation.settings.mode ?? details.mode;
  const launch = agent.chat({ ...place, program, resumeId, newId, model, mode, flags: details.flags });
  const setup: DriverSetup = {
    run: run.id,
    number: run.number,
    cwd: place.cwd,
    conversation: resumeId === null ? { is: "new", pinned: launch.pinned } : { is: "resume", resumeId },
    model,
    mode,
    doubtful: resumeId === null ? [] : doubtful(conversation),
    ...(notBefore === undefined ? {} : { notBefore }),
    knownMessages: Object.keys(conversation.messages).map((id) => id.replace(/^r\d+\./, "")),
  };
  return { launch, setup, events: eventsOf(options, way, "chat"), line: null };
}

/** `null`: what was typed is no conversation, and runs as it was typed. Throws as {@link prepareChatRun}. */
export async function prepareTerminalRun(options: LaunchOptions): Promise<AgentRunLaunch | null> {
  const { agent, details, place, newId } = options;
  const args = details.flags;
  // How it is started may depend on its version, which is known once it was found.
  const found = await agent.find(place, AbortSignal.timeout(FIND_MS));
  const asTyped = agent.terminal({ ...place, program: details.program ?? agent.id, args, newId, resumeId: null });
  if (asTyped === null) return null;
  const program = details.program ?? programOf(agent, found);
  const { way } = await chooseWay(options);
  const resumeId = way.is === "resume" ? way.resumeId : null;
  const launch = agent.terminal({ ...place, program, args, newId, resumeId, isAnew: way.is === "restart" }) ?? asTyped;
  const events = eventsOf(options, way, "terminal");
  const line = way.is === "restart" ? `${agent.name} could not go on with the earlier conversation (${way.reason}): a fresh one` : null;
  return { launch, setup: null, events, line };
}

async function findProgram(agent: Agent, place: AgentPlace): Promise<string> {
  return programOf(agent, await agent.find(place, AbortSignal.timeout(FIND_MS)));
}

function programOf(agent: Agent, found: FoundAgent): string {
  if (found.is === "found") return found.path;
  throw new PerdureError("command-missing", `${agent.name} was not found. ${agent.howToGet}`);
}

type PassableWay = Exclude<Way, { is: "locked" | "unreadable" }>;

/** `notBefore`: the driver must not open the conversation earlier. */
interface Chosen {
  readonly way: PassableWay;
  readonly notBefore?: number;
}

async function chooseWay(options: LaunchOptions): Promise<Chosen> {
  const { agent, place, conversation, clock } = options;
  const until = clock.now() + LOCK_WAIT_MS;
  for (;;) {
    const { resumeId } = conversation;
    const validation: Validation = resumeId === null ? { is: "undecided" } : await agent.validate(resumeId, place);
    const way = wayOf(conversation, validation);
    const notBefore = validation.is === "ok" ? validation.notBefore : undefined;
    if (way.is === "unreadable") throw new PerdureError("conversation-unreadable", unreadableWords(agent, way));
    if (way.is !== "locked") return notBefore === undefined ? { way } : { way, notBefore };
    if (clock.now() >= until) {
      throw new PerdureError("already-running", `Process ${way.pid} is writing this conversation; end it there, then try again.`);
    }
    await new Promise<void>((resolve) => clock.after(LOCK_LOOK_MS, resolve));
  }
}

function unreadableWords({ name }: Agent, { place, code }: Extract<Way, { is: "unreadable" }>): string {
  return `${name}'s record of this conversation may be in ${place}, which cannot be read (${code}). Nothing was begun anew: make it readable, then try again.`;
}

function eventsOf({ agent, conversation, run, missing, clock }: LaunchOptions, way: PassableWay, view: "chat" | "terminal"): ChatEvent[] {
  const at = clock.now();
  const events: ChatEvent[] = [];
  if (way.is !== "resume") {
    for (const input of doubtful(conversation)) events.push({ type: "input.unknown", input, at });
  }
  if (way.is === "restart") {
    const text = `${agent.name} could not go on with the earlier conversation (${way.reason}). A fresh one goes on here; everything above is kept.`;
    const old = way.resumeId === null ? {} : { offers: ["retry-old-conversation"] as const };
    events.push({ type: "notice", notice: `restarted.${run.number}`, level: "warning", code: "restarted", text, at, ...old });
    if (conversation.resumeId !== null) events.push({ type: "session.resume-id", resumeId: null, at });
  }
  const origin = originOf(way, conversation);
  const without = missing.length === 0 ? {} : { missing };
  events.push({ type: "run.started", run: run.id, number: run.number, agent: agent.id, view, origin, ...without, at });
  return events;
}

/**
 * `session/update`: what an agent tells while a turn runs, between turns, and when it replays a conversation that is loaded.
 */
import { type Fields, fieldsOf, numberOf, textOf } from "./fields.ts";
import { foldChunk, foldLateChunk, foldPlan } from "./messages.ts";
import { replayGoesOn } from "./opening.ts";
import type { AcpQuirks } from "./quirks.ts";
import { foldCommands, foldSettings } from "./settings.ts";
import type { AcpStep } from "./state.ts";
import { foldTool } from "./tools.ts";
import { touchTurn } from "./turns.ts";

export function foldUpdate(step: AcpStep, params: unknown, quirks: AcpQuirks): void {
  const { sessionId, update: value } = fieldsOf(params);
  const update = fieldsOf(value);
  const { session, phase } = step.state;
  if (phase === "starting" || phase === "waiting" || phase === "failed") return;
  if (session !== null && typeof sessionId === "string" && sessionId !== session) return;
  replayGoesOn(step);
  if (foldAbout(step, update)) return;
  if (phase === "opening" || phase === "replaying") replayed(step, update);
  else if (step.state.turn !== null || !quirks.isNoise(update)) foldSpoken(step, update);
}

/** What is about the conversation and no part of a turn. */
function foldAbout(step: AcpStep, update: Fields): boolean {
  switch (update["sessionUpdate"]) {
    case "available_commands_update":
      foldCommands(step, update);
      return true;
    case "current_mode_update": {
      const mode = textOf(update["currentModeId"]);
      if (mode !== null) step.tell({ type: "agent.settings", mode });
      return true;
    }
    case "config_option_update":
      foldSettings(step, update);
      return true;
    case "session_info_update": {
      const title = textOf(update["title"]);
      if (title !== null) step.tell({ type: "session.title", title });
      return true;
    }
    case "usage_update": {
      const cost = fieldsOf(update["cost"]);
      const amount = cost["currency"] === "USD" ? numberOf(cost["amount"]) : null;
      if (amount !== null) step.set({ costUsd: amount });
      return true;
    }
    default:
      return false;
  }
}

function foldSpoken(step: AcpStep, update: Fields): void {
  switch (update["sessionUpdate"]) {
    case "agent_message_chunk":
      return spoken(step, "text", update);
    case "agent_thought_chunk":
      return spoken(step, "reasoning", update);
    case "tool_call":
    case "tool_call_update":
      touchTurn(step);
      foldTool(step, update);
      return;
    case "plan":
      touchTurn(step);
      return foldPlan(step, update);
    default:
  }
}

function spoken(step: AcpStep, kind: "text" | "reasoning", update: Fields): void {
  if (foldLateChunk(step, kind, update)) return;
  touchTurn(step);
  foldChunk(step, kind, update);
}

/**
 * A conversation that is loaded is told from its beginning. What has an id and is not known is told on (the agent has finished
 * an answer that nobody read); what has none was told when it was said.
 */
function replayed(step: AcpStep, update: Fields): void {
  const kind = update["sessionUpdate"];
  const message = textOf(update["messageId"]);
  if ((kind !== "agent_message_chunk" && kind !== "agent_thought_chunk") || message === null) return;
  if (step.state.known.includes(message)) return;
  touchTurn(step);
  foldChunk(step, kind === "agent_message_chunk" ? "text" : "reasoning", update);
}

/** The agents that perdure knows, in the order in which they are offered. */
import { type AcpCommand, acpAgent } from "./acp/acp-agent.ts";
import { claudeAgentAcp } from "./acp/claude-agent-acp.ts";
import { gemini } from "./acp/gemini.ts";
import { opencode } from "./acp/opencode.ts";
import type { Agent } from "./agent.ts";
import { claudeAgent } from "./claude/agent.ts";
import { codexAgent } from "./codex/agent.ts";
import { demoAgent } from "./demo/agent.ts";

/** The agents of a server. */
export interface Agents {
  /** In the order in which they are offered, as they are at the moment. */
  readonly all: readonly Agent[];
  /** What cannot be used, for whoever looks after the server. */
  readonly notices: readonly string[];
}

/** `registered`: commands that speak ACP, by the user's own names; one with the id of a known agent takes its place. */
export function knownAgents(registered: readonly AcpCommand[] = []): readonly Agent[] {
  const own = registered.map(acpAgent);
  const taken = new Set(own.map(({ id }) => id));
  return [claudeAgent, codexAgent, gemini, opencode, claudeAgentAcp, demoAgent].filter(({ id }) => !taken.has(id)).toSpliced(-1, 0, ...own);
}

export function agentById(id: string, agents: readonly Agent[] = knownAgents()): Agent | null {
  return agents.find((agent) => agent.id === id) ?? null;
}

/** The agent whose program this is, by name or path: `claude`, `/usr/local/bin/codex`. */
export function agentByProgram(program: string, agents: readonly Agent[] = knownAgents()): Agent | null {
  const name = program.slice(program.lastIndexOf("/") + 1);
  return agents.find((agent) => agent.program === name) ?? null;
}

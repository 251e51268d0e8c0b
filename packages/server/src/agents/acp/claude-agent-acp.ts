/**
 * Claude over ACP, for those who have the adapter and not the program itself. It runs a claude of its own.
 */
import type { AgentFailure } from "@perdure/protocol";
import type { Agent } from "../agent.ts";
import { acpAgent } from "./acp-agent.ts";

export const claudeAgentAcp: Agent = acpAgent({
  id: "claude-agent-acp",
  name: "Claude (ACP)",
  command: ["claude-agent-acp"],
  howToGet: "npm install -g @agentclientprotocol/claude-agent-acp",
  quirks: { classify },
});

function classify(text: string): AgentFailure | null {
  return /Resource not found|No conversation found/i.test(text) ? "unknown-conversation" : null;
}

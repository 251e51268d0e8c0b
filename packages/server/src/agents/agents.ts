/** The agents that perdure knows, in the order in which they are offered. */
import type { Agent } from "./agent.ts";
import { demoAgent } from "./demo/agent.ts";

export function knownAgents(): readonly Agent[] {
  return [demoAgent];
}

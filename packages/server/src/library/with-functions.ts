/** The agents that a server has anyway, with the embedder's own among them. */
import type { Agent } from "../agents/agent.ts";
import type { Agents } from "../agents/agents.ts";

/** The embedder's are offered first; one with the id of another takes its place. */
export function withFunctions(others: Agents, functions: readonly Agent[]): Agents {
  const taken = new Set(functions.map(({ id }) => id));
  let [before, all] = [others.all, merged(others.all)];
  function merged(known: readonly Agent[]): readonly Agent[] {
    return [...functions, ...known.filter(({ id }) => !taken.has(id))];
  }
  return {
    get all() {
      if (others.all !== before) [before, all] = [others.all, merged(others.all)];
      return all;
    },
    get notices() {
      return others.notices;
    },
  };
}

/** The agents that perdure knows, found or not; `undefined` until the server has looked, `null` where it could not. */
import type { AgentInfo } from "@perdure/protocol";
import { useEffect, useState } from "react";
import { useServices } from "../live/services.ts";

export function useAgents(): readonly AgentInfo[] | undefined | null {
  const { rest } = useServices();
  const [agents, setAgents] = useState<readonly AgentInfo[] | undefined | null>(undefined);
  useEffect(() => {
    const left = new AbortController();
    const read = async (): Promise<void> => {
      try {
        setAgents(await rest.agents(undefined, { signal: left.signal }));
      } catch {
        if (!left.signal.aborted) setAgents(null);
      }
    };
    void read();
    return () => left.abort();
  }, [rest]);
  return agents;
}

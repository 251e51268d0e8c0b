/** The same conversation seen the other way: as a chat, or in the agent's own terminal program. It is the session's next run. */
import { isAlive, type SessionInfo } from "@perdure/protocol";
import { useCallback } from "react";
import { useServices } from "../live/services.ts";

export function useSwitchView(session: SessionInfo): (view: "chat" | "terminal") => Promise<void> {
  const { rest, toasts } = useServices();
  const { id, cwd, chat, run } = session;
  const agentId = chat?.agent;
  const isRunning = isAlive(run.state);
  return useCallback(
    async (view) => {
      try {
        if (view === "terminal" && !(await rest.agents(cwd)).some((agent) => agent.id === agentId && agent.hasTerminal)) {
          toasts.say("This agent has no terminal program of its own.");
          return;
        }
        if (isRunning) await rest.end(id);
        await rest.startRun(id, { view });
      } catch (error) {
        toasts.say(error instanceof Error ? error.message : "The agent could not be started that way.");
      }
    },
    [rest, toasts, id, cwd, agentId, isRunning],
  );
}

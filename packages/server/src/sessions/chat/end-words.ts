/** How the end of a run is told in its conversation. */
import type { AgentFailure, RunState } from "@perdure/protocol";
import type { EndOfRun } from "./ladder.ts";

type Words = Pick<EndOfRun, "cause" | "text" | "failure">;

const ASKED: Readonly<Partial<Record<EndOfRun["cause"], string>>> = {
  stopped: "The agent did not stop when it was asked to, and was ended.",
  parked: "The agent was put to sleep.",
  "started-anew": "The agent was ended, to be started anew.",
  "session-ended": "The session was ended.",
  "server-cannot-know": "The server could not understand what an earlier one had begun with the agent; the agent was ended.",
};

/** `asked`: why somebody wanted the end, if somebody did. */
export function endWords(state: RunState, asked: EndOfRun["cause"] | null): Words {
  if (state.is === "failed") return { cause: "command-missing", text: state.message, failure: failureOf(state.code) };
  if (asked !== null) return { cause: asked, text: ASKED[asked] ?? "The agent could not go on, and was ended." };
  if (state.is === "exited") {
    const how = state.signal === null ? `with code ${state.code ?? "unknown"}` : `by ${state.signal}`;
    return { cause: "agent-ended", text: `The agent's program ended ${how}.` };
  }
  if (state.is !== "lost") return { cause: "agent-ended", text: "The agent's program ended." };
  switch (state.reason) {
    case "rebooted":
    case "power-cut":
      return { cause: "rebooted", text: "The machine was restarted." };
    case "never-started":
      return { cause: "agent-lost", text: "The agent was not started: the server ended before." };
    case "server-ended":
      return { cause: "server-ended", text: "The server in which the agent ran has ended. What it had said is kept." };
    case "host-died":
    case "host-died-exit-unknown":
    case "host-state-missing":
      return { cause: "host-died", text: "The process that kept the agent is gone." };
  }
}

function failureOf(code: string): AgentFailure {
  return code === "command-missing" || code === "cwd-missing" ? code : "crashed";
}

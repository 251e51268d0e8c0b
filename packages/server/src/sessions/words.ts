/** Sentences about runs, as they stand in the terminal between two of them. */
import type { LostReason, RunState } from "@perdure/protocol";

const LOST: Readonly<Record<LostReason, string>> = {
  "host-died": "its host process was killed",
  "host-died-exit-unknown": "it ended while its host was away; its exit code is not known",
  rebooted: "the computer was restarted",
  "power-cut": "the computer stopped without shutting down; up to a second of output may be missing",
  "never-started": "the server was stopped before it could start",
  "host-state-missing": "the host does not know it any more",
};

/** How a run ended, in words: "exited with code 1", "lost: the computer was restarted". */
export function describeEnd(state: RunState): string {
  switch (state.is) {
    case "starting":
    case "running":
      return "still running";
    case "exited":
      return state.signal ? `ended by ${state.signal}` : `exited with code ${state.code ?? "unknown"}`;
    case "lost":
      return `lost: ${LOST[state.reason]}`;
    case "failed":
      return `not started: ${state.message}`;
  }
}

/** The line between two runs of a session. */
export function separatorLine(
  previous: RunState,
  environment: { readonly renewed: readonly string[]; readonly missing: readonly string[] } | null,
): string {
  const parts = [describeEnd(previous), "started again"];
  if (environment && environment.renewed.length > 0) parts.push(`taken anew from the login shell: ${environment.renewed.join(", ")}`);
  if (environment && environment.missing.length > 0) parts.push(`no longer set: ${environment.missing.join(", ")}`);
  return parts.join(" · ");
}

/** Sentences about runs, as they stand in the terminal between two of them. */
import type { LostReason, RunState } from "@perdure/protocol";
import type { OpenReport } from "../store/store.ts";

const LOST: Readonly<Record<LostReason, string>> = {
  "host-died": "its host process was killed",
  "host-died-exit-unknown": "it ended while its host was away; its exit code is not known",
  rebooted: "the computer was restarted",
  "power-cut": "the computer stopped without shutting down; up to a second of output may be missing",
  "never-started": "the server was stopped before it could start",
  "host-state-missing": "the host does not know it any more",
  "server-ended": "the server in which it ran has ended",
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

/** The line between two runs of a session; `previous` is `null` before the first. */
export function separatorLine(
  previous: RunState | null,
  environment: { readonly renewed: readonly string[]; readonly missing: readonly string[] } | null,
  about: string | null = null,
): string {
  const parts = previous ? [describeEnd(previous), about ?? "started again"] : [about ?? "started"];
  if (environment && environment.renewed.length > 0) parts.push(`taken anew from the login shell: ${environment.renewed.join(", ")}`);
  if (environment && environment.missing.length > 0) parts.push(`no longer set: ${environment.missing.join(", ")}`);
  return parts.join(" · ");
}

/** Why a session's stream may be shorter than somebody has seen it. `null`: its last run had ended, with everything on disk. */
export function cutNotice({ recovered, powerCut }: OpenReport, isRunOpen: boolean): string | null {
  if (recovered) return "The database was damaged and what could be read was kept. Parts of this history may be missing.";
  if (powerCut) return isRunOpen ? "The computer stopped without shutting down. Up to the last second of output may be missing." : null;
  return "The history was brought back to an earlier state. Output that was shown before may be missing.";
}

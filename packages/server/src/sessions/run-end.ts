/** What the host says of a run's end, as the state of the run. */
import type { LostReason, RunState } from "@perdure/protocol";
import type { RunEnd } from "../host/wire.ts";

/** `wasPowerCut`: the last boot ended without a clean close. */
export function stateAfter(end: RunEnd, at: number, wasPowerCut: boolean): RunState {
  if (end.is === "exited") return { is: "exited", code: end.code, signal: end.signal, at };
  const reason: LostReason = end.reason === "rebooted" && wasPowerCut ? "power-cut" : end.reason;
  return { is: "lost", reason, at };
}

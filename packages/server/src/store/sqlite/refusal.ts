import type { CommitRefusal } from "../store.ts";

/** Why a write was refused; with it the whole commit. */
export interface Refusal {
  readonly reason: CommitRefusal;
  readonly expected?: number;
}

/** A commit that the store refused as a whole; nothing was changed. */
import type { CommitRefusal } from "../store/store.ts";

export class CommitRefused extends Error {
  readonly reason: CommitRefusal;

  constructor(session: string, reason: CommitRefusal, at: number) {
    super(`a commit of session ${session} was refused: ${reason} at write ${at}`);
    this.name = "CommitRefused";
    this.reason = reason;
  }
}

/** `false`: the request's key was taken meanwhile. */
export async function unlessTaken(commit: () => Promise<void>): Promise<boolean> {
  try {
    await commit();
    return true;
  } catch (error) {
    if (error instanceof CommitRefused && error.reason === "duplicate") return false;
    throw error;
  }
}

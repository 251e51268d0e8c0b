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

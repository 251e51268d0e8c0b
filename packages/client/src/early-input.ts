/**
 * What is typed before the first `attached` has told which run there is: somebody opens a session and types at once. It is for the run that
 * is then there. Kept in memory, up to the outbox's limit.
 */
import { MAX_PENDING_BYTES, MAX_PENDING_FRAMES } from "./outbox.ts";

export class EarlyInput {
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a copy, whole or not at all. */
  push(data: Uint8Array): boolean {
    if (this.#bytes + data.length > MAX_PENDING_BYTES || this.#pieces.length >= MAX_PENDING_FRAMES) return false;
    this.#pieces.push(new Uint8Array(data));
    this.#bytes += data.length;
    return true;
  }

  /** Everything in one piece, and forgets it. */
  take(): Uint8Array {
    const joined = new Uint8Array(this.#bytes);
    let at = 0;
    for (const piece of this.#pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [];
    this.#bytes = 0;
    return joined;
  }
}

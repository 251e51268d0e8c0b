/** Whether a session's row goes with a commit of its output: for the activity alone it does now and then. */
import type { Clock } from "../platform/clock.ts";

const EVERY_MS = 5_000;

export class RowDue {
  readonly #clock: Clock;
  #keptAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asked once for a commit. `isChanged`: the row has more to tell. */
  isDue(isChanged: boolean): boolean {
    const now = this.#clock.now();
    if (!isChanged && now - this.#keptAt < EVERY_MS) return false;
    this.#keptAt = now;
    return true;
  }
}

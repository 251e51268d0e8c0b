/** Lets so many events a second pass, each kind for itself, so that a program cannot flood those who are told. */
import type { Clock } from "../platform/clock.ts";

const WINDOW_MS = 1000;

/** Counts within windows of one second; at most `perSecond` pass in each. */
export class EventGate {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #windowStart = Number.NEGATIVE_INFINITY;
  #passed = 0;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** True if one more may pass now; it counts. */
  pass(): boolean {
    const now = this.#clock.now();
    if (now - this.#windowStart >= WINDOW_MS || now < this.#windowStart) {
      this.#windowStart = now;
      this.#passed = 0;
    }
    if (this.#passed >= this.#perSecond) return false;
    this.#passed++;
    return true;
  }

  /** Milliseconds until one may pass again. */
  get waitMs(): number {
    return Math.max(0, this.#windowStart + WINDOW_MS - this.#clock.now());
  }
}

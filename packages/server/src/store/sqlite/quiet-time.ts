/**
 * When work may be done that nobody waits for: in short turns, as long as no call comes. A call ends them until none has come for 100 ms;
 * under calls that never rest there is one turn every 2 s, so that a stream that always prints is still kept small behind itself.
 */
import type { Clock } from "../../platform/clock.ts";

const REST_MS = 100;
const PATIENCE_MS = 2_000;
/** Between two turns calls are answered. */
const BREATH_MS = 1;

export interface QuietWork {
  /** Milliseconds until there is something to do; `null` if nothing is foreseen. */
  dueInMs(): number | null;
  /** Does a little of it. Resting: no call has come for a while, and another turn follows soon. */
  turn(isResting: boolean): void;
}

export class QuietTime {
  readonly #clock: Clock;
  readonly #work: QuietWork;
  #cancel: (() => void) | null = null;
  #awakeAt = 0;
  #lastCallAt: number;
  /** Since when work has been waiting for its turn. */
  #waitingSince = 0;
  #isClosed = false;

  constructor(clock: Clock, work: QuietWork) {
    this.#clock = clock;
    this.#work = work;
    this.#lastCallAt = clock.now();
  }

  /** A call was answered; there may be work since. */
  noteCall(): void {
    const now = this.#clock.now();
    this.#lastCallAt = now;
    const dueInMs = this.#isClosed ? null : this.#work.dueInMs();
    if (dueInMs !== null && (this.#cancel === null || now + Math.max(dueInMs, REST_MS) < this.#awakeAt)) this.#plan(dueInMs, REST_MS);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Waits until the work is due, and at least so long. */
  #plan(dueInMs: number, leastMs: number): void {
    this.#waitingSince = this.#clock.now() + dueInMs;
    this.#sleep(Math.max(dueInMs, leastMs));
  }

  #sleep(ms: number): void {
    this.#cancel?.();
    this.#awakeAt = this.#clock.now() + ms;
    this.#cancel = this.#clock.after(ms, () => this.#awake());
  }

  #awake(): void {
    this.#cancel = null;
    const now = this.#clock.now();
    const restMs = this.#lastCallAt + REST_MS - now;
    const patienceMs = this.#waitingSince + PATIENCE_MS - now;
    if (restMs > 0 && patienceMs > 0) return this.#sleep(Math.min(restMs, patienceMs));
    this.#work.turn(restMs <= 0);
    const dueInMs = this.#isClosed ? null : this.#work.dueInMs();
    if (dueInMs !== null) this.#plan(dueInMs, BREATH_MS);
  }
}

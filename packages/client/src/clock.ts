/**
 * Time as the library sees it, passed in so that tests can own it. A page's timers may fire late (a hidden tab, a sleeping
 * device): whoever sets one looks at `now` when it fires.
 */

/** Milliseconds since 1970 and timers. */
export interface Clock {
  now(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** The platform takes a longer time for none at all. */
const LONGEST_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, Math.min(ms, LONGEST_MS)),
  clearTimeout: (timer) => clearTimeout(timer as number),
};

/** One timer that can be started again and stopped; starting it forgets what it was started for before. */
export class Timer {
  readonly #clock: Clock;
  #handle: unknown;
  #isRunning = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  start(ms: number, run: () => void): void {
    this.stop();
    this.#isRunning = true;
    this.#handle = this.#clock.setTimeout(() => {
      this.#isRunning = false;
      run();
    }, ms);
  }

  stop(): void {
    if (this.#isRunning) this.#clock.clearTimeout(this.#handle);
    this.#isRunning = false;
  }
}

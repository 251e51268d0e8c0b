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

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
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

/** A clock that moves only when it is told to. Timers fire in order, each at its own time, unless the device was asleep. */
import type { Clock } from "../clock.ts";

interface FakeTimer {
  readonly at: number;
  readonly run: () => void;
}

export class FakeClock implements Clock {
  #now = 1_000_000;
  #timers: FakeTimer[] = [];

  now(): number {
    return this.#now;
  }

  setTimeout(run: () => void, ms: number): unknown {
    const timer = { at: this.#now + Math.max(0, ms), run };
    this.#timers.push(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers = this.#timers.filter((one) => one !== timer);
  }

  get timers(): number {
    return this.#timers.length;
  }

  /** Time passes and every timer fires when it is due. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#due(end); next; next = this.#due(end)) {
      this.#now = Math.max(this.#now, next.at);
      this.#fire(next);
    }
    this.#now = end;
  }

  /** The device sleeps: time passes, and what was due in the meantime fires late, at the end. */
  sleep(ms: number): void {
    this.#now += ms;
    for (let next = this.#due(this.#now); next; next = this.#due(this.#now)) this.#fire(next);
  }

  #due(until: number): FakeTimer | undefined {
    let first: FakeTimer | undefined;
    for (const timer of this.#timers) if (timer.at <= until && (!first || timer.at < first.at)) first = timer;
    return first;
  }

  #fire(timer: FakeTimer): void {
    this.clearTimeout(timer);
    timer.run();
  }
}

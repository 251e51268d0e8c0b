/** The timers that a driver's state asks for: set anew after each step, by their times. */
import type { DriverTimer } from "../../agents/driver.ts";
import type { Clock } from "../../platform/clock.ts";

export class Timers {
  readonly #clock: Clock;
  readonly #onTimer: (id: string) => void;
  readonly #running = new Map<string, { readonly at: number; readonly cancel: () => void }>();

  constructor(clock: Clock, onTimer: (id: string) => void) {
    this.#clock = clock;
    this.#onTimer = onTimer;
  }

  set(timers: readonly DriverTimer[]): void {
    for (const [id, { at, cancel }] of this.#running) {
      if (timers.some((timer) => timer.id === id && timer.at === at)) continue;
      cancel();
      this.#running.delete(id);
    }
    for (const { id, at } of timers) {
      if (this.#running.has(id)) continue;
      const cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
        this.#running.delete(id);
        this.#onTimer(id);
      });
      this.#running.set(id, { at, cancel });
    }
  }

  close(): void {
    this.set([]);
  }
}

/**
 * How far a session's output is committed, for those who have seen more: a server that was killed may have shown what is only in the
 * host's spool, and the next one is about to read it. They wait for that, so that nothing is taken back from them.
 */
import type { Clock } from "../platform/clock.ts";

/** Longer than a server takes to read what the one before it had shown. */
const LONGEST_MS = 3000;

export interface CommittedEndSource {
  readonly tail: () => number;
  /** The run may print more. */
  readonly isAlive: () => boolean;
}

export class CommittedEnd {
  readonly #source: CommittedEndSource;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(source: CommittedEndSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** It moved, or the run ended. */
  moved(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves when everything before `offset` is committed, or that cannot be expected any more: the run has ended, 3 s have passed, `signal` is aborted. */
  async reaches(offset: number, signal: AbortSignal): Promise<void> {
    if (this.#isReached(offset) || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.#isReached(offset)) resolve();
    };
    const cancel = this.#clock.after(LONGEST_MS, resolve);
    this.#waiting.add(look);
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    this.#waiting.delete(look);
    cancel();
  }

  #isReached(offset: number): boolean {
    return this.#source.tail() >= offset || !this.#source.isAlive();
  }
}

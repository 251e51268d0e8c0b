/**
 * How far a session's output is committed, for those who have seen more, because it was shown ahead of its commit. They wait a moment, so
 * that nothing is taken back from them: whoever saw a line finds it in whatever he asks next, and whoever saw more than a server that was
 * killed had committed goes on there as soon as the next one has read it from the host's spool.
 */
import type { Clock } from "../platform/clock.ts";

/** Longer than a server takes to read what the one before it had shown. */
const LONGEST_MS = 3000;

export interface CommittedEndSource {
  readonly tail: () => number;
  /** The run may print more. */
  readonly isAlive: () => boolean;
  /** What is shown cannot be committed now. */
  readonly isDiskFull: () => boolean;
}

export class CommittedEnd {
  readonly #source: CommittedEndSource;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #shownEnd = 0;

  constructor(source: CommittedEndSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** Everything before this offset was shown. */
  shown(end: number): void {
    this.#shownEnd = end;
  }

  /** What was shown up to here is on its way into the log, and stays so: this server showed it, or a full disk holds it up. */
  isToCome(offset: number): boolean {
    return !this.#isReached(offset) && (offset <= this.#shownEnd || this.#source.isDiskFull());
  }

  /** What was shown beyond the committed end is lost. */
  forgetShown(): void {
    this.#shownEnd = 0;
  }

  /** Resolves when all that was shown is committed: 3 ms later in the common case. With a full disk at once. */
  async reachesShown(signal: AbortSignal): Promise<void> {
    if (!this.#source.isDiskFull()) await this.reaches(this.#shownEnd, signal);
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

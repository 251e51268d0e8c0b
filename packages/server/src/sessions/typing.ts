/**
 * Where somebody types, or is about to. While a key is on its way in one session, or its screen, floods in others are slowed to what
 * nobody could read anyway, so that the echo need not wait for them: everything here shares a few processor cores.
 */
import type { Clock } from "../platform/clock.ts";

/** Longer than the pauses between the keys of somebody who types. */
const TYPES_FOR_MS = 500;

export class Typing {
  readonly #clock: Clock;
  #session: string | null = null;
  #at = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Input has come for the session of this id, or somebody who looks at it. */
  note(session: string): void {
    this.#session = session;
    this.#at = this.#clock.now();
  }

  /** Somebody types, but not in this session. */
  isElsewhere(session: string): boolean {
    return this.#session !== null && this.#session !== session && this.#clock.now() - this.#at < TYPES_FOR_MS;
  }
}

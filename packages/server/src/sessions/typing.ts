/**
 * Where somebody types, or is about to. While a key is on its way in one session, or its screen, floods in others are slowed to what
 * nobody could read anyway, so that the echo need not wait for them: everything here shares a few processor cores.
 */
import type { Clock } from "../platform/clock.ts";

/** Longer than the pauses between the keys of somebody who types. */
const TYPES_FOR_MS = 500;
/** Input that keeps coming faster than this comes from a program: a key that is held down comes each 30 ms. */
const FASTEST_MS = 10;
/** So much of the pace is the newest key's. */
const NEWEST = 1 / 8;
const CALM_MS = 100;

export class Typing {
  readonly #clock: Clock;
  #session: string | null = null;
  #at = 0;
  #paceMs = CALM_MS;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Input has come for the session of this id, or somebody who looks at it. */
  note(session: string): void {
    const now = this.#clock.now();
    this.#paceMs += (Math.min(now - this.#at, CALM_MS) - this.#paceMs) * NEWEST;
    this.#session = session;
    this.#at = now;
  }

  /** Somebody types, but not in this session. */
  isElsewhere(session: string): boolean {
    if (this.#session === null || this.#session === session || this.#paceMs < FASTEST_MS) return false;
    return this.#clock.now() - this.#at < TYPES_FOR_MS;
  }
}

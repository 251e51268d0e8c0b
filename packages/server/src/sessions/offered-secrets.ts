/**
 * Secrets for the next run of a session. Their values are never stored, so a later run has only those that the login shell sets; who
 * has the others passes them along. They are held in memory until that run has begun, at most ten minutes.
 */
import type { Clock } from "../platform/clock.ts";
import type { StoredEnvironment } from "./details.ts";
import type { Variables } from "./environment.ts";

export const OFFER_MS: number = 10 * 60_000;
const NONE: Variables = {};

interface Offer {
  readonly variables: Variables;
  readonly cancel: () => void;
}

export class OfferedSecrets {
  readonly #clock: Clock;
  readonly #offers = new Map<string, Offer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes what the session once had from its requester; answers the names. */
  offer(session: string, stored: StoredEnvironment | null, variables: Variables): readonly string[] {
    const taken = Object.entries(variables).filter(([name]) => stored?.secretNames.includes(name));
    this.used(session);
    if (taken.length === 0) return [];
    const cancel = this.#clock.after(OFFER_MS, () => this.#offers.delete(session));
    this.#offers.set(session, { variables: Object.fromEntries(taken), cancel });
    return taken.map(([name]) => name);
  }

  /** What was passed along for a session. */
  of(session: string): Variables {
    return this.#offers.get(session)?.variables ?? NONE;
  }

  /** The run has begun, or there will be none. */
  used(session: string): void {
    this.#offers.get(session)?.cancel();
    this.#offers.delete(session);
  }

  close(): void {
    for (const { cancel } of this.#offers.values()) cancel();
    this.#offers.clear();
  }
}

/**
 * Which conversations are in memory. One that nobody views, of which no run lives and nothing waits to be sent, leaves it after some
 * quiet time, and sooner when there are too many of them; it is read again, from its snapshot and the events behind it, when
 * somebody needs it. One that is in use stays, whatever the bounds.
 */
import type { Clock } from "../../platform/clock.ts";

/** After so long without use, or at the latest after twice as long, one at rest is no longer in memory. */
export const QUIET_MS = 2 * 60_000;
/** Most that are kept at rest; the one used longest ago leaves first. */
export const MAX_AT_REST = 16;

/** A conversation that is, or is about to be, in memory. */
export interface Loadable {
  /** In memory, and nobody would notice that it leaves. */
  readonly isAtRest: boolean;
  /** `false`: it is in memory, or just being read. */
  readonly isGone: boolean;
  leave(): void;
}

export class LoadedConversations {
  readonly #clock: Clock;
  /** With the time of the last use, which is also their order. */
  readonly #uses = new Map<Loadable, number>();
  #cancel: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many are in memory, or are about to be. */
  get count(): number {
    return this.#uses.size;
  }

  /** Somebody needs it now. */
  used(one: Loadable): void {
    const isNew = !this.#uses.delete(one);
    this.#uses.set(one, this.#clock.now());
    if (isNew) this.#dropBeyond();
    this.#lookLater();
  }

  close(): void {
    this.#cancel?.();
    this.#uses.clear();
  }

  #lookLater(): void {
    const [oldest] = this.#uses.values();
    if (oldest === undefined || this.#cancel) return;
    this.#cancel = this.#clock.after(Math.max(0, oldest + QUIET_MS - this.#clock.now()), () => {
      this.#cancel = null;
      this.#look();
      this.#lookLater();
    });
  }

  #look(): void {
    const now = this.#clock.now();
    for (const [one, usedAt] of this.#uses) {
      if (usedAt + QUIET_MS > now) break;
      this.#uses.delete(one);
      if (one.isAtRest) one.leave();
      else if (!one.isGone) this.#uses.set(one, now);
    }
    this.#dropBeyond();
  }

  #dropBeyond(): void {
    const atRest = [...this.#uses.keys()].filter(({ isAtRest }) => isAtRest);
    for (const one of atRest.slice(0, Math.max(0, atRest.length - MAX_AT_REST))) {
      this.#uses.delete(one);
      one.leave();
    }
  }
}

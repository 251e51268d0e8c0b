/** Waits for the ends of turns: what came of a stop. */
import type { Conversation, Stopped } from "@perdure/protocol";
import type { Clock } from "../../platform/clock.ts";

/** How long the answer to a stop waits for what came of it. */
const STOP_ANSWER_MS = 12_000;

export class TurnEnds {
  readonly #clock: Clock;
  readonly #conversation: () => Conversation;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock, conversation: () => Conversation) {
    this.#clock = clock;
    this.#conversation = conversation;
  }

  /** The conversation may have changed. */
  look(): void {
    for (const each of this.#waiting) each();
  }

  /** How the turn has ended; `not-yet` after a bound. */
  outcomeOf(turn: string): Promise<Stopped["outcome"]> {
    const { promise, resolve } = Promise.withResolvers<Stopped["outcome"]>();
    const look = (): void => {
      const state = this.#conversation().turns[turn]?.state;
      if (state !== "running" && state !== undefined) resolve(state);
    };
    this.#waiting.add(look);
    const cancel = this.#clock.after(STOP_ANSWER_MS, () => resolve("not-yet"));
    look();
    return promise.finally(() => {
      this.#waiting.delete(look);
      cancel();
    });
  }
}

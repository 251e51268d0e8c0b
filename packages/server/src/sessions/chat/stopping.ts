/**
 * Stopping: what a stop applies to, and what came of it. An agent that does not follow an interrupt is ended after a while, again
 * and again, because the host that is to end it may be away.
 */
import type { Conversation, Stopped } from "@perdure/protocol";
import type { Clock } from "../../platform/clock.ts";
import { TurnEnds } from "./turn-ends.ts";

/** An interrupt that the agent does not follow: then its run is ended. */
const STOP_MS = 10_000;

/** What a stop finds: a turn that runs, the first message that waits, or nothing. */
export type Stoppable =
  | { readonly is: "turn"; readonly turn: string }
  | { readonly is: "message"; readonly input: string }
  | { readonly is: "nothing" };

export function stoppable({ runningTurn, queue, inputs }: Conversation): Stoppable {
  const [head] = queue;
  if (runningTurn !== null) return { is: "turn", turn: runningTurn };
  if (head !== undefined && inputs[head]?.state === "accepted") return { is: "message", input: head };
  return { is: "nothing" };
}

export interface StoppingOptions {
  readonly clock: Clock;
  readonly conversation: () => Conversation;
  /** Ends the run of a turn that goes on. */
  readonly endRun: () => void;
}

export class Stopping {
  readonly #options: StoppingOptions;
  readonly #turns: TurnEnds;
  #isClosed = false;

  constructor(options: StoppingOptions) {
    this.#options = options;
    this.#turns = new TurnEnds(options.clock, options.conversation);
  }

  /** The conversation may have changed. */
  look(): void {
    this.#turns.look();
  }

  /** What became of what was stopped. A turn is waited for, within a bound. */
  async outcomeOf(stopped: Stoppable): Promise<Stopped["outcome"]> {
    if (stopped.is === "message") return "held";
    if (stopped.is === "nothing") return "nothing-running";
    this.#options.clock.after(STOP_MS, () => this.#endIfStillRunning(stopped.turn));
    return this.#turns.outcomeOf(stopped.turn);
  }

  close(): void {
    this.#isClosed = true;
  }

  #endIfStillRunning(turn: string): void {
    const { clock, conversation, endRun } = this.#options;
    if (this.#isClosed || conversation().runningTurn !== turn) return;
    endRun();
    clock.after(STOP_MS, () => this.#endIfStillRunning(turn));
  }
}

/**
 * Whose turn it is, of all pages of a browser, to send what waits in the outbox: one page's at a time. A lock decides where there
 * are locks, else word of mouth: who hears no holder takes the turn, and of two holders one steps down. A holder that does not answer
 * is frozen or gone and loses its turn. For moments two pages may send: the server takes the same message once.
 */
import { type Clock, Timer } from "../clock.ts";
import type { Randomness } from "../randomness.ts";
import type { TabChannel, TabLocks } from "./tabs.ts";

const LOCK = "perdure-outbox";
/** So long a holder may take to answer. */
export const ANSWER_MS = 300;
/** So often one who waits asks whether the holder still lives. */
export const PATIENCE_MS = 5000;

export interface FlusherTurnOptions {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly channel: TabChannel | undefined;
  readonly locks: TabLocks | undefined;
  /** Called when `isMine` has changed. */
  readonly changed: () => void;
  readonly problem: (error: unknown) => void;
}

export type TurnMessage = { readonly is: "who-sends" } | { readonly is: "i-send"; readonly page: string } | { readonly is: "turn-is-free" };

export class FlusherTurn {
  readonly #options: FlusherTurnOptions;
  readonly #page: string;
  readonly #timer: Timer;
  #phase: "idle" | "asking" | "mine" = "idle";
  #holderAnswered = false;
  #release = new AbortController();

  constructor(options: FlusherTurnOptions) {
    this.#options = options;
    this.#page = options.randomness.id();
    this.#timer = new Timer(options.clock);
  }

  get isMine(): boolean {
    return this.#phase === "mine";
  }

  /** Is there something to send, and could this page send it? A page that cannot lets another have the turn. */
  update({ canSend, hasWork }: { readonly canSend: boolean; readonly hasWork: boolean }): void {
    if (this.#phase === "idle" && canSend && hasWork) this.#ask();
    else if (this.#phase === "asking" && !(canSend && hasWork)) this.#leave();
    else if (this.#phase === "mine" && !canSend) this.#giveUp();
  }

  heard(message: TurnMessage): void {
    switch (message.is) {
      case "who-sends":
        if (this.isMine) this.#post({ is: "i-send", page: this.#page });
        return;
      case "i-send":
        return this.#heardHolder(message.page);
      case "turn-is-free":
        this.#holderAnswered = false;
        if (this.#phase === "asking" && !this.#options.locks) this.#waitForAnswer(ANSWER_MS * this.#options.randomness.fraction());
    }
  }

  close(): void {
    if (this.isMine) this.#giveUp();
    else this.#leave();
  }

  #ask(): void {
    const { channel, locks } = this.#options;
    this.#phase = "asking";
    if (locks) this.#hold(locks, false);
    // A lock may be granted at once.
    if (this.isMine) return;
    if (channel) this.#question();
    else if (!locks) this.#take();
  }

  #question(): void {
    this.#holderAnswered = false;
    this.#post({ is: "who-sends" });
    this.#waitForAnswer(ANSWER_MS * (1 + this.#options.randomness.fraction()));
  }

  #waitForAnswer(ms: number): void {
    this.#timer.start(ms, () => {
      if (this.#holderAnswered) this.#timer.start(PATIENCE_MS, () => this.#question());
      else if (this.#options.locks) this.#steal(this.#options.locks);
      else this.#take();
    });
  }

  #heardHolder(page: string): void {
    this.#holderAnswered = true;
    if (!this.isMine || this.#options.locks) return;
    if (page < this.#page) this.#lose();
    else this.#post({ is: "i-send", page: this.#page });
  }

  #steal(locks: TabLocks): void {
    this.#release.abort();
    this.#hold(locks, true);
  }

  #hold(locks: TabLocks, steal: boolean): void {
    const release = new AbortController();
    const isCurrent = (): boolean => this.#release === release && !release.signal.aborted;
    this.#release = release;
    const granted = (): void => {
      if (isCurrent()) this.#take();
    };
    locks
      .hold(LOCK, { steal, release: release.signal, granted })
      .catch((error: unknown) => this.#options.problem(error))
      .finally(() => {
        if (isCurrent()) this.#lose();
      });
  }

  #take(): void {
    this.#timer.stop();
    this.#phase = "mine";
    this.#post({ is: "i-send", page: this.#page });
    this.#options.changed();
  }

  /** Another page has it now. */
  #lose(): void {
    const wasMine = this.isMine;
    this.#leave();
    if (wasMine) this.#options.changed();
  }

  #giveUp(): void {
    this.#leave();
    this.#post({ is: "turn-is-free" });
    this.#options.changed();
  }

  #leave(): void {
    this.#timer.stop();
    this.#phase = "idle";
    this.#release.abort();
  }

  #post(message: TurnMessage): void {
    this.#options.channel?.post(message);
  }
}

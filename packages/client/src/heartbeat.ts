/**
 * Finds out whether the other end still answers, whatever the socket's `readyState` says (PROTOCOL §7). Quiet for 30 s: a ping
 * with 25 s to answer, so a dead link is noticed within 60 s. After a wake-up: a ping with 2.5 s. Timers that fire late
 * (throttled tab, frozen page) never condemn a link by themselves: one more, short, question is asked first.
 */
import { type Clock, Timer } from "./clock.ts";

export const IDLE_MS = 30_000;
export const IDLE_DEADLINE_MS = 25_000;
export const PROBE_DEADLINE_MS = 2500;
const LATE_MS = 5000;

interface Question {
  readonly id: number;
  readonly askedAt: number;
  readonly deadlineMs: number;
  /** Asked because somebody is waiting: reconnect at once when it is not answered. */
  readonly isUrgent: boolean;
  readonly isSecond: boolean;
}

export class Heartbeat {
  readonly #clock: Clock;
  readonly #ping: (id: number) => void;
  readonly #dead: (isUrgent: boolean) => void;
  readonly #timer: Timer;
  #lastHeardAt = 0;
  #lastId = 0;
  #question: Question | undefined;

  /** `ping` sends one; `dead` is called once, when an answer is overdue. */
  constructor(clock: Clock, ping: (id: number) => void, dead: (isUrgent: boolean) => void) {
    this.#clock = clock;
    this.#ping = ping;
    this.#dead = dead;
    this.#timer = new Timer(clock);
    this.#lastHeardAt = clock.now();
    this.#waitForSilence();
  }

  /** When something last came from the other end. */
  get lastHeardAt(): number {
    return this.#lastHeardAt;
  }

  heard(): void {
    this.#lastHeardAt = this.#clock.now();
  }

  answered(id: number): void {
    if (!this.#question || id < this.#question.id) return;
    this.#question = undefined;
    this.#waitForSilence();
  }

  /** Somebody is back: ask now, with a short deadline. */
  probe(): void {
    if (!this.#question?.isUrgent) this.#ask(PROBE_DEADLINE_MS, true, false);
  }

  stop(): void {
    this.#question = undefined;
    this.#timer.stop();
  }

  #waitForSilence(): void {
    const dueAt = this.#lastHeardAt + IDLE_MS;
    this.#timer.start(Math.max(0, dueAt - this.#clock.now()), () => {
      const lateMs = this.#clock.now() - Math.max(dueAt, this.#lastHeardAt + IDLE_MS);
      if (lateMs < 0) this.#waitForSilence();
      else if (lateMs > LATE_MS) this.#ask(PROBE_DEADLINE_MS, true, false);
      else this.#ask(IDLE_DEADLINE_MS, false, false);
    });
  }

  #ask(deadlineMs: number, isUrgent: boolean, isSecond: boolean): void {
    const question = { id: ++this.#lastId, askedAt: this.#clock.now(), deadlineMs, isUrgent, isSecond };
    this.#question = question;
    this.#timer.start(deadlineMs, () => this.#overdue(question));
    this.#ping(question.id);
  }

  #overdue(question: Question): void {
    // What came right after the question may have lain in a buffer while the device slept; what came later was sent since.
    const isFlowing = this.#lastHeardAt >= question.askedAt + question.deadlineMs / 2;
    const lateMs = this.#clock.now() - question.askedAt - question.deadlineMs;
    if (isFlowing) {
      this.#question = undefined;
      this.#waitForSilence();
    } else if (lateMs > LATE_MS && !question.isSecond) this.#ask(PROBE_DEADLINE_MS, true, true);
    else this.#dead(question.isUrgent);
  }
}

/**
 * Sends what waits in the outbox: the messages of a session one after the other in order, those of different sessions side by
 * side. What the server will never take is final; everything else is tried again, less and less often.
 */
import { PerdureError } from "@perdure/protocol";
import { backOffMs } from "../back-off.ts";
import { type Clock, Timer } from "../clock.ts";
import type { Randomness } from "../randomness.ts";
import type { ChatCalls } from "./chat-calls.ts";
import type { KeptMessage } from "./kept-messages.ts";

/** Codes that say that the same message will be refused again. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  "idempotency-key-reused",
  "no-conversation",
  "unknown-session",
  "session-deleted",
  "too-large",
  "bad-request",
]);
/** Answers to taking a message back that mean that the server does not have it, and will not. */
const NOT_THERE_CODES: ReadonlySet<string> = new Set(["not-found", "no-conversation", "unknown-session", "session-deleted", "bad-request"]);

export type SendOutcome =
  | { readonly is: "arrived" }
  | { readonly is: "refused"; readonly code: string; readonly text: string }
  | { readonly is: "withdrawn" }
  | { readonly is: "too-late"; readonly code: string; readonly text: string };

/** The outbox as its flusher sees it. */
export interface FlusherHome {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly calls: Pick<ChatCalls, "sendMessage" | "removeMessage">;
  /** May this page send now? */
  maySend(): boolean;
  /** All sessions for which something is to be done. */
  sessionsWithWork(): Iterable<string>;
  /** Notes on the disk that the first message of the session is about to be sent, and answers it; `undefined`: there is none. */
  next(session: string): Promise<KeptMessage | undefined>;
  sending(message: KeptMessage, isSending: boolean): void;
  settle(message: KeptMessage, outcome: SendOutcome): Promise<void>;
  problem(error: unknown): void;
}

class Lane {
  readonly pause: Timer;
  isBusy = false;
  /** Something came while it was busy. */
  isAskedAgain = false;
  failures = 0;

  constructor(clock: Clock) {
    this.pause = new Timer(clock);
  }
}

export class MessageFlusher {
  readonly #home: FlusherHome;
  readonly #lanes = new Map<string, Lane>();
  readonly #closed = new AbortController();

  constructor(home: FlusherHome) {
    this.#home = home;
  }

  /** Something may be there to send. What failed is left alone until its time. */
  flush(): void {
    for (const session of this.#home.sessionsWithWork()) {
      const lane = this.#laneOf(session);
      lane.isAskedAgain = true;
      if (!lane.isBusy && !lane.pause.isRunning) void this.#work(session, lane);
    }
  }

  /** There is a connection again, or the user asks: nothing waits for its time. */
  flushNow(): void {
    for (const lane of this.#lanes.values()) {
      lane.pause.stop();
      lane.failures = 0;
    }
    this.flush();
  }

  close(): void {
    this.#closed.abort();
    for (const lane of this.#lanes.values()) lane.pause.stop();
  }

  #laneOf(session: string): Lane {
    const known = this.#lanes.get(session);
    if (known) return known;
    const lane = new Lane(this.#home.clock);
    this.#lanes.set(session, lane);
    return lane;
  }

  async #work(session: string, lane: Lane): Promise<void> {
    lane.isBusy = true;
    try {
      while (this.#maySend && lane.isAskedAgain) {
        lane.isAskedAgain = false;
        while (this.#maySend && (await this.#sendNext(session))) lane.failures = 0;
      }
    } catch (error) {
      if (!this.#closed.signal.aborted) this.#tryLater(lane, error);
    }
    lane.isBusy = false;
    if (!lane.pause.isRunning) this.#lanes.delete(session);
  }

  get #maySend(): boolean {
    return this.#home.maySend() && !this.#closed.signal.aborted;
  }

  #tryLater(lane: Lane, error: unknown): void {
    const isExpected = error instanceof PerdureError && error.code === "server-unreachable";
    if (!isExpected) this.#home.problem(error);
    lane.pause.start(backOffMs(lane.failures++, this.#home.randomness), () => this.flush());
  }

  /** `false`: nothing is left to be done. Throws what may go better later. */
  async #sendNext(session: string): Promise<boolean> {
    const message = await this.#home.next(session);
    if (!message) return false;
    this.#home.sending(message, true);
    try {
      const outcome = message.state.is === "withdrawn" ? await this.#withdraw(message) : await this.#send(message);
      await this.#home.settle(message, outcome);
    } finally {
      this.#home.sending(message, false);
    }
    return true;
  }

  async #send({ session, id, text }: KeptMessage): Promise<SendOutcome> {
    try {
      await this.#home.calls.sendMessage(session, id, text, { signal: this.#closed.signal });
      return { is: "arrived" };
    } catch (error) {
      if (!(error instanceof PerdureError) || !FINAL_CODES.has(error.code)) throw error;
      return { is: "refused", code: error.code, text: error.message };
    }
  }

  async #withdraw({ session, id }: KeptMessage): Promise<SendOutcome> {
    try {
      await this.#home.calls.removeMessage(session, id, { signal: this.#closed.signal });
      return { is: "withdrawn" };
    } catch (error) {
      if (!(error instanceof PerdureError)) throw error;
      if (error.code === "message-sent") return { is: "too-late", code: error.code, text: error.message };
      if (NOT_THERE_CODES.has(error.code)) return { is: "withdrawn" };
      throw error;
    }
  }
}

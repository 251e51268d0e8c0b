/**
 * The sweep: sessions without a living run whose conversation still has something running are put right, when the host was asked
 * after a start or a new connection, and every five minutes. A session whose run may still live is never touched: its end is in its
 * output, which is read first. How long a turn runs says nothing.
 */
import type { ChatSummary } from "@perdure/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import type { EventLog } from "./event-log.ts";
import { isStale, looksStale } from "./stale.ts";

const EVERY_MS = 5 * 60_000;

/** A session with a conversation. */
export interface Sweepable {
  readonly id: string;
  readonly isAlive: boolean;
  /** As it is kept with the session's row. */
  readonly summary: ChatSummary | null;
  readonly chat: { readonly events: Pick<EventLog, "isLoaded" | "conversation">; closeStale(): Promise<boolean> };
}

export interface SweepOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly sessions: () => readonly Sweepable[];
}

export class Sweep {
  readonly #options: SweepOptions;
  #cancel: () => void = () => undefined;
  #isLooking = false;

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  /** All sessions were compared with what the host has: looks now, and then again and again. */
  start(): void {
    this.#cancel();
    void this.look();
    this.#cancel = this.#options.clock.after(EVERY_MS, () => this.start());
  }

  /** The host is gone: who lives is not known. */
  stop(): void {
    this.#cancel();
  }

  /** Answers how many conversations were put right. What fails is tried again the next time. */
  async look(): Promise<number> {
    if (this.#isLooking) return 0;
    this.#isLooking = true;
    let count = 0;
    for (const session of this.#options.sessions().filter(isSuspect)) if (await this.#close(session)) count += 1;
    this.#isLooking = false;
    return count;
  }

  async #close({ id, chat }: Sweepable): Promise<boolean> {
    const { log } = this.#options;
    try {
      const isClosed = await chat.closeStale();
      if (isClosed) log.warn({ session: id }, "a conversation had something running without a run; it was closed");
      return isClosed;
    } catch (error) {
      log.warn({ session: id, err: error }, "a conversation could not be put right this time");
      return false;
    }
  }
}

function isSuspect({ isAlive, summary, chat: { events } }: Sweepable): boolean {
  if (isAlive) return false;
  return events.isLoaded ? isStale(events.conversation) : summary !== null && looksStale(summary);
}

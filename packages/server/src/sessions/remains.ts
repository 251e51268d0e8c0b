/**
 * What the host keeps of runs that have ended: until it is told to forget one, it knows which input that run had taken. It is told
 * some time after the end; a failure leaves the remains there until the next start.
 */
import type { HostConnection } from "../host/connection.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";

const FORGET_TIMEOUT_MS = 5_000;
const KEPT_MS = 60 * 60_000;

export interface RemainsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly hostNow: () => HostConnection | null;
}

export class Remains {
  readonly #options: RemainsOptions;
  /** How to call off the forgetting of each run that has ended. */
  readonly #forgetting = new Map<string, () => void>();
  #isClosed = false;

  constructor(options: RemainsOptions) {
    this.#options = options;
  }

  /** Lets the host drop what is left of a run, an hour after it ended. */
  forgetLater(run: string, endedAt: number): void {
    if (this.#forgetting.has(run) || this.#isClosed) return;
    const { clock, hostNow } = this.#options;
    const forget = (): void => {
      this.#forgetting.delete(run);
      const host = hostNow();
      if (host) this.forget(host, run);
    };
    this.#forgetting.set(run, clock.after(Math.max(0, endedAt + KEPT_MS - clock.now()), forget));
  }

  /** The same now. */
  forget(connection: HostConnection, run: string): void {
    connection.forget(run, AbortSignal.timeout(FORGET_TIMEOUT_MS)).catch((error: unknown) => {
      if (!this.#isClosed) this.#options.log.info({ run, err: error }, "the remains of a run stay with the host until the next start");
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#forgetting.values()) cancel();
  }
}

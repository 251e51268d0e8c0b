/**
 * The way of a run's ledger to the host: rows in the order of their numbers, each kept until the host has acknowledged it. After
 * a new connection all that is not acknowledged is sent again; the host knows numbers that it has taken.
 */
import type { Clock } from "../../platform/clock.ts";
import { crashPoint } from "../../platform/crash.ts";
import type { SendRow } from "../../store/store.ts";

/** The name under which the host knows the ledger's numbers. */
export const LEDGER_WRITER = "ledger";
const RETRY_MS = 200;

/** To the host: `false` if it has too much waiting or is not there. */
export type SendToHost = (run: string, seq: number, data: Uint8Array) => boolean;

export class Ledger {
  readonly #clock: Clock;
  readonly #send: SendToHost;
  #rows: SendRow[] = [];
  /** Rows up to this number were given to the connection that stands. */
  #sent = 0;
  /** The host has the run. */
  #isOpen = false;
  #cancelRetry: (() => void) | null = null;

  constructor(clock: Clock, send: SendToHost) {
    this.#clock = clock;
    this.#send = send;
  }

  add(rows: readonly SendRow[]): void {
    this.#rows.push(...rows);
    this.flush();
  }

  /** A connection to a host that has the run: all of it again. */
  open(): void {
    this.#isOpen = true;
    this.#sent = 0;
    this.flush();
  }

  /** The host has refused this number: from there on again, in a while. */
  rewind(seq: number): void {
    this.#sent = Math.min(this.#sent, Math.max(0, seq - 1));
    this.#retryLater();
  }

  /** Answers what the rows were for that the host has now. */
  acked(seq: number): readonly string[] {
    const count = this.#rows.findLastIndex((row) => row.seq <= seq) + 1;
    this.#sent = Math.max(this.#sent, seq);
    return this.#rows.splice(0, count).map(({ cause }) => cause);
  }

  flush(): void {
    if (!this.#isOpen) return;
    for (const { run, seq, bytes } of this.#rows) {
      if (seq <= this.#sent) continue;
      if (!this.#send(run, seq, bytes)) return this.#retryLater();
      this.#sent = seq;
      crashPoint("server-after-ledger-sent");
    }
  }

  /** The run is over. */
  close(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#isOpen = false;
    this.#rows = [];
    this.#sent = 0;
  }

  #retryLater(): void {
    this.#cancelRetry ??= this.#clock.after(RETRY_MS, () => {
      this.#cancelRetry = null;
      this.flush();
    });
  }
}

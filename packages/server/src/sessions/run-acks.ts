/**
 * Tells the host what is committed of each run, so that it drops it from the spool: a moment later and together with others. Nobody
 * waits for it, while on a machine with few processors the viewer who is just being sent the same bytes would wait behind the host
 * that wakes up. What is not told when the server ends is said by the next one, which reads on from what is committed.
 */
import type { Clock } from "../platform/clock.ts";
import { crashPoint } from "../platform/crash.ts";

/** The host's window for a flood is 4 MiB: far more than comes in this time. */
const GATHER_MS = 3;

export class RunAcks {
  readonly #clock: Clock;
  readonly #ack: (run: string, upTo: number) => void;
  readonly #gathered = new Map<string, number>();
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, ack: (run: string, upTo: number) => void) {
    this.#clock = clock;
    this.#ack = ack;
  }

  /** Records of the run before this one are committed. */
  note(run: string, upTo: number): void {
    this.#gathered.set(run, upTo);
    this.#cancel ??= this.#clock.after(GATHER_MS, () => this.flush());
  }

  /** Tells what has gathered, now. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = null;
    for (const [run, upTo] of this.#gathered) {
      crashPoint("server-before-host-ack");
      this.#ack(run, upTo);
      crashPoint("server-after-host-ack");
    }
    this.#gathered.clear();
  }
}

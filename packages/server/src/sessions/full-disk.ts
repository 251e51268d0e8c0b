/**
 * What must be committed although the disk is full: it is tried again each second until there is room. Whoever wants to know
 * is told when it becomes full and when it no longer is.
 */
import { PerdureError } from "@perdure/protocol";
import type { Clock } from "../platform/clock.ts";

const RETRY_MS = 1000;

export class FullDisk {
  readonly #clock: Clock;
  readonly #onChange: (isFull: boolean) => void;
  #isFull = false;
  #isClosed = false;

  constructor(clock: Clock, onChange: (isFull: boolean) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** A commit has met a full disk, or has found room. */
  note(isFull: boolean): void {
    if (this.#isFull === isFull) return;
    this.#isFull = isFull;
    this.#onChange(isFull);
  }

  /** Does the work, again and again while the disk is full. Rejects with what else went wrong, and `storage-full` once it is closed. */
  async untilKept<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const result = await work();
        this.note(false);
        return result;
      } catch (error) {
        if (this.#isClosed || !(error instanceof PerdureError && error.code === "storage-full")) throw error;
        this.note(true);
        await new Promise<void>((resolve) => this.#clock.after(RETRY_MS, resolve));
      }
    }
  }

  /** Nothing is tried again any more. */
  close(): void {
    this.#isClosed = true;
  }
}

/**
 * What was received from the host and is not committed yet, of all runs together. Beyond a bound the connection to the host is
 * not read until most of it is committed: the rest waits in the host's spool and costs no memory here.
 */

const HIGH_BYTES = 16 * 1024 * 1024;
const LOW_BYTES = 4 * 1024 * 1024;

/** The reading of a connection to the host. */
export interface Tap {
  pauseReading(): void;
  resumeReading(): void;
}

export class Inflow {
  readonly #tap: () => Tap | null;
  #bytes = 0;
  #isPaused = false;
  #isDiskFull = false;

  constructor(tap: () => Tap | null) {
    this.#tap = tap;
  }

  /** So many bytes more, or fewer, are held. */
  add(bytes: number): void {
    this.#bytes += bytes;
    this.#decide();
  }

  /** A full disk may last: then every run bounds itself, and the host's answers to requests are still heard. */
  diskFull(isFull: boolean): void {
    this.#isDiskFull = isFull;
    this.#decide();
  }

  /** A new connection stands; it is being read. */
  connected(): void {
    this.#isPaused = false;
    this.#decide();
  }

  #decide(): void {
    const isTooMuch = this.#bytes > (this.#isPaused ? LOW_BYTES : HIGH_BYTES) && !this.#isDiskFull;
    if (isTooMuch === this.#isPaused) return;
    this.#isPaused = isTooMuch;
    if (isTooMuch) this.#tap()?.pauseReading();
    else this.#tap()?.resumeReading();
  }
}

/**
 * Tells the server how far the viewer has parsed (PROTOCOL §6): at once after a pause or 64 KiB, else every 50 ms. Without it the
 * server stops sending; with one a frame a firehose would be answered with a firehose.
 */
import { type Clock, Timer } from "./clock.ts";

export const ACK_BYTES: number = 64 * 1024;
export const ACK_INTERVAL_MS = 50;

export class Acknowledger {
  readonly #clock: Clock;
  readonly #send: (offset: number) => void;
  readonly #timer: Timer;
  #sentOffset = 0;
  #sentAt = 0;
  #offset = 0;

  constructor(clock: Clock, send: (offset: number) => void) {
    this.#clock = clock;
    this.#send = send;
    this.#timer = new Timer(clock);
  }

  parsed(offset: number): void {
    if (offset <= this.#sentOffset) return;
    this.#offset = offset;
    const dueInMs = this.#sentAt + ACK_INTERVAL_MS - this.#clock.now();
    // A clock that was set back must not silence the acknowledgements.
    if (offset - this.#sentOffset >= ACK_BYTES || dueInMs <= 0 || dueInMs > ACK_INTERVAL_MS) this.#flush();
    else if (!this.#timer.isRunning) this.#timer.start(dueInMs, () => this.#flush());
  }

  /** A new channel or another place in the stream: the server knows of everything up to here, and nothing after it. */
  restart(offset: number): void {
    this.#timer.stop();
    this.#sentOffset = offset;
  }

  stop(): void {
    this.#timer.stop();
  }

  #flush(): void {
    this.#timer.stop();
    this.#sentOffset = this.#offset;
    this.#sentAt = this.#clock.now();
    this.#send(this.#offset);
  }
}

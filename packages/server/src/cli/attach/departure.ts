/**
 * A detach that does not throw away what was typed: it waits until all of it is acknowledged, says what it waits for, and gives up
 * after a bounded time; a connection that is just being made is given longer.
 */
import type { Client } from "@perdure/client";
import type { Clock } from "../../platform/clock.ts";

/** An acknowledgement that is not there by then is not waited for any longer, */
export const DELIVERY_MS = 3000;
/** unless a server or the connection to it is on its way. */
export const CONNECTING_MS = 10_000;
const LOOK_AGAIN_MS = 500;
/** Nearly always the acknowledgement is faster than anybody could read. */
const STATUS_AFTER_MS = 300;
const STATUS_EVERY_MS = 1000;

export interface DepartureOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly isServerStarting: () => boolean;
  readonly pendingBytes: () => number;
  readonly showStatus: () => void;
  /** Called once: all is delivered, or the time is over. */
  readonly leave: () => void;
}

export class Departure {
  readonly #options: DepartureOptions;
  readonly #since: number;
  #stopBound: (() => void) | undefined;
  #stopStatus: (() => void) | undefined;
  #isOver = false;

  constructor(options: DepartureOptions) {
    this.#options = options;
    this.#since = options.clock.now();
  }

  begin(): void {
    const { client, clock } = this.#options;
    this.pendingChanged();
    if (this.#isOver) return;
    this.#stopBound = clock.after(DELIVERY_MS, () => this.#timeIsOver());
    this.#stopStatus = clock.after(STATUS_AFTER_MS, () => this.#showStatus());
    client.retryNow();
  }

  /** To be called whenever something was acknowledged. */
  pendingChanged(): void {
    if (this.#options.pendingBytes() === 0) this.#leave();
  }

  stop(): void {
    this.#isOver = true;
    this.#stopBound?.();
    this.#stopStatus?.();
  }

  #timeIsOver(): void {
    const { clock } = this.#options;
    if (!this.#isConnecting || clock.now() - this.#since >= CONNECTING_MS) return this.#leave();
    this.#stopBound = clock.after(LOOK_AGAIN_MS, () => this.#timeIsOver());
  }

  /** A connection that has just been made is not attached yet. */
  get #isConnecting(): boolean {
    const { client, clock, isServerStarting } = this.#options;
    const { state } = client;
    if (state.is === "connected") return clock.now() - state.since < DELIVERY_MS;
    return state.is === "connecting" || isServerStarting();
  }

  #showStatus(): void {
    const { clock, showStatus } = this.#options;
    showStatus();
    this.#stopStatus = clock.after(STATUS_EVERY_MS, () => this.#showStatus());
  }

  #leave(): void {
    if (this.#isOver) return;
    this.stop();
    this.#options.leave();
  }
}

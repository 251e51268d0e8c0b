/**
 * The server's line to its host: there is always exactly one, or one is being made. A host that has died is replaced by a new
 * one, which adopts what its predecessor left; a host that has a newer server ends this one.
 */
import { PerdureError } from "@perdure/protocol";
import { connectHost, type HostConnection, type HostEvents } from "../host/connection.ts";
import { startHost } from "../host/start.ts";
import type { Clock } from "../platform/clock.ts";
import type { Home } from "../platform/home.ts";
import type { Log } from "../platform/log.ts";

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;
const CONNECT_TIMEOUT_MS = 15_000;

export interface HostLinkOptions {
  readonly home: Home;
  /** Entry file of the host process. */
  readonly hostEntry: URL;
  readonly epoch: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Omit<HostEvents, "closed">;
  /** A connection stands: reconcile. Called for the first one and for each later one. */
  readonly onConnected: (connection: HostConnection) => void;
  /** The connection is gone, and another is being made: what was sent on it may not have arrived. */
  readonly onLost: () => void;
  /** This server has been replaced. */
  readonly onStaleEpoch: () => void;
}

export class HostLink {
  readonly #options: HostLinkOptions;
  readonly #closing = new AbortController();
  #connection: HostConnection | null = null;
  #retryMs = FIRST_RETRY_MS;
  /** The host was told to exit: no other one is wanted. */
  #isRetired = false;

  constructor(options: HostLinkOptions) {
    this.#options = options;
  }

  /** The standing connection, if there is one. */
  get connection(): HostConnection | null {
    return this.#connection;
  }

  /** The standing connection. Throws `host-unavailable` while there is none. */
  get required(): HostConnection {
    if (this.#connection) return this.#connection;
    throw new PerdureError("host-unavailable", "The host process is being started again; try again in a moment.");
  }

  /** Makes the first connection, starting a host if there is none. Rejects when that is impossible. */
  async open(): Promise<void> {
    await this.#connect();
  }

  /** Makes another connection in the place of one whose peer does not answer. */
  renew(): void {
    if (!this.#connection || this.#closing.signal.aborted) return;
    this.#connection.close();
    this.#onClosed({ is: "lost", error: new Error("the host did not answer in time") });
  }

  /** Tells the host to exit, ending what runs if asked to. No other one is started, unless it refuses. */
  async shutdown(end: boolean, signal: AbortSignal): Promise<void> {
    const connection = this.required;
    this.#isRetired = true;
    try {
      await connection.shutdown(end, signal).catch(async (error: unknown) => {
        if (this.#connection) throw error;
        // It went before its answer could be read, or died of something else: the next one ends what it left.
        await this.#connectWithin(signal);
        await this.required.shutdown(end, signal);
      });
    } catch (error) {
      this.#isRetired = false;
      if (!this.#connection && !this.#closing.signal.aborted) this.#reconnect();
      throw error;
    }
  }

  close(): void {
    this.#closing.abort();
    this.#connection?.close();
    this.#connection = null;
  }

  async #connect(): Promise<void> {
    const { home, hostEntry, epoch, events, onConnected } = this.#options;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)]);
    await startHost({ home, hostEntry, signal });
    const connection = await connectHost({
      socketPath: home.hostSocket,
      epoch,
      signal,
      events: { ...events, closed: (why) => this.#onClosed(why) },
    });
    if (this.#closing.signal.aborted) return connection.close();
    this.#connection = connection;
    this.#retryMs = FIRST_RETRY_MS;
    onConnected(connection);
  }

  /** Tries until it is connected. A host that was just killed may still seem to listen. */
  async #connectWithin(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return await this.#connect();
      } catch (error) {
        if (signal.aborted || this.#closing.signal.aborted) throw error;
        await new Promise<void>((resolve) => this.#options.clock.after(FIRST_RETRY_MS, resolve));
      }
    }
  }

  #onClosed(why: Parameters<HostEvents["closed"]>[0]): void {
    this.#connection = null;
    if (this.#closing.signal.aborted) return;
    if (why.is === "stale-epoch") return this.#options.onStaleEpoch();
    this.#options.onLost();
    if (this.#isRetired) return;
    this.#options.log.warn({ err: why.error }, "the connection to the host is lost; connecting again");
    this.#reconnect();
  }

  #reconnect(): void {
    this.#connect().catch((error: unknown) => {
      if (this.#closing.signal.aborted) return;
      if (error instanceof PerdureError && error.code === "stale-epoch") return this.#options.onStaleEpoch();
      this.#options.log.error({ err: error, retryMs: this.#retryMs }, "no host; trying again");
      this.#options.clock.after(this.#retryMs, () => this.#reconnect());
      this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
    });
  }
}

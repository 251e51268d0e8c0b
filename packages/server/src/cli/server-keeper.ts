/**
 * Keeps a server there for an attachment: when the connection is lost, it looks for the server, follows it to another port, and
 * starts one if it has died or is frozen. A server that was shut down by order is waited for, not started: somebody wanted that.
 */
import type { Client } from "@perdure/client";
import type { Clock } from "../platform/clock.ts";
import { findServer } from "./find-server.ts";
import { findOrStartServer, type StartRequest } from "./start-server.ts";

/** The first look comes when a short hiccup is over. */
const FIRST_LOOK_MS = 200;
const LOOK_EVERY_MS = 1000;

export type Outage = "lost" | "starting" | "stopped" | "failing";

export class ServerKeeper {
  readonly #request: StartRequest;
  readonly #clock: Clock;
  #url: string;
  #outage: Outage = "lost";
  #client: Client | undefined;
  #stops: (() => void)[] = [];
  #stopTimer: (() => void) | undefined;
  #isLooking = false;

  constructor(request: StartRequest, url: string, clock: Clock) {
    this.#request = request;
    this.#url = url;
    this.#clock = clock;
  }

  /** Where the server is, as far as is known. */
  get url(): string {
    return this.#url;
  }

  /** What is the matter, while the connection is lost. */
  get outage(): Outage {
    return this.#outage;
  }

  keepFor(client: Client): void {
    this.#client = client;
    this.#stops.push(client.subscribe(() => this.#changed()));
    this.#changed();
  }

  close(): void {
    for (const stop of [...this.#stops, this.#stopTimer]) stop?.();
    this.#client = undefined;
  }

  #changed(): void {
    if (this.#isAway && this.#stopTimer === undefined && !this.#isLooking) this.#schedule(FIRST_LOOK_MS);
  }

  get #isAway(): boolean {
    return this.#client !== undefined && this.#client.state.is !== "connected" && this.#client.state.is !== "closed";
  }

  #schedule(ms: number): void {
    this.#stopTimer = this.#clock.after(ms, () => {
      this.#stopTimer = undefined;
      void this.#look();
    });
  }

  async #look(): Promise<void> {
    if (!this.#isAway) return;
    this.#isLooking = true;
    try {
      if (await this.#revive()) this.#client?.retryNow();
    } catch {
      this.#outage = "failing"; // said on the status line; the server's log has the reason
    } finally {
      this.#isLooking = false;
    }
    if (this.#isAway) this.#schedule(LOOK_EVERY_MS);
  }

  /** True when there is a server to connect to. */
  async #revive(): Promise<boolean> {
    const { home, signal } = this.#request;
    const found = await findServer(home, signal);
    if (found.is === "none" && found.port === undefined) {
      this.#outage = "stopped";
      return false;
    }
    this.#outage = found.is === "running" ? "lost" : "starting";
    this.#url = found.is === "running" ? found.url : (await findOrStartServer(this.#request, found)).url;
    return true;
  }
}

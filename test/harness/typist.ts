// Somebody who types without a pause while everything around breaks: numbered lines through the client library. What it was allowed to
// send must arrive once and in order.

import { setTimeout as delay } from "node:timers/promises";
import type { Attachment, Client } from "@perdure/client";
import { attachFirst, connectClient } from "./library-client.ts";
import type { PerdureHome } from "./perdure-home.ts";
import { until } from "./until.ts";

export interface TypistOptions {
  readonly everyMs?: number;
  /** Where to connect, if not to the home's server. */
  readonly port?: number | undefined;
}

export class Typist {
  readonly #client: Client;
  readonly #attachment: Attachment;
  readonly #refused: string[];
  #typed = "";
  #lines = 0;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(client: Client, attachment: Attachment, refused: string[]) {
    this.#client = client;
    this.#attachment = attachment;
    this.#refused = refused;
  }

  /** Types one line about every `everyMs`; through `port` if the way leads over another one. */
  static async start(home: PerdureHome, session: string, { everyMs = 5, port }: TypistOptions = {}): Promise<Typist> {
    const client = connectClient(home, port);
    const refused: string[] = [];
    const attachment = await attachFirst(client, session, {
      refused: (text, reason) => refused.push(`${reason}: ${Buffer.from(text).toString()}`),
    });
    const typist = new Typist(client, attachment, refused);
    typist.#running = typist.#type(everyMs);
    return typist;
  }

  /** Everything that was taken for sending. */
  get typed(): string {
    return this.#typed;
  }

  /** What was offered back. */
  get refused(): readonly string[] {
    return this.#refused;
  }

  /** Tries to connect at once, instead of when the back-off is over. */
  retryNow(): void {
    this.#client.retryNow();
  }

  /** Stops typing and waits until everything is acknowledged. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    const report = (): string => `${this.#attachment.pendingBytes} bytes wait; ${JSON.stringify(this.#client.state)}`;
    this.#client.retryNow();
    await until("an acknowledgement of everything typed", () => this.#attachment.pendingBytes === 0, { report });
    this.#client.close();
  }

  /** Stops without waiting: what is not acknowledged never will be. */
  abandon(): void {
    this.#isStopped = true;
    this.#client.close();
  }

  async #type(everyMs: number): Promise<void> {
    while (!this.#isStopped) {
      const line = `i${String(this.#lines + 1).padStart(7, "0")}\n`;
      if (this.#attachment.send(Buffer.from(line))) {
        this.#typed += line;
        this.#lines += 1;
      }
      await delay(everyMs);
    }
  }
}

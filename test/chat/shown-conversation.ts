// What one reader was shown of a conversation, over all its connections: the lines of events byte by byte, checked against what came before.

import { setTimeout as delay } from "node:timers/promises";
import { formatCursor, parseChatEvent, parseCursor } from "@perdure/protocol";
import { ByteRecord } from "../harness/byte-record.ts";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { RawConnection } from "../harness/raw-connection.ts";
import { until } from "../harness/until.ts";

const retryMs = 20;

export class ShownConversation {
  readonly failures: string[] = [];
  readonly #home: PerdureHome;
  readonly #session: string;
  readonly #record = new ByteRecord();
  readonly #running: Promise<void>;
  #incarnation: number | undefined;
  #connection: RawConnection | undefined;
  #isStopped = false;

  private constructor(home: PerdureHome, session: string) {
    this.#home = home;
    this.#session = session;
    this.#running = this.#run();
  }

  /** A reader from the first event on, who comes back whenever the connection ends. */
  static start(home: PerdureHome, session: string): ShownConversation {
    return new ShownConversation(home, session);
  }

  get bytes(): Buffer {
    return Buffer.from(this.#record.bytes);
  }

  get end(): number {
    return this.#record.end;
  }

  /** All that the agent was seen to say, in the order in which it came. */
  get said(): string {
    return this.bytes
      .toString()
      .split("\n")
      .map((line) => parseChatEvent(line))
      .map((event) => (event?.type === "part.delta" ? event.text : ""))
      .join("");
  }

  /** Resolves when the agent was seen to say this. */
  async untilSaid(text: string): Promise<void> {
    await until(`${text} is said`, () => this.said.includes(text), { everyMs: 5, report: () => this.bytes.toString().slice(-600) });
  }

  async untilEnd(end: number): Promise<void> {
    await until(`events up to ${end} are shown`, () => this.end >= end, { report: () => `shown up to ${this.end}` });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#connection?.cut();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#follow().catch(() => undefined); // there is no server now
      if (!this.#isStopped) await delay(retryMs);
    }
  }

  async #follow(): Promise<void> {
    const connection = await RawConnection.greet(this.#home.url, { token: this.#home.token });
    this.#connection = connection;
    if (this.#isStopped) return connection.cut();
    connection.onFrame((frame) => {
      if (frame.is === "output") this.#take(frame.offset, frame.data);
      if (frame.is === "snapshot") this.failures.push(`a snapshot at ${frame.offset} came in the place of events`);
    });
    const cursor = formatCursor({ incarnation: this.#incarnation ?? 1, offset: this.#record.end });
    connection.attach(this.#session, { mode: "chat", cursor });
    const attached = await connection.message("attached");
    this.#incarnation = parseCursor(attached.cursor)?.incarnation;
    await connection.closed;
  }

  #take(offset: number, data: Uint8Array): void {
    try {
      this.#record.take(offset, data);
    } catch (error) {
      this.failures.push(String(error));
    }
  }
}

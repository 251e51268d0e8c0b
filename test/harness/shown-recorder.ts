// A client that writes down every byte that it was ever shown. It comes back after each end of a connection with its cursor, so it notices
// when something that was shown is no longer there: then the server does not continue its cursor.

import { setTimeout as delay } from "node:timers/promises";
import { formatCursor, parseCursor, type ServerFrame } from "@perdure/protocol";
import { ByteRecord } from "./byte-record.ts";
import type { PerdureHome } from "./perdure-home.ts";
import { RawConnection } from "./raw-connection.ts";
import { until } from "./until.ts";

export class ShownRecorder {
  readonly shown: ByteRecord = new ByteRecord();
  readonly #home: PerdureHome;
  readonly #session: string;
  readonly #port: number | undefined;
  readonly #failures: string[] = [];
  #connection: RawConnection | undefined;
  #incarnation: number | undefined;
  #attachments = 0;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(home: PerdureHome, session: string, port: number | undefined) {
    this.#home = home;
    this.#session = session;
    this.#port = port;
  }

  /** Attaches, and goes on attaching until it is stopped; to `port`, else to where the home's server is at that time. */
  static start(home: PerdureHome, session: string, port?: number): ShownRecorder {
    const recorder = new ShownRecorder(home, session, port);
    recorder.#running = recorder.#run();
    return recorder;
  }

  /** How often it was attached. */
  get attachments(): number {
    return this.#attachments;
  }

  /** The place behind the last byte that was shown. Throws before the first attachment. */
  get cursor(): string {
    if (this.#incarnation === undefined) throw new Error("not attached yet");
    return formatCursor({ incarnation: this.#incarnation, offset: this.shown.end });
  }

  /** What should not have happened. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Resolves when so many bytes were shown. */
  async untilShown(end: number, timeoutMs = 30_000): Promise<void> {
    const report = (): string => `${this.shown.end} bytes after ${this.#attachments} attachments; ${this.#failures.join("; ")}`;
    await until(`${end} bytes shown`, () => this.shown.end >= end, { timeoutMs, report });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#connection?.cut();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#attachOnce();
      } catch {
        await delay(20); // no server just now
      }
    }
  }

  async #attachOnce(): Promise<void> {
    const connection = await RawConnection.greet(`http://localhost:${this.#port ?? this.#home.port}`, { token: this.#home.token });
    this.#connection = connection;
    connection.onFrame((frame) => this.#take(frame, connection));
    connection.attach(this.#session, { cursor: this.#incarnation === undefined ? undefined : this.cursor });
    await connection.closed;
  }

  #take(frame: ServerFrame, connection: RawConnection): void {
    try {
      if (frame.is === "output") this.shown.take(frame.offset, frame.data);
    } catch (error) {
      this.#failures.push(String(error));
      connection.cut();
    }
    if (frame.is !== "control" || frame.message.type !== "attached") return;
    const { how, cursor } = frame.message;
    this.#attachments += 1;
    if (this.#incarnation !== undefined && how !== "tail") this.#failures.push(`the cursor at ${this.shown.end} was not continued: ${how}`);
    this.#incarnation = parseCursor(cursor)?.incarnation;
  }
}

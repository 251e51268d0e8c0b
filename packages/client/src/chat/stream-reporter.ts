/**
 * What this device saw of streams of answers, on its way to the server's diagnostics (PROTOCOL §12.9). Nothing waits for it and nothing
 * depends on it: little is kept, little is tried again, and what cannot be said in time is dropped.
 */
import { MAX_STREAM_REPORTS, PerdureError, type StreamReport } from "@perdure/protocol";
import { type Clock, Timer } from "../clock.ts";
import type { Surroundings } from "../surroundings.ts";
import type { ChatCalls } from "./chat-calls.ts";

/** Reports that come together are sent together. */
export const GATHER_MS = 1000;
/** Without a connection so many of the newest wait. */
export const MAX_WAITING_REPORTS = 100;
/** The server could not be reached: a report is sent so many times in all. Any other failure is an answer. */
export const MAX_REPORT_TRIES = 3;

interface Waiting {
  readonly report: StreamReport;
  readonly tries: number;
}

export interface StreamReporterOptions {
  readonly calls: Pick<ChatCalls, "reportStreams">;
  readonly clock: Clock;
  readonly surroundings: Surroundings;
  /** Told of each report when it is made. */
  readonly noted: (report: StreamReport) => void;
}

export class StreamReporter {
  readonly #options: StreamReporterOptions;
  readonly #gathering: Timer;
  readonly #unsubscribe: () => void;
  #waiting: readonly Waiting[] = [];
  #isConnected = false;
  #isSending = false;

  constructor(options: StreamReporterOptions) {
    this.#options = options;
    this.#gathering = new Timer(options.clock);
    this.#unsubscribe = options.surroundings.subscribe((event) => {
      if (event === "pagehide" || event === "freeze") this.#sendAll();
    });
  }

  note(report: StreamReport): void {
    this.#options.noted(report);
    this.#waiting = [...this.#waiting, { report, tries: 0 }].slice(-MAX_WAITING_REPORTS);
    this.#plan();
  }

  connection(isConnected: boolean): void {
    this.#isConnected = isConnected;
    this.#plan();
  }

  /** Says what is left, once. */
  close(): void {
    this.#unsubscribe();
    this.#gathering.stop();
    this.#sendAll();
    this.#isConnected = false;
  }

  #plan(): void {
    if (!this.#isConnected || this.#isSending || this.#waiting.length === 0 || this.#gathering.isRunning) return;
    this.#gathering.start(GATHER_MS, () => void this.#sendNext());
  }

  async #sendNext(): Promise<void> {
    if (!this.#isConnected) return;
    const batch = this.#take();
    this.#isSending = true;
    const isSaid = await this.#say(batch);
    this.#isSending = false;
    if (!isSaid) this.#putBack(batch);
    this.#plan();
  }

  /** The page stops running, and its connection with it: all at once, and no answer is waited for. */
  #sendAll(): void {
    const batches: (readonly Waiting[])[] = [];
    while (this.#waiting.length > 0) batches.push(this.#take());
    for (const batch of batches) void this.#sendLast(batch);
  }

  async #sendLast(batch: readonly Waiting[]): Promise<void> {
    if (!(await this.#say(batch))) this.#putBack(batch);
  }

  /** Of one session, so that one that was deleted meanwhile takes no other's reports with it. */
  #take(): readonly Waiting[] {
    const session = this.#waiting[0]?.report.session;
    const batch = this.#waiting.filter(({ report }) => report.session === session).slice(0, MAX_STREAM_REPORTS);
    this.#waiting = this.#waiting.filter((each) => !batch.includes(each));
    return batch;
  }

  /** `false`: nobody heard it. */
  async #say(batch: readonly Waiting[]): Promise<boolean> {
    if (batch.length === 0) return true;
    try {
      await this.#options.calls.reportStreams(
        batch.map(({ report }) => report),
        { outlivesPage: true },
      );
      return true;
    } catch (error) {
      return !(error instanceof PerdureError && error.code === "server-unreachable");
    }
  }

  #putBack(batch: readonly Waiting[]): void {
    const again = batch.flatMap(({ report, tries }) => (tries + 1 < MAX_REPORT_TRIES ? [{ report, tries: tries + 1 }] : []));
    this.#waiting = [...again, ...this.#waiting].slice(-MAX_WAITING_REPORTS);
  }
}

/**
 * Retention of the histories: by bytes and age, at a screen snapshot, every 5 minutes and whenever a history has grown a
 * quarter beyond its limit. What is trimmed is said by the stream's first kept byte.
 */
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Retention, Store } from "../store/store.ts";
import type { Session } from "./session.ts";

const EVERY_MS = 5 * 60_000;
const SLACK = 1.25;

export interface TrimmingOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly retention: Retention;
  readonly sessions: () => readonly Session[];
}

export class Trimming {
  readonly #options: TrimmingOptions;
  readonly #underWay = new Set<Session>();
  #cancel: () => void = () => undefined;

  constructor(options: TrimmingOptions) {
    this.#options = options;
  }

  /** Starts the clock. */
  start(): void {
    this.#cancel = this.#options.clock.after(EVERY_MS, () => {
      for (const session of this.#options.sessions()) this.trim(session);
      this.start();
    });
  }

  stop(): void {
    this.#cancel();
  }

  /** Trims a history that has grown far beyond its limit; called at every growth, nearly always for nothing. */
  trimIfLong(session: Session): void {
    const { tail, trimmed } = session.stream;
    if (tail - trimmed > this.#options.retention.maxBytes * SLACK) this.trim(session);
  }

  /** Trims in the background; a failure is logged and tried again at the next occasion. */
  trim(session: Session): void {
    if (this.#underWay.has(session)) return;
    this.#underWay.add(session);
    this.#trim(session)
      .catch((error: unknown) => this.#options.log.warn({ session: session.id, err: error }, "history was not trimmed; tried again later"))
      .finally(() => this.#underWay.delete(session));
  }

  async #trim(session: Session): Promise<void> {
    const { store, retention, clock } = this.#options;
    if ((await store.trim(session.key, retention, clock.now())) === 0) return;
    const state = await store.streamState(session.key);
    if (!state) return;
    const isFirst = session.stream.trimmed === 0;
    session.setTrimmed(state.trimmed);
    if (isFirst) session.addNotice(`The oldest output was dropped: of a history the newest ${megabytes(retention.maxBytes)} are kept.`);
  }
}

function megabytes(bytes: number): string {
  return `${Math.max(1, Math.round(bytes / 1024 / 1024))} MiB`;
}

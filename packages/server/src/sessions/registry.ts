/** All sessions of the server by id and by run, and those who want to know of their changes. */
import type { SessionInfo } from "@perdure/protocol";
import type { Clock } from "../platform/clock.ts";
import type { Session } from "./session.ts";

const ACTIVITY_EVERY_MS = 1_000;

/** Told of every change of the list. */
export interface RegistryListener {
  changed(session: SessionInfo): void;
  removed(id: string): void;
}

export class Registry {
  readonly #clock: Clock;
  readonly #byId = new Map<string, Session>();
  readonly #byRun = new Map<string, Session>();
  readonly #listeners = new Set<RegistryListener>();
  readonly #activityPending = new Set<Session>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get all(): readonly Session[] {
    return [...this.#byId.values()];
  }

  get(id: string): Session | undefined {
    return this.#byId.get(id);
  }

  /** The session whose current run this is. */
  byRun(run: string): Session | undefined {
    const session = this.#byRun.get(run);
    return session?.run.row.id === run ? session : undefined;
  }

  add(session: Session): void {
    this.#byId.set(session.id, session);
    this.#byRun.set(session.run.row.id, session);
  }

  /** A session's current run has another id. */
  runChanged(session: Session, previous: string): void {
    this.#byRun.delete(previous);
    this.#byRun.set(session.run.row.id, session);
  }

  remove(session: Session): void {
    this.#byId.delete(session.id);
    this.#byRun.delete(session.run.row.id);
    for (const listener of this.#listeners) listener.removed(session.id);
  }

  /** Returns the unsubscribe. */
  subscribe(listener: RegistryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(session: Session): void {
    if (!this.#byId.has(session.id)) return;
    const { info } = session;
    for (const listener of this.#listeners) listener.changed(info);
  }

  /** It printed something; told at most once a second. */
  active(session: Session): void {
    if (this.#listeners.size === 0 || this.#activityPending.has(session)) return;
    this.#activityPending.add(session);
    this.#clock.after(ACTIVITY_EVERY_MS, () => {
      this.#activityPending.delete(session);
      this.changed(session);
    });
  }
}

/**
 * Ending runs and deleting sessions. Both are asked of the host and waited for within a bound; what could not be done leaves the
 * session as it was, and may be asked for again.
 */
import { PerdureError } from "@perdure/protocol";
import type { HostConnection } from "../host/connection.ts";
import type { Clock } from "../platform/clock.ts";
import type { Home } from "../platform/home.ts";
import type { Log } from "../platform/log.ts";
import type { Write } from "../store/store.ts";
import { answered } from "./host-answer.ts";
import type { HostLink } from "./host-link.ts";
import { removeLinks } from "./launch.ts";
import type { Registry } from "./registry.ts";
import type { RunHost } from "./run-host.ts";
import type { Session } from "./session.ts";

const DEFAULT_GRACE_MS = 2_000;

export interface EndingOptions {
  readonly home: Home;
  readonly registry: Registry;
  readonly host: HostLink;
  readonly inProcess: RunHost;
  readonly clock: Clock;
  readonly log: Log;
  /** How long the host may take to answer. */
  readonly hostRequestMs: number;
  /** A run of it is just being made. */
  readonly isStarting: (session: Session) => boolean;
  /** Lets the host drop the remains of a run. */
  readonly forget: (host: HostConnection, run: string) => void;
  /** What goes wrong while nobody waits, and must not happen. */
  readonly fatal: (error: unknown) => void;
}

export class Ending {
  readonly #options: EndingOptions;
  readonly #removals = new Map<Session, Promise<void>>();
  #isClosed = false;

  constructor(options: EndingOptions) {
    this.#options = options;
  }

  /** Ends the run and everything it started; resolves when nothing of it is left. */
  async end(session: Session, graceMs: number = DEFAULT_GRACE_MS): Promise<void> {
    const { state, row } = session.run;
    const { host, inProcess, hostRequestMs } = this.#options;
    if (state.is === "exited" || state.is === "failed") return;
    if (state.is === "lost") return this.#endRemains(session);
    this.#refuseWhileStarting(session);
    session.commits.askEnd("session-ended");
    const ended = this.#untilEnded(session);
    try {
      await session.commits.keepAskedEnd();
      const keeper = session.isInProcess ? inProcess : host.required;
      const ending = keeper.end(row.id, graceMs, AbortSignal.timeout(hostRequestMs + graceMs));
      await answered(ending, `${session.name} may still be ending: ask again, it does no harm.`);
    } catch (error) {
      session.commits.endFailed();
      throw error;
    }
    await ended;
  }

  /** Nobody waits for it: where the host cannot be asked now, whoever wants it asks again. */
  endInBackground(session: Session): void {
    const { log, fatal } = this.#options;
    this.end(session).catch((error: unknown) => {
      if (this.#isClosed) return;
      session.commits.endFailed();
      if (error instanceof PerdureError) log.warn({ session: session.id, err: error }, "an agent was not ended");
      else fatal(error);
    });
  }

  /** Ends what lives of it and deletes the session with its history. Asked for twice, it happens once. */
  remove(session: Session): Promise<void> {
    const known = this.#removals.get(session);
    if (known) return known;
    const removal = this.#remove(session).finally(() => this.#removals.delete(session));
    this.#removals.set(session, removal);
    return removal;
  }

  isBeingRemoved(session: Session): boolean {
    return this.#removals.has(session);
  }

  /** Deletes the session, and keeps this in the same commit; if that fails, it is as before. */
  async delete(session: Session, kept: readonly Write[] = []): Promise<void> {
    const { registry, host, inProcess, home } = this.#options;
    try {
      await session.delete(kept);
    } catch (error) {
      const keeper = session.isInProcess ? inProcess : host.connection;
      if (session.run.state.is === "running") keeper?.read(session.run.row.id, session.commits.beginIngest());
      throw error;
    }
    registry.remove(session);
    session.close();
    removeLinks(home, session.id);
  }

  /** The server ends: what fails from here on does so because of that. */
  close(): void {
    this.#isClosed = true;
  }

  async #remove(session: Session): Promise<void> {
    this.#refuseWhileStarting(session);
    const { row, state } = session.run;
    const { isInProcess } = session;
    const host = row.isOpen && !isInProcess ? this.#options.host.required : this.#options.host.connection;
    if (state.is === "running") await this.end(session, 0);
    else if (state.is === "lost") await this.#endRemains(session);
    await this.delete(session);
    if (host && !isInProcess) this.#options.forget(host, row.id);
  }

  /** Of a lost run something may still live, if its host knows it. */
  async #endRemains(session: Session): Promise<void> {
    if (session.isInProcess) return;
    const { host, hostRequestMs, log } = this.#options;
    const run = session.run.row.id;
    try {
      await host.connection?.end(run, 0, AbortSignal.timeout(hostRequestMs));
    } catch (error) {
      log.info({ run, err: error }, "nothing is known of a lost run");
    }
  }

  #refuseWhileStarting(session: Session): void {
    if (!this.#options.isStarting(session)) return;
    throw new PerdureError("already-running", `${session.name} is just being started; try again.`);
  }

  /** Resolves when the session's end is committed, or after a bound: the answer then says what is. */
  #untilEnded(session: Session): Promise<void> {
    const { registry, clock, hostRequestMs } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (!session.isAlive || session.isDeleted) resolve();
    };
    const unsubscribe = registry.subscribe({ changed: look, removed: look });
    const cancel = clock.after(hostRequestMs, resolve);
    look();
    return promise.finally(() => {
      unsubscribe();
      cancel();
    });
  }
}

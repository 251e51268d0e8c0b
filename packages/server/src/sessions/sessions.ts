/**
 * All sessions of this server: the one place that opens, ends and deletes them, and that stands between their parts and the
 * host. Viewers come and go; nothing here ends because nobody looks.
 */
import { PerdureError, type CreateSession, type StartRun } from "@perdure/protocol";
import type { HostConnection, HostEvents } from "../host/connection.ts";
import type { Clock } from "../platform/clock.ts";
import { crashPoint } from "../platform/crash.ts";
import type { Home } from "../platform/home.ts";
import type { Log } from "../platform/log.ts";
import type { Retention, SessionRow, Store } from "../store/store.ts";
import type { Engines } from "../terminal/engine.ts";
import { Attachment, type AttachmentSink, type AttachRequest } from "./attachment.ts";
import { Creation } from "./creation.ts";
import { HostLink } from "./host-link.ts";
import { removeLinks } from "./launch.ts";
import { LoginEnvironment } from "./login-environment.ts";
import { reconcile } from "./reconciliation.ts";
import { Registry } from "./registry.ts";
import type { Services } from "./services.ts";
import { emptyStream, Session } from "./session.ts";
import { Trimming } from "./trimming.ts";

const HOST_REQUEST_MS = 20_000;
const FORGET_TIMEOUT_MS = 5_000;
/** How long the host keeps what is left of an ended run: until then it knows which input it had taken. */
const REMAINS_MS = 60 * 60_000;
const DEFAULT_GRACE_MS = 2_000;
/** The writer of the engine's answers; its numbers are offsets, which only grow. */
const ENGINE_WRITER = "engine";

export interface SessionsOptions {
  readonly home: Home;
  readonly store: Store;
  readonly engines: Engines;
  readonly hostEntry: URL;
  readonly clock: Clock;
  readonly log: Log;
  readonly retention: Retention;
  /** For programs of requesters that say none: what this server was started with. */
  readonly defaultUmask: number;
  /** This server was replaced, or cannot write the log: it must end. */
  readonly onFatal: (error: unknown) => void;
}

export class Sessions {
  readonly registry: Registry;
  readonly #options: SessionsOptions;
  readonly #services: Services;
  readonly #host: HostLink;
  readonly #creation: Creation;
  readonly #trimming: Trimming;
  #isStorageFull = false;
  #isClosed = false;

  constructor(options: SessionsOptions) {
    const { home, hostEntry, store, clock, log, retention } = options;
    this.registry = new Registry(clock);
    this.#options = options;
    this.#services = this.#makeServices();
    this.#trimming = new Trimming({ store, clock, log, retention, sessions: () => this.registry.all });
    this.#host = new HostLink({
      home,
      hostEntry,
      epoch: store.epoch,
      clock,
      log,
      events: this.#hostEvents(),
      onConnected: (connection) => this.#onConnected(connection),
      onStaleEpoch: () => options.onFatal(new PerdureError("stale-epoch")),
    });
    this.#creation = new Creation({
      registry: this.registry,
      services: this.#services,
      home,
      login: new LoginEnvironment(log, clock),
      host: () => this.#host.required,
      forget: (host, run) => this.#forget(host, run),
      defaultUmask: options.defaultUmask,
      discard: (session) => this.remove(session),
    });
  }

  /** Loads the registry and connects the host. Rejects when either is impossible. */
  async open(): Promise<void> {
    const { store } = this.#options;
    for (const row of await store.sessions()) await this.#load(row);
    if (store.report.powerCut) await this.#notePowerCut();
    await this.#host.open();
    this.#trimming.start();
  }

  /** What the host says of itself, if it is there. */
  get host(): HostConnection["hello"] | null {
    return this.#host.connection?.hello ?? null;
  }

  get isStorageFull(): boolean {
    return this.#isStorageFull;
  }

  /** The session. Throws `unknown-session`. */
  require(id: string): Session {
    const session = this.registry.get(id);
    if (session) return session;
    throw new PerdureError("unknown-session", "There is no such session; `perdure ls` lists them.");
  }

  create(request: CreateSession, key: string): Promise<{ readonly session: Session; readonly isNew: boolean }> {
    return this.#creation.create(request, key);
  }

  startRun(session: Session, request: StartRun, key: string): Promise<Session> {
    return this.#creation.startRun(session, request, key);
  }

  /** Ends the run and everything it started; resolves when nothing of it is left. */
  async end(session: Session, graceMs: number = DEFAULT_GRACE_MS): Promise<void> {
    const { state, row } = session.run;
    if (state.is === "exited" || state.is === "failed") return;
    const ended = this.#untilEnded(session);
    await this.#host.required.end(row.id, graceMs, AbortSignal.timeout(HOST_REQUEST_MS + graceMs));
    await ended;
  }

  /** Ends what lives of it and deletes the session with its history. */
  async remove(session: Session): Promise<void> {
    const { row, state } = session.run;
    if (state.is === "starting") throw new PerdureError("already-running", `${session.name} is just being started; try again.`);
    const host = row.isOpen ? this.#host.required : this.#host.connection;
    if (state.is === "running") await this.end(session, 0);
    else if (state.is === "lost") await host?.end(row.id, 0, AbortSignal.timeout(HOST_REQUEST_MS)).catch(() => undefined); // its host may have forgotten it
    this.registry.remove(session);
    session.close(true);
    await session.ingest?.stop();
    await this.#options.store.commit([{ op: "delete-session", session: session.id }], "full");
    removeLinks(this.#options.home, session.id);
    if (host) this.#forget(host, row.id);
  }

  /** Starts viewing. What goes wrong later goes to the sink. */
  attach(session: Session, request: AttachRequest, sink: AttachmentSink): Attachment {
    const attachment = new Attachment(session, this.#services, request, sink);
    attachment.start().catch((error: unknown) => {
      if (!attachment.viewer.closed.aborted) sink.failed(error);
    });
    return attachment;
  }

  /** Ends all runs if asked to, and the host. Throws when something runs and it was not. */
  async shutdownHost(end: boolean): Promise<void> {
    await this.#host.required.shutdown(end, AbortSignal.timeout(HOST_REQUEST_MS));
  }

  /** Lets go of everything; programs go on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#trimming.stop();
    this.#host.close();
    for (const session of this.registry.all) await session.ingest?.stop();
    await Promise.all(this.registry.all.map((session) => session.screen.sleep()));
    for (const session of this.registry.all) session.close(false);
  }

  /** Resolves when the session's end is committed, or after a bound: the answer then says what is. */
  #untilEnded(session: Session): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (!session.isAlive || session.isDeleted) resolve();
    };
    const unsubscribe = this.registry.subscribe({ changed: look, removed: look });
    const cancel = this.#options.clock.after(HOST_REQUEST_MS, resolve);
    look();
    return promise.finally(() => {
      unsubscribe();
      cancel();
    });
  }

  async #load(row: SessionRow): Promise<void> {
    const { store, log } = this.#options;
    const key = { session: row.id, stream: "terminal" } as const;
    const run = (await store.runs(row.id)).at(-1);
    if (!run) return log.warn({ session: row.id }, "a session without a run is left out");
    this.registry.add(new Session(this.#services, row, (await store.streamState(key)) ?? emptyStream(key), run));
  }

  async #notePowerCut(): Promise<void> {
    for (const session of this.registry.all) {
      await session.addNotice("The computer stopped without shutting down. Up to the last second of output may be missing.");
    }
  }

  #onConnected(connection: HostConnection): void {
    reconcile(connection, {
      registry: this.registry,
      services: this.#services,
      forget: (each, run) => this.#forget(each, run),
      forgetLater: (run, endedAt) => this.#forgetLater(run, endedAt + REMAINS_MS - this.#options.clock.now()),
    });
  }

  #forgetLater(run: string, ms: number): void {
    this.#options.clock.after(Math.max(0, ms), () => {
      if (this.#host.connection && !this.#isClosed) this.#forget(this.#host.connection, run);
    });
  }

  #forget(connection: HostConnection, run: string): void {
    connection.forget(run, AbortSignal.timeout(FORGET_TIMEOUT_MS)).catch((error: unknown) => {
      if (!this.#isClosed) this.#options.log.info({ run, err: error }, "the remains of a run stay with the host until the next start");
    });
  }

  #hostEvents(): Omit<HostEvents, "closed"> {
    const { log, onFatal } = this.#options;
    return {
      records: (run, records) => this.registry.byRun(run)?.ingest?.take(records),
      inputAcked: (run, writer, seq) => {
        crashPoint("server-before-input-ack");
        const session = this.registry.byRun(run);
        for (const each of session?.attachments ?? []) each.inputAcked(session?.run.row.number ?? 0, writer, seq);
      },
      inputRefused: (run, writer, seq, reason, expected) => {
        const session = this.registry.byRun(run);
        for (const each of session?.attachments ?? []) each.inputRefused(session?.run.row.number ?? 0, writer, seq, reason, expected);
      },
      gone: (run, from) => {
        const session = this.registry.byRun(run);
        session?.ingest?.skipTo(from);
        session?.addNotice("A part of the output is missing: the log is older than what the host still has.").catch(onFatal);
      },
      spool: (run, state) => log.warn({ run, state }, "the host's spool"),
    };
  }

  #makeServices(): Services {
    const { store, engines, clock, log, onFatal } = this.#options;
    const host = (): HostConnection | null => this.#host.connection;
    return {
      store,
      engines,
      clock,
      log,
      wasPowerCut: store.report.powerCut,
      fatal: onFatal,
      get isHostConnected() {
        return host() !== null;
      },
      changed: (session) => this.registry.changed(session),
      active: (session) => {
        this.registry.active(session);
        this.#trimming.trimIfLong(session);
      },
      ackRun: (run, upTo) => host()?.ack(run, upTo),
      resizeRun: (run, cols, rows) => host()?.resize(run, cols, rows),
      runEnded: (session) => {
        if (session.run.state.is !== "lost") this.#forgetLater(session.run.row.id, REMAINS_MS);
      },
      answerQuery: (session, offset, data) => {
        const { row } = session.run;
        if (session.isAlive && offset >= row.baseOffset) host()?.input(row.id, "increasing", ENGINE_WRITER, offset, data);
      },
      sendInput: (session, writer, seq, data) => host()?.input(session.run.row.id, "contiguous", writer, seq, data) ?? false,
      storageFull: (isFull) => this.#onStorageFull(isFull),
    };
  }

  #onStorageFull(isFull: boolean): void {
    if (this.#isStorageFull === isFull) return;
    this.#isStorageFull = isFull;
    if (isFull) this.#options.log.error({}, "the disk is full: output waits, nothing is dropped");
    else this.#options.log.info({}, "the disk has room again");
  }
}

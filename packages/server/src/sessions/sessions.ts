/**
 * All sessions of this server: the one place that opens, ends and deletes them, and that stands between their parts and the
 * host. Viewers come and go; nothing here ends because nobody looks.
 */
import { PerdureError, type CreateSession, type StartRun } from "@perdure/protocol";
import type { Agents } from "../agents/agents.ts";
import type { HostConnection, HostEvents } from "../host/connection.ts";
import type { Clock } from "../platform/clock.ts";
import type { Home } from "../platform/home.ts";
import type { Log } from "../platform/log.ts";
import type { KeptSession, Retention, Store, StreamKind, StreamState } from "../store/store.ts";
import type { Engines } from "../terminal/engine.ts";
import { LEDGER_WRITER } from "./chat/ledger.ts";
import { LoadedConversations } from "./chat/loaded.ts";
import { StreamRecords } from "./chat/stream-records.ts";
import { Attachment, type AttachmentSink, type AttachRequest } from "./attachment.ts";
import { Creation } from "./creation.ts";
import { Ending } from "./ending.ts";
import type { Variables } from "./environment.ts";
import { FullDisk } from "./full-disk.ts";
import { HeldPrograms } from "./held-programs.ts";
import { answered } from "./host-answer.ts";
import { hostEvents } from "./host-events.ts";
import { HostLink } from "./host-link.ts";
import { Inflow } from "./inflow.ts";
import { InProcessRuns } from "./in-process-runs.ts";
import { LoginEnvironment } from "./login-environment.ts";
import { OfferedSecrets } from "./offered-secrets.ts";
import { readOn, reconcile, type ReconciliationOptions } from "./reconciliation.ts";
import { Registry } from "./registry.ts";
import { Remains } from "./remains.ts";
import { RunAcks } from "./run-acks.ts";
import { livesInServer, type RunHost } from "./run-host.ts";
import { lostRun } from "./run-rows.ts";
import { historyServices } from "./history/history.ts";
import type { Services } from "./services.ts";
import { SessionAgents } from "./session-agents.ts";
import { Session } from "./session.ts";
import { emptyStream } from "./streams.ts";
import { Typing } from "./typing.ts";
import { Trimming } from "./trimming.ts";
import { cutNotice } from "./words.ts";

const HOST_REQUEST_MS = 20_000;
const RECONCILE_MS = 2_000;
const MAX_SCREEN_LAG_BYTES = 32 * 1024 * 1024;
/** The writer of the engine's answers; its numbers are offsets, which only grow. */
const ENGINE_WRITER = "engine";

export interface SessionsOptions {
  readonly home: Home;
  readonly store: Store;
  readonly engines: Engines;
  readonly hostEntry: URL;
  /** Those that are known, and those that were registered. */
  readonly agents: Agents;
  readonly clock: Clock;
  readonly log: Log;
  readonly retention: Retention;
  /** For programs of requesters that say none: what this server was started with. */
  readonly defaultUmask: number;
  /** Where the files of shells with marks are; without it shells are started as they were asked for. */
  readonly shellMarks?: string;
  /** How long the host may take to answer; default 20 s. */
  readonly hostRequestMs?: number;
  /** An agent that has nothing to do for so long is ended; the next message resumes it. */
  readonly parkAfterMs: number;
  /** This server was replaced, or cannot write the log: it must end. */
  readonly onFatal: (error: unknown) => void;
}

export class Sessions {
  readonly registry: Registry;
  /** What became of the streams of answers. */
  readonly streams: StreamRecords;
  /** Which conversations are in memory. */
  readonly loaded: LoadedConversations;
  /** What agents need. */
  readonly agents: SessionAgents;
  readonly #options: SessionsOptions;
  readonly #services: Services;
  readonly #host: HostLink;
  readonly #inProcess: InProcessRuns;
  readonly #creation: Creation;
  readonly #ending: Ending;
  readonly #remains: Remains;
  readonly #login: LoginEnvironment;
  readonly #secrets: OfferedSecrets;
  readonly #trimming: Trimming;
  readonly #disk: FullDisk;
  readonly #typing: Typing;
  readonly #held: HeldPrograms;
  readonly #acks: RunAcks;
  readonly #inflow = new Inflow(() => this.#host.connection);
  #reconciled: Promise<void> = Promise.resolve();
  readonly #hostRequestMs: number;
  #isClosed = false;

  constructor(options: SessionsOptions) {
    const { store, clock, log, retention } = options;
    this.registry = new Registry(clock);
    this.streams = new StreamRecords(clock, log);
    this.loaded = new LoadedConversations(clock);
    this.#held = new HeldPrograms(this.registry);
    this.#acks = new RunAcks(clock, (run, upTo) => this.#hostOf(run)?.ack(run, upTo));
    this.#options = options;
    this.#hostRequestMs = options.hostRequestMs ?? HOST_REQUEST_MS;
    this.#typing = new Typing(clock);
    this.#disk = new FullDisk(clock, (isFull) => this.#onStorageFull(isFull));
    this.#services = this.#makeServices();
    this.#trimming = new Trimming({ store, clock, log, retention, sessions: () => this.registry.all });
    this.#login = new LoginEnvironment(log, clock);
    this.#secrets = new OfferedSecrets(clock);
    this.#remains = new Remains({ clock, log, hostNow: () => this.#host.connection });
    const events = hostEvents(this.registry, this.#held, log);
    this.#host = this.#makeHostLink(events);
    this.#inProcess = new InProcessRuns({ clock, log, events, session: (run) => this.registry.byRun(run) });
    this.#ending = this.#makeEnding();
    this.#creation = this.#makeCreation();
    this.agents = this.#makeAgents();
  }

  /** Loads the registry and connects the host. Rejects when either is impossible. */
  async open(): Promise<void> {
    const { store, clock } = this.#options;
    const loaded = (await store.keptSessions()).map((kept) => this.#load(kept));
    for (const session of loaded) this.registry.add(session);
    for (const session of loaded) session.noteIncarnation(cutNotice(store.report, session.run.row.isOpen));
    const gone = this.#loseInProcess(loaded);
    await this.#host.open();
    // Who asks now is told what is, unless a full disk holds it up.
    await Promise.race([Promise.all([this.#reconciled, gone]), new Promise<void>((resolve) => clock.after(RECONCILE_MS, resolve))]);
    this.#trimming.start();
    this.agents.start();
  }

  /** What the host says of itself, if it is there. */
  get host(): HostConnection["hello"] | null {
    return this.#host.connection?.hello ?? null;
  }

  /** What whoever looks after the server should know now. */
  get notices(): readonly string[] {
    const full = this.#disk.isFull ? ["The disk is full: output waits until there is room, nothing is dropped."] : [];
    return [...full, ...this.#held.notices];
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
  end(session: Session, graceMs?: number): Promise<void> {
    return this.#ending.end(session, graceMs);
  }

  /** Ends what lives of it and deletes the session with its history. Asked for twice, it happens once. */
  remove(session: Session): Promise<void> {
    return this.#ending.remove(session);
  }

  /** Variables for the session's next run, from somebody who has them; answers the names of those that it wants. */
  offer(session: Session, variables: Variables): readonly string[] {
    return session.isAlive ? [] : this.#secrets.offer(session.id, session.details.environment, variables);
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
    if (end) await Promise.all(this.registry.all.filter(isAliveHere).map((session) => this.end(session)));
    const ending = this.#host.shutdown(end, AbortSignal.timeout(this.#hostRequestMs));
    await answered(ending, "Programs may still be ending: ask again, it does no harm.");
  }

  /** Lets go of everything; programs go on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#disk.close();
    this.#trimming.stop();
    this.#secrets.close();
    this.loaded.close();
    this.#ending.close();
    this.agents.close();
    await this.#inProcess.close();
    this.#remains.close();
    this.#acks.flush();
    this.#host.close();
    for (const session of this.registry.all) await session.ingest?.stop();
    await Promise.all(this.registry.all.map((session) => session.screen.sleep()));
    for (const session of this.registry.all) session.close();
  }

  #load({ session: row, run, streams: kept }: KeptSession): Session {
    if (!run) this.#options.log.warn({ session: row.id }, "a session has lost its runs; its history is kept");
    const streamOf = (stream: StreamKind): StreamState =>
      kept.find((each) => each.stream === stream) ?? emptyStream({ session: row.id, stream });
    return new Session(this.#services, row, { terminal: streamOf("terminal"), wire: streamOf("wire") }, run ?? lostRun(row));
  }

  #onConnected(connection: HostConnection): void {
    this.#inflow.connected();
    this.#reconciled = reconcile(connection, this.#reconciliation).then(() => this.agents.compared(connection === this.#host.connection));
    this.#services.inBackground(this.#reconciled);
  }

  get #reconciliation(): ReconciliationOptions {
    return {
      registry: this.registry,
      services: this.#services,
      isCurrent: (connection) => connection === this.#host.connection || connection === this.#inProcess,
      forget: (each, run) => this.#remains.forget(each, run),
      forgetLater: (run, endedAt) => this.#remains.forgetLater(run, endedAt),
    };
  }

  /** Functions end with their server: whatever an earlier one had of them is gone. */
  #loseInProcess(loaded: readonly Session[]): Promise<unknown> {
    const { wasPowerCut, disk } = this.#services;
    const reason = wasPowerCut ? "power-cut" : "server-ended";
    const lose = (session: Session): Promise<void> =>
      disk.untilKept(() => session.commits.lose(session.run.state.is === "starting" ? "never-started" : reason));
    const gone = Promise.all(loaded.filter(isAliveHere).map(lose));
    this.#services.inBackground(gone);
    return gone;
  }

  /** Who keeps this run. */
  #hostOf(run: string): RunHost | null {
    return this.#inProcess.has(run) ? this.#inProcess : this.#host.connection;
  }

  #makeHostLink(events: Omit<HostEvents, "closed">): HostLink {
    const { home, hostEntry, store, clock, log, onFatal } = this.#options;
    return new HostLink({
      home,
      hostEntry,
      epoch: store.epoch,
      clock,
      log,
      events,
      onConnected: (connection) => this.#onConnected(connection),
      onLost: () => {
        this.#held.forgetAll();
        this.agents.hostLost();
        for (const session of this.registry.all) for (const each of session.attachments) each.hostLost();
      },
      onStaleEpoch: () => onFatal(new PerdureError("stale-epoch")),
    });
  }

  #makeEnding(): Ending {
    const { home, clock, log, onFatal } = this.#options;
    return new Ending({
      home,
      registry: this.registry,
      host: this.#host,
      inProcess: this.#inProcess,
      clock,
      log,
      hostRequestMs: this.#hostRequestMs,
      isStarting: (session) => this.#creation.isStarting(session),
      forget: (host, run) => this.#remains.forget(host, run),
      fatal: onFatal,
    });
  }

  #makeCreation(): Creation {
    return new Creation({
      registry: this.registry,
      services: this.#services,
      home: this.#options.home,
      login: this.#login,
      secrets: this.#secrets,
      host: (details) => (livesInServer(details, (id) => this.#services.agent(id)) ? this.#inProcess : this.#host.required),
      hostNow: () => this.#host.connection,
      renewHost: () => this.#host.renew(),
      readOn: (session, host, run) => readOn(session, host, run, this.#reconciliation),
      forget: (host, run) => this.#remains.forget(host, run),
      defaultUmask: this.#options.defaultUmask,
      shellMarks: this.#options.shellMarks ?? null,
      discard: (session, kept) => this.#ending.delete(session, kept),
      isBeingRemoved: (session) => this.#ending.isBeingRemoved(session),
      settle: (session) => this.agents.settle(session),
    });
  }

  #makeAgents(): SessionAgents {
    const { home, store, clock, log, parkAfterMs } = this.#options;
    return new SessionAgents({
      home,
      store,
      clock,
      log,
      registry: this.registry,
      disk: this.#disk,
      login: this.#login,
      parkAfterMs,
      placeOf: (session) => this.#creation.placeOf(session),
      startRun: (session, request, key) => this.#creation.startRun(session, request, key),
      isTaken: (session) => this.#creation.isStarting(session) || this.#ending.isBeingRemoved(session),
      endRun: (session) => this.#ending.endInBackground(session),
      inBackground: (work) => this.#services.inBackground(work),
    });
  }

  #makeServices(): Services {
    const { agents, store, engines, clock, log, onFatal } = this.#options;
    const host = (): HostConnection | null => this.#host.connection;
    return {
      store,
      engines,
      history: historyServices(),
      clock,
      log,
      streams: this.streams,
      loaded: this.loaded,
      wasPowerCut: store.report.powerCut,
      // Old output can go only up to where the screen is: it must not be far behind a short history.
      maxScreenLagBytes: Math.min(MAX_SCREEN_LAG_BYTES, this.#options.retention.maxBytes / 2),
      fatal: onFatal,
      get isHostConnected() {
        return host() !== null;
      },
      changed: (session) => this.registry.changed(session),
      active: (session) => {
        this.registry.active(session);
        this.#trimming.trimIfLong(session);
      },
      ackRun: (run, upTo) => this.#acks.note(run, upTo),
      resizeRun: (run, cols, rows) => host()?.resize(run, cols, rows),
      runEnded: (session) => {
        this.agents.runEnded(session);
        if (session.isInProcess) void this.#inProcess.forget(session.run.row.id);
        else if (session.run.state.is !== "lost") this.#remains.forgetLater(session.run.row.id, clock.now());
      },
      sendLedger: (run, seq, data) => this.#hostOf(run)?.input(run, "contiguous", LEDGER_WRITER, seq, data) ?? false,
      get agents() {
        return agents.all;
      },
      agent: (id) => agents.all.find((agent) => agent.id === id) ?? null,
      wake: (session) => this.agents.wake(session),
      endRun: (session) => this.#ending.endInBackground(session),
      answerQuery: (session, offset, data) => {
        const { row } = session.run;
        if (session.isAlive && offset >= row.baseOffset) host()?.input(row.id, "increasing", ENGINE_WRITER, offset, data);
      },
      sendInput: (session, writer, seq, data) => {
        this.#typing.note(session.id);
        return host()?.input(session.run.row.id, "contiguous", writer, seq, data) ?? false;
      },
      typing: this.#typing,
      disk: this.#disk,
      holds: (bytes) => this.#inflow.add(bytes),
      readAgain: (run, from) => this.#hostOf(run)?.read(run, from),
      inBackground: (work) => {
        work.catch((error: unknown) => {
          if (!this.#isClosed) onFatal(error);
        });
      },
    };
  }

  #onStorageFull(isFull: boolean): void {
    this.#inflow.diskFull(isFull);
    if (isFull) this.#options.log.error({}, "the disk is full: output waits, nothing is dropped");
    else this.#options.log.info({}, "the disk has room again");
  }
}

function isAliveHere(session: Session): boolean {
  return session.isInProcess && session.run.row.isOpen;
}

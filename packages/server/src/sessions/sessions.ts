/**
 * All sessions of this server: the one place that opens, ends and deletes them, and that stands between their parts and the
 * host. Viewers come and go; nothing here ends because nobody looks.
 */
import { PerdureError, type CreateSession, type StartRun } from "@perdure/protocol";
import type { Agent, AgentPlace } from "../agents/agent.ts";
import { AgentTerminals } from "./agent-terminals.ts";
import type { HostConnection, HostEvents } from "../host/connection.ts";
import type { Clock } from "../platform/clock.ts";
import { crashPoint } from "../platform/crash.ts";
import type { Home } from "../platform/home.ts";
import type { Log } from "../platform/log.ts";
import type { Retention, SessionRow, Store, Write } from "../store/store.ts";
import type { Engines } from "../terminal/engine.ts";
import type { Chat } from "./chat/chat.ts";
import { LEDGER_WRITER } from "./chat/ledger.ts";
import { Parking } from "./chat/parking.ts";
import { StreamRecords } from "./chat/stream-records.ts";
import { Attachment, type AttachmentSink, type AttachRequest } from "./attachment.ts";
import { Creation, lostRun } from "./creation.ts";
import { FullDisk } from "./full-disk.ts";
import { HeldPrograms } from "./held-programs.ts";
import { answered } from "./host-answer.ts";
import { HostLink } from "./host-link.ts";
import { Inflow } from "./inflow.ts";
import { removeLinks } from "./launch.ts";
import { LoginEnvironment } from "./login-environment.ts";
import { parkable } from "./parkable.ts";
import { sweepOf, type Sweep } from "./sweepable.ts";
import { readOn, reconcile, type ReconciliationOptions } from "./reconciliation.ts";
import { Registry } from "./registry.ts";
import type { Services } from "./services.ts";
import { Session } from "./session.ts";
import { emptyStream } from "./streams.ts";
import { Typing } from "./typing.ts";
import { Trimming } from "./trimming.ts";
import { Waking } from "./waking.ts";
import { cutNotice } from "./words.ts";

const HOST_REQUEST_MS = 20_000;
const FORGET_TIMEOUT_MS = 5_000;
const RECONCILE_MS = 2_000;
/** How long the host keeps what is left of an ended run: until then it knows which input it had taken. */
const REMAINS_MS = 60 * 60_000;
const MAX_SCREEN_LAG_BYTES = 32 * 1024 * 1024;
const DEFAULT_GRACE_MS = 2_000;
/** The writer of the engine's answers; its numbers are offsets, which only grow. */
const ENGINE_WRITER = "engine";

export interface SessionsOptions {
  readonly home: Home;
  readonly store: Store;
  readonly engines: Engines;
  readonly hostEntry: URL;
  /** Those that are known, and those that were registered. */
  readonly agents: readonly Agent[];
  readonly clock: Clock;
  readonly log: Log;
  readonly retention: Retention;
  /** For programs of requesters that say none: what this server was started with. */
  readonly defaultUmask: number;
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
  readonly #options: SessionsOptions;
  readonly #services: Services;
  readonly #host: HostLink;
  readonly #creation: Creation;
  readonly #login: LoginEnvironment;
  readonly #trimming: Trimming;
  readonly #parking: Parking;
  readonly #sweep: Sweep;
  readonly #terminals: AgentTerminals;
  readonly #disk: FullDisk;
  readonly #typing: Typing;
  readonly #held: HeldPrograms;
  readonly #inflow = new Inflow(() => this.#host.connection);
  readonly #removals = new Map<Session, Promise<void>>();
  readonly #waking: Waking;
  /** How to call off the forgetting of each run that has ended. */
  readonly #forgetting = new Map<string, () => void>();
  #reconciled: Promise<void> = Promise.resolve();
  readonly #hostRequestMs: number;
  #isClosed = false;

  constructor(options: SessionsOptions) {
    const { home, hostEntry, store, clock, log, retention } = options;
    this.registry = new Registry(clock);
    this.streams = new StreamRecords(clock, log);
    this.#held = new HeldPrograms(this.registry);
    this.#options = options;
    this.#hostRequestMs = options.hostRequestMs ?? HOST_REQUEST_MS;
    this.#typing = new Typing(clock);
    this.#disk = new FullDisk(clock, (isFull) => this.#onStorageFull(isFull));
    this.#services = this.#makeServices();
    this.#terminals = new AgentTerminals({
      store,
      clock,
      log,
      sessions: () => this.registry.all,
      placeOf: (session) => this.#creation.placeOf(session),
      startAnew: (session) => this.#services.wake(session),
    });
    this.#waking = new Waking({
      log,
      disk: this.#disk,
      startRun: (session, request, key) => this.#creation.startRun(session, request, key),
      isTaken: (session) => this.#isClosed || this.#creation.isStarting(session) || this.#removals.has(session),
    });
    this.#parking = new Parking(clock, options.parkAfterMs, () => parkable(this.registry.all, this.#services));
    this.#sweep = sweepOf(this.registry, clock, log);
    this.#trimming = new Trimming({ store, clock, log, retention, sessions: () => this.registry.all });
    this.#host = new HostLink({
      home,
      hostEntry,
      epoch: store.epoch,
      clock,
      log,
      events: this.#hostEvents(),
      onConnected: (connection) => this.#onConnected(connection),
      onLost: () => {
        this.#held.forgetAll();
        this.#sweep.stop();
        for (const session of this.registry.all) for (const each of session.attachments) each.hostLost();
      },
      onStaleEpoch: () => options.onFatal(new PerdureError("stale-epoch")),
    });
    this.#login = new LoginEnvironment(log, clock);
    this.#creation = new Creation({
      registry: this.registry,
      services: this.#services,
      home,
      login: this.#login,
      host: () => this.#host.required,
      hostNow: () => this.#host.connection,
      renewHost: () => this.#host.renew(),
      readOn: (session, host, run) => readOn(session, host, run, this.#reconciliation),
      forget: (host, run) => this.#forget(host, run),
      defaultUmask: options.defaultUmask,
      discard: (session, kept) => this.#delete(session, kept),
      isBeingRemoved: (session) => this.#removals.has(session),
      settle: (session) => this.#terminals.settle(session),
    });
  }

  /** Loads the registry and connects the host. Rejects when either is impossible. */
  async open(): Promise<void> {
    const { store, clock } = this.#options;
    const loaded = await Promise.all((await store.sessions()).map((row) => this.#load(row)));
    for (const session of loaded) this.registry.add(session);
    for (const session of loaded) session.noteIncarnation(cutNotice(store.report, session.run.row.isOpen));
    await this.#host.open();
    // Who asks now is told what is, unless a full disk holds it up.
    await Promise.race([this.#reconciled, new Promise<void>((resolve) => clock.after(RECONCILE_MS, resolve))]);
    this.#trimming.start();
    this.#parking.start();
    this.#terminals.start();
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
  async end(session: Session, graceMs: number = DEFAULT_GRACE_MS): Promise<void> {
    const { state, row } = session.run;
    if (state.is === "exited" || state.is === "failed") return;
    if (state.is === "lost") return this.#endRemains(row.id);
    this.#refuseWhileStarting(session);
    session.askEnd("session-ended");
    const ended = this.#untilEnded(session);
    try {
      const ending = this.#host.required.end(row.id, graceMs, AbortSignal.timeout(this.#hostRequestMs + graceMs));
      await answered(ending, `${session.name} may still be ending: ask again, it does no harm.`);
    } catch (error) {
      session.endFailed();
      throw error;
    }
    await ended;
  }

  /** Ends what lives of it and deletes the session with its history. Asked for twice, it happens once. */
  remove(session: Session): Promise<void> {
    const known = this.#removals.get(session);
    if (known) return known;
    const removal = this.#remove(session).finally(() => this.#removals.delete(session));
    this.#removals.set(session, removal);
    return removal;
  }

  /** Where an agent is looked for when a page asks: the login shell's environment, in a directory or at home. */
  async place(cwd: string | undefined): Promise<AgentPlace> {
    const env = await this.#login.get();
    return { cwd: cwd ?? env["HOME"] ?? "/", env: { ...env, PERDURE_HOME: this.#options.home.directory } };
  }

  /** The conversation as it is; of an agent in its terminal also what lies with the agent alone. */
  async conversation(session: Session): Promise<Chat> {
    const { chat } = session;
    if (!chat) throw new PerdureError("no-conversation", "This session is a terminal; messages go to sessions with an agent.");
    if (!session.isChatRun) await this.#terminals.importHistory(session);
    await chat.conversation();
    return chat;
  }

  /** The session that has a conversation of an agent. */
  withConversation(agent: string, resumeId: string): Session | null {
    return this.registry.all.find(({ details }) => details.agent?.id === agent && details.chat?.resumeId === resumeId) ?? null;
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
    const ending = this.#host.shutdown(end, AbortSignal.timeout(this.#hostRequestMs));
    await answered(ending, "Programs may still be ending: ask again, it does no harm.");
  }

  /** Lets go of everything; programs go on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#disk.close();
    this.#trimming.stop();
    this.#parking.stop();
    this.#sweep.stop();
    this.#terminals.stop();
    for (const cancel of this.#forgetting.values()) cancel();
    this.#host.close();
    for (const session of this.registry.all) await session.ingest?.stop();
    await Promise.all(this.registry.all.map((session) => session.screen.sleep()));
    for (const session of this.registry.all) session.close();
  }

  async #remove(session: Session): Promise<void> {
    this.#refuseWhileStarting(session);
    const { row, state } = session.run;
    const host = row.isOpen ? this.#host.required : this.#host.connection;
    if (state.is === "running") await this.end(session, 0);
    else if (state.is === "lost") await this.#endRemains(row.id);
    await this.#delete(session);
    if (host) this.#forget(host, row.id);
  }

  /** Deletes the session; if that fails, it is as before. */
  async #delete(session: Session, kept: readonly Write[] = []): Promise<void> {
    try {
      await session.delete(kept);
    } catch (error) {
      if (session.run.state.is === "running") this.#host.connection?.read(session.run.row.id, session.beginIngest());
      throw error;
    }
    this.registry.remove(session);
    session.close();
    removeLinks(this.#options.home, session.id);
  }

  /** Of a lost run something may still live, if its host knows it. */
  async #endRemains(run: string): Promise<void> {
    try {
      await this.#host.connection?.end(run, 0, AbortSignal.timeout(this.#hostRequestMs));
    } catch (error) {
      this.#options.log.info({ run, err: error }, "nothing is known of a lost run");
    }
  }

  #refuseWhileStarting(session: Session): void {
    if (this.#creation.isStarting(session)) throw new PerdureError("already-running", `${session.name} is just being started; try again.`);
  }

  /** Resolves when the session's end is committed, or after a bound: the answer then says what is. */
  #untilEnded(session: Session): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (!session.isAlive || session.isDeleted) resolve();
    };
    const unsubscribe = this.registry.subscribe({ changed: look, removed: look });
    const cancel = this.#options.clock.after(this.#hostRequestMs, resolve);
    look();
    return promise.finally(() => {
      unsubscribe();
      cancel();
    });
  }

  async #load(row: SessionRow): Promise<Session> {
    const { store, log } = this.#options;
    const terminal = { session: row.id, stream: "terminal" } as const;
    const wire = { session: row.id, stream: "wire" } as const;
    const [runs, ...states] = await Promise.all([store.runs(row.id), store.streamState(terminal), store.streamState(wire)]);
    const run = runs.at(-1);
    if (!run) log.warn({ session: row.id }, "a session has lost its runs; its history is kept");
    const streams = { terminal: states[0] ?? emptyStream(terminal), wire: states[1] ?? emptyStream(wire) };
    return new Session(this.#services, row, streams, run ?? lostRun(row));
  }

  #onConnected(connection: HostConnection): void {
    this.#inflow.connected();
    this.#reconciled = reconcile(connection, this.#reconciliation).then(() => this.#onCompared(connection));
    this.#services.inBackground(this.#reconciled);
  }

  /** Now it is known what lives: messages that waited when the last server ended go on. */
  #onCompared(connection: HostConnection): void {
    if (connection === this.#host.connection && !this.#isClosed) this.#sweep.start();
    for (const { chat, details } of this.registry.all) if (chat && details.chat && details.chat.queued > 0) chat.pump();
  }

  get #reconciliation(): ReconciliationOptions {
    return {
      registry: this.registry,
      services: this.#services,
      isCurrent: (connection) => connection === this.#host.connection,
      forget: (each, run) => this.#forget(each, run),
      forgetLater: (run, endedAt) => this.#forgetLater(run, endedAt + REMAINS_MS - this.#options.clock.now()),
    };
  }

  #forgetLater(run: string, ms: number): void {
    if (this.#forgetting.has(run) || this.#isClosed) return;
    const forget = (): void => {
      this.#forgetting.delete(run);
      if (this.#host.connection) this.#forget(this.#host.connection, run);
    };
    this.#forgetting.set(run, this.#options.clock.after(Math.max(0, ms), forget));
  }

  #forget(connection: HostConnection, run: string): void {
    connection.forget(run, AbortSignal.timeout(FORGET_TIMEOUT_MS)).catch((error: unknown) => {
      if (!this.#isClosed) this.#options.log.info({ run, err: error }, "the remains of a run stay with the host until the next start");
    });
  }

  #hostEvents(): Omit<HostEvents, "closed"> {
    const { log } = this.#options;
    return {
      records: (run, records) => this.registry.byRun(run)?.ingest?.take(records),
      inputAcked: (run, writer, seq) => {
        crashPoint("server-before-input-ack");
        const session = this.registry.byRun(run);
        if (writer === LEDGER_WRITER) session?.chat?.delivered(run, seq);
        for (const each of session?.attachments ?? []) each.inputAcked(session?.run.row.number ?? 0, writer, seq);
      },
      inputRefused: (run, writer, seq, reason, expected) => {
        const session = this.registry.byRun(run);
        if (writer === LEDGER_WRITER && reason !== "run-ended") session?.chat?.refused(run, expected ?? seq);
        for (const each of session?.attachments ?? []) each.inputRefused(session?.run.row.number ?? 0, writer, seq, reason, expected);
      },
      gone: (run, from) => {
        const session = this.registry.byRun(run);
        session?.ingest?.skipTo(from);
        session?.addNotice("A part of the output is missing: the log is older than what the host still has.");
      },
      spool: (run, state) => {
        log.warn({ run, state }, "the host's spool");
        this.#held.changed(run, state);
      },
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
      streams: this.streams,
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
      ackRun: (run, upTo) => host()?.ack(run, upTo),
      resizeRun: (run, cols, rows) => host()?.resize(run, cols, rows),
      runEnded: (session) => {
        if (session.chat && !session.isChatRun) this.#services.inBackground(this.#terminals.ended(session));
        if (session.run.state.is !== "lost") this.#forgetLater(session.run.row.id, REMAINS_MS);
      },
      sendLedger: (run, seq, data) => host()?.input(run, "contiguous", LEDGER_WRITER, seq, data) ?? false,
      agents: this.#options.agents,
      agent: (id) => this.#options.agents.find((agent) => agent.id === id) ?? null,
      wake: (session) => this.#services.inBackground(this.#waking.wake(session)),
      endRun: (session) => this.#endInBackground(session),
      answerQuery: (session, offset, data) => {
        const { row } = session.run;
        if (session.isAlive && offset >= row.baseOffset) host()?.input(row.id, "increasing", ENGINE_WRITER, offset, data);
      },
      sendInput: (session, writer, seq, data) => {
        this.#typing.note(session);
        return host()?.input(session.run.row.id, "contiguous", writer, seq, data) ?? false;
      },
      typing: this.#typing,
      disk: this.#disk,
      holds: (bytes) => this.#inflow.add(bytes),
      readAgain: (run, from) => host()?.read(run, from),
      inBackground: (work) => {
        work.catch((error: unknown) => {
          if (!this.#isClosed) onFatal(error);
        });
      },
    };
  }

  /** Nobody waits for it: where the host cannot be asked now, whoever wants it asks again. */
  #endInBackground(session: Session): void {
    this.end(session).catch((error: unknown) => {
      if (this.#isClosed) return;
      session.endFailed();
      if (error instanceof PerdureError) this.#options.log.warn({ session: session.id, err: error }, "an agent was not ended");
      else this.#options.onFatal(error);
    });
  }

  #onStorageFull(isFull: boolean): void {
    this.#inflow.diskFull(isFull);
    if (isFull) this.#options.log.error({}, "the disk is full: output waits, nothing is dropped");
    else this.#options.log.info({}, "the disk has room again");
  }
}

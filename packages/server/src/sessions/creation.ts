/**
 * Making sessions and runs: only by an explicit request with an idempotency key, the row committed before the host is asked,
 * so that a repeated request never starts a second program, whenever the first one was cut off.
 */
import { createHash, randomUUID } from "node:crypto";
import * as path from "node:path";
import {
  EMPTY_CONVERSATION,
  isErrorCode,
  PerdureError,
  type Conversation,
  type CreateSession,
  type RequesterEnvironment,
  type StartRun,
} from "@perdure/protocol";
import type { Agent, AgentPlace } from "../agents/agent.ts";
import type { HostConnection } from "../host/connection.ts";
import type { HostRun } from "../host/wire.ts";
import { crashPoint } from "../platform/crash.ts";
import type { Home } from "../platform/home.ts";
import type { RunRow, SessionRow, Write } from "../store/store.ts";
import { decodeRunState, encodeDetails, encodeRunState, type SessionDetails } from "./details.ts";
import { inPlaceOfAgent, laterEnvironment, storedEnvironment } from "./environment.ts";
import { isDeadline } from "./host-answer.ts";
import { newDetails, sizeOf, spawnRequest } from "./launch.ts";
import type { LoginEnvironment } from "./login-environment.ts";
import type { OfferedSecrets } from "./offered-secrets.ts";
import type { Registry } from "./registry.ts";
import type { RunHost } from "./run-host.ts";
import type { Services } from "./services.ts";
import { sizeRecord } from "./records.ts";
import { newRun, noRun } from "./run-rows.ts";
import { openedElsewhere, readElsewhere } from "./chat/elsewhere.ts";
import { prepareChatRun, prepareTerminalRun, type AgentRunLaunch } from "./chat/launching.ts";
import { Session } from "./session.ts";
import { emptyStreams } from "./streams.ts";
import { separatorLine } from "./words.ts";

const SPAWN_TIMEOUT_MS = 20_000;

export interface CreationOptions {
  readonly registry: Registry;
  readonly services: Services;
  readonly login: LoginEnvironment;
  /** What was passed along for the next run of a session. */
  readonly secrets: OfferedSecrets;
  readonly home: Home;
  /** Who keeps the next run of such a session. Throws `host-unavailable`. */
  readonly host: (details: SessionDetails) => RunHost;
  readonly hostNow: () => HostConnection | null;
  /** Lets the host drop the remains of a run. */
  readonly forget: (host: HostConnection, run: string) => void;
  /** For programs of requesters that say none. */
  readonly defaultUmask: number;
  /** Where the files of shells with marks are; `null`: shells are started without. */
  readonly shellMarks: string | null;
  /** Takes back a session whose program could not be started; in the same commit, keeps this. */
  readonly discard: (session: Session, kept: readonly Write[]) => Promise<void>;
  /** The host started this run: takes its output. */
  readonly readOn: (session: Session, host: RunHost, run: HostRun) => Promise<void>;
  /** The host has not answered in time: the next connection tells what became of the run. */
  readonly renewHost: () => void;
  readonly isBeingRemoved: (session: Session) => boolean;
  /** What is to be known of an agent's terminal run that is over, before the next. */
  readonly settle: (session: Session) => Promise<void>;
}

export class Creation {
  readonly #options: CreationOptions;
  readonly #starting = new Set<Session>();
  readonly #revivals = new Map<Session, Promise<Session>>();

  constructor(options: CreationOptions) {
    this.#options = options;
  }

  /** Makes a session and starts its first run. The same key and request again answer the same session, or the same refusal. */
  async create(request: CreateSession, key: string): Promise<{ readonly session: Session; readonly isNew: boolean }> {
    const fingerprint = fingerprintOf(["create", request.command, request.cwd, request.name, request.kind, ...optional(request.agent)]);
    const known = await this.#known(key, fingerprint);
    if (known) return { session: await this.#revive(known, request), isNew: false };
    const environment = await this.#environment(request);
    const details = newDetails(request, environment.variables, this.#options.services.agents);
    const resumeId = request.agent?.resumeId ?? null;
    const isOpened = resumeId !== null && this.#canOpen(details);
    if (!isOpened) this.#options.host(details);
    const now = this.#options.services.clock.now();
    const run = isOpened ? noRun(details.kind, now) : newRun(randomUUID(), 1, details.kind, now);
    const launch = isOpened
      ? await this.#opening(details, environment, resumeId)
      : await this.#agentLaunch(details, environment, { ...EMPTY_CONVERSATION, resumeId }, run, []);
    const asNew = launch ? { ...details, command: [...launch.launch.command] } : { ...details, agent: null };
    const session = await this.#insert(key, fingerprint, request.name ?? this.#freeName(details), asNew, run, launch);
    if (!session) return { session: await this.#requireKnown(key, fingerprint), isNew: false };
    if (isOpened) {
      this.#options.secrets.offer(session.id, session.details.environment, environment.variables);
      return { session, isNew: true };
    }
    const failure = await this.#spawn(session, environment, launch);
    if (!failure) return { session, isNew: true };
    await this.#discard(session, failure, { key, fingerprint });
    throw failure;
  }

  /** Starts a new run in a session whose run has ended. The same key again answers the session as it is. */
  async startRun(session: Session, request: StartRun, key: string): Promise<Session> {
    const { services } = this.#options;
    const fingerprint = fingerprintOf(["run", session.id]);
    if (await this.#known(key, fingerprint)) return session;
    if (session.isAlive || this.#starting.has(session)) {
      throw new PerdureError("already-running", `${session.name} is still running; end it first, or attach to it.`);
    }
    if (this.#options.isBeingRemoved(session)) throw new PerdureError("session-deleted", `${session.name} is being deleted.`);
    this.#starting.add(session);
    try {
      return await this.#startRun(session, request, {
        op: "take-key",
        key,
        request: fingerprint,
        result: session.id,
        at: services.clock.now(),
      });
    } finally {
      this.#starting.delete(session);
    }
  }

  /** A run of it is just being made. */
  isStarting(session: Session): boolean {
    return this.#starting.has(session) || session.run.state.is === "starting";
  }

  async #startRun(session: Session, request: StartRun, takeKey: Write): Promise<Session> {
    const { services, registry, forget } = this.#options;
    const details = inView(session.details, request.view);
    this.#options.host(details);
    const { environment, later } = await this.#laterEnvironment(session, request);
    const previous = session.run;
    const wasInProcess = session.isInProcess;
    const row = newRun(session.id, previous.row.number + 1, details.kind, services.clock.now());
    const { agent, kind } = details;
    const changes = {
      ...sizeOf(request, session.details),
      ...(later ? {} : { environment: storedEnvironment(environment.variables, environment.umask) }),
      agent,
      kind,
    };
    if (session.chat && !session.isChatRun) await this.#options.settle(session);
    await session.chat?.closeStale();
    const isFirst = previous.row.number === 0;
    if (isFirst) await session.chat?.lookElsewhere(this.#place(details, environment));
    const missing = later?.missing ?? [];
    const launch = session.chat ? await this.#agentLaunch(details, environment, await session.chat.conversation(), row, missing) : null;
    const line = separatorLine(isFirst ? null : previous.state, later, launch?.line ?? null);
    const isAdded = launch?.setup
      ? await session.commits.addChatRun(row, launch, changes, takeKey)
      : await session.commits.add(row, line, changes, takeKey, launch);
    if (!isAdded) return session;
    registry.runChanged(session, previous.row.id);
    const host = this.#options.hostNow();
    if (host && !wasInProcess && !isFirst) forget(host, previous.row.id);
    const failure = await this.#spawn(session, environment, launch);
    if (!failure) this.#options.secrets.used(session.id);
    if (!failure) return session;
    await this.#keepFailure(session, failure);
    throw failure;
  }

  /** A conversation from elsewhere is opened as a chat without its agent, which its first message starts. */
  #canOpen({ agent, kind }: SessionDetails): boolean {
    return agent !== null && kind === "pipe" && this.#options.services.agent(agent.id)?.inProcess === undefined;
  }

  /** What was said in a conversation from elsewhere stands where the first events of a run would. */
  async #opening(details: SessionDetails, environment: RequesterEnvironment, resumeId: string): Promise<AgentRunLaunch> {
    const agent = this.#agentOf(details);
    const { clock } = this.#options.services;
    const told = await readElsewhere(agent, resumeId, this.#place(details, environment), clock);
    const events = openedElsewhere(EMPTY_CONVERSATION, agent, told, resumeId, clock.now());
    return { launch: { command: [agent.program ?? agent.id], env: {}, pinned: resumeId }, setup: null, events, line: null };
  }

  /** For a run of a conversation: what the agent is started with. `null`: the session's own command is. */
  async #agentLaunch(
    session: SessionDetails,
    environment: RequesterEnvironment,
    conversation: Conversation,
    run: RunRow,
    missing: readonly string[],
  ): Promise<AgentRunLaunch | null> {
    const { agent: details, kind } = session;
    if (!details) return null;
    const agent = this.#agentOf(session);
    const { clock } = this.#options.services;
    const place = this.#place(session, environment);
    const options = { agent, details, place, conversation, run, newId: randomUUID(), missing, clock };
    return kind === "pipe" ? prepareChatRun(options) : prepareTerminalRun(options);
  }

  #agentOf({ agent: details }: SessionDetails): Agent {
    const agent = details && this.#options.services.agent(details.id);
    if (agent) return agent;
    throw new PerdureError("unknown-agent", `There is no agent "${details?.id ?? ""}".`);
  }

  #place({ cwd }: SessionDetails, { variables }: RequesterEnvironment): AgentPlace {
    return { cwd, env: { ...variables, PERDURE_HOME: this.#options.home.directory } };
  }

  /** Where a session's agent lives: what its next run would be started with. */
  async placeOf(session: Session): Promise<AgentPlace> {
    const { environment } = await this.#laterEnvironment(session, {});
    return this.#place(session.details, environment);
  }

  async #environment(request: StartRun): Promise<RequesterEnvironment> {
    return request.environment ?? { variables: await this.#options.login.get() };
  }

  /** The requester's environment; without one, what was stored and the rest from the login shell. */
  async #laterEnvironment(session: Session, request: StartRun) {
    const { environment: stored, agent } = session.details;
    if (request.environment) {
      const { variables } = request.environment;
      const isKept = agent !== null && stored !== null;
      return { environment: { ...request.environment, variables: isKept ? inPlaceOfAgent(variables, stored) : variables }, later: null };
    }
    const login = await this.#options.login.get();
    if (!stored) return { environment: { variables: login }, later: null };
    const later = laterEnvironment(stored, { ...login, ...this.#options.secrets.of(session.id) });
    const environment: RequesterEnvironment = { variables: later.variables, ...(stored.umask === null ? {} : { umask: stored.umask }) };
    return { environment, later };
  }

  /** The session that this key made, if it was used before for the same request. */
  async #known(key: string, fingerprint: string): Promise<Session | null> {
    const known = await this.#options.services.store.keyResult(key);
    if (!known) return null;
    if (known.request !== fingerprint) {
      throw new PerdureError("idempotency-key-reused", "This Idempotency-Key was used with another request; make a new one.");
    }
    const session = this.#options.registry.get(known.result);
    if (session) return session;
    const refusal = await this.#options.services.store.keyResult(refusalOf(key));
    if (refusal) throw refusalIn(refusal.result);
    throw new PerdureError("session-deleted", "The session that this request made is gone; make a new request with a new key.");
  }

  async #requireKnown(key: string, fingerprint: string): Promise<Session> {
    const session = await this.#known(key, fingerprint);
    if (session) return session;
    throw new PerdureError("internal", "The request was made twice at the same time; ask again.");
  }

  /** A run that was committed and never started, because the server died in between, is started by the repeated request, once. */
  #revive(session: Session, request: CreateSession): Promise<Session> {
    const { state } = session.run;
    const known = this.#revivals.get(session);
    if (known) return known;
    if (state.is !== "lost" || state.reason !== "never-started") return Promise.resolve(session);
    const revival = this.startRun(session, request, randomUUID()).finally(() => this.#revivals.delete(session));
    this.#revivals.set(session, revival);
    return revival;
  }

  /** Commits the key and both rows; `null` if the key was taken meanwhile. */
  async #insert(
    key: string,
    fingerprint: string,
    name: string,
    details: SessionDetails,
    madeRun: RunRow,
    launch: AgentRunLaunch | null,
  ): Promise<Session | null> {
    const { services, registry } = this.#options;
    const now = services.clock.now();
    const id = randomUUID();
    const row: SessionRow = { id, name, createdAt: now, lastActivityAt: now, details: encodeDetails(details) };
    const run = { ...madeRun, session: id };
    const streams = emptyStreams(id);
    const session = new Session(services, row, streams, run);
    const writes: Write[] = [
      { op: "put-session", session: row },
      { op: "put-run", run },
      { op: "append", ...session.key, records: [sizeRecord(details, now)] },
      { op: "take-key", key, request: fingerprint, result: id, at: now },
    ];
    if (!(await session.commits.insert(() => writes, launch))) return null;
    crashPoint("server-after-run-row");
    registry.add(session);
    registry.changed(session);
    return session;
  }

  /**
   * Asks the host for the session's run. Answers why it could not be started. Rejects when nobody knows: the run stays `starting`,
   * and the reconciliation of the next connection finds it running or never started.
   */
  async #spawn(session: Session, environment: RequesterEnvironment, launch: AgentRunLaunch | null): Promise<PerdureError | null> {
    const { home, defaultUmask, shellMarks } = this.#options;
    const { row, state } = session.run;
    if (state.is !== "starting") return null; // a reconciliation came first
    const variables = { ...environment.variables, ...launch?.launch.env };
    const asked = { umask: defaultUmask, ...environment, variables };
    const host = this.#options.host(session.details);
    let run: HostRun;
    try {
      const request = spawnRequest(row.id, session.id, session.details, asked, home, shellMarks);
      run = await host.spawn(request, AbortSignal.timeout(SPAWN_TIMEOUT_MS));
    } catch (cause) {
      const failure = failureOf(cause);
      if (failure.code !== "host-unavailable") return failure;
      if (host === this.#options.hostNow()) this.#options.renewHost();
      throw failure;
    }
    crashPoint("server-after-spawn");
    await this.#options.readOn(session, host, run);
    return null;
  }

  /** Nothing is left of a session that was never there but the answer to its key; on a full disk as soon as it has room. */
  async #discard(session: Session, failure: PerdureError, asked: { readonly key: string; readonly fingerprint: string }): Promise<void> {
    const { services, discard } = this.#options;
    const at = services.clock.now();
    const result = encodeRunState({ is: "failed", code: failure.code, message: failure.message, at });
    const refusal = { op: "take-key", key: refusalOf(asked.key), request: asked.fingerprint, result, at } as const;
    try {
      await discard(session, [refusal]);
    } catch (error) {
      services.log.warn({ session: session.id, err: error }, "a session that could not be started is still there; tried again");
      services.inBackground(services.disk.untilKept(() => discard(session, [refusal])));
    }
    services.log.info({ session: session.id, code: failure.code }, "a session was not started");
  }

  async #keepFailure(session: Session, { code, message }: PerdureError): Promise<void> {
    const { services } = this.#options;
    const keep = (): Promise<void> => session.commits.setState({ is: "failed", code, message, at: services.clock.now() });
    try {
      await keep();
    } catch {
      services.inBackground(services.disk.untilKept(keep));
    }
  }

  /** The program's name, with a number if it is taken. */
  #freeName(details: SessionDetails): string {
    const base = details.agent?.id ?? (path.basename(details.command[0] ?? "session") || "session");
    const taken = new Set(this.#options.registry.all.map((session) => session.name));
    if (!taken.has(base)) return base;
    let number = 2;
    while (taken.has(`${base}-${number}`)) number += 1;
    return `${base}-${number}`;
  }
}

/** The session as its next run is to be seen. */
function inView(details: SessionDetails, view: "chat" | "terminal" | undefined): SessionDetails {
  if (!details.agent || view === undefined) return details;
  return { ...details, agent: { ...details.agent, view }, kind: view === "chat" ? "pipe" : "pty" };
}

/** `host-unavailable`: it is not known whether the host did it. */
function failureOf(cause: unknown): PerdureError {
  if (cause instanceof PerdureError && cause.code !== "host-protocol" && cause.code !== "internal") return cause;
  const isUnknown = cause instanceof PerdureError || isDeadline(cause);
  if (isUnknown) return new PerdureError("host-unavailable", "The host did not answer; ask again with the same key.", { cause });
  return new PerdureError("spawn-failed", cause instanceof Error ? cause.message : String(cause), { cause });
}

/** Where the refusal of a request is kept. No header has a line feed, so no request's own key is this. */
function refusalOf(key: string): string {
  return `${key}\nrefusal`;
}

function refusalIn(result: string): PerdureError {
  const state = decodeRunState(result);
  if (state.is === "failed" && isErrorCode(state.code)) return new PerdureError(state.code, state.message);
  return new PerdureError("spawn-failed");
}

/** Nothing for what is absent, so that the keys of earlier requests stay the same. */
function optional(part: unknown): readonly unknown[] {
  return part === undefined ? [] : [part];
}

function fingerprintOf(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/**
 * Making sessions and runs: only by an explicit request with an idempotency key, the row committed before the host is asked,
 * so that a repeated request never starts a second program, whenever the first one was cut off.
 */
import { createHash, randomUUID } from "node:crypto";
import * as path from "node:path";
import { PerdureError, type CreateSession, type RequesterEnvironment, type StartRun } from "@perdure/protocol";
import type { HostConnection } from "../host/connection.ts";
import { crashPoint } from "../platform/crash.ts";
import type { Home } from "../platform/home.ts";
import type { RunRow, SessionRow, Write } from "../store/store.ts";
import { encodeDetails, encodeRunState, type SessionDetails } from "./details.ts";
import { laterEnvironment, storedEnvironment } from "./environment.ts";
import { newDetails, sizeOf, spawnRequest } from "./launch.ts";
import type { LoginEnvironment } from "./login-environment.ts";
import type { Registry } from "./registry.ts";
import type { Services } from "./services.ts";
import { sizeRecord } from "./records.ts";
import { emptyStream, Session } from "./session.ts";
import { separatorLine } from "./words.ts";

const SPAWN_TIMEOUT_MS = 20_000;

export interface CreationOptions {
  readonly registry: Registry;
  readonly services: Services;
  readonly login: LoginEnvironment;
  readonly home: Home;
  /** The standing connection. Throws `host-unavailable`. */
  readonly host: () => HostConnection;
  /** Lets the host drop the remains of a run. */
  readonly forget: (host: HostConnection, run: string) => void;
  /** For programs of requesters that say none. */
  readonly defaultUmask: number;
  /** Takes back a session whose program could not be started. */
  readonly discard: (session: Session) => Promise<void>;
}

export class Creation {
  readonly #options: CreationOptions;
  readonly #starting = new Set<Session>();

  constructor(options: CreationOptions) {
    this.#options = options;
  }

  /** Makes a session and starts its first run. The same key and request again answer the same session. */
  async create(request: CreateSession, key: string): Promise<{ readonly session: Session; readonly isNew: boolean }> {
    const fingerprint = fingerprintOf(["create", request.command, request.cwd, request.name, request.kind]);
    const known = await this.#known(key, fingerprint);
    if (known) return { session: await this.#revive(known, request), isNew: false };
    const environment = await this.#environment(request);
    const details = newDetails(request, environment.variables);
    const host = this.#options.host();
    const session = await this.#insert(key, fingerprint, request.name ?? this.#freeName(details), details);
    if (!session) return { session: await this.#requireKnown(key, fingerprint), isNew: false };
    try {
      await this.#spawn(session, host, environment);
    } catch (error) {
      await this.#options.discard(session);
      throw error;
    }
    return { session, isNew: true };
  }

  /** Starts a new run in a session whose run has ended. The same key again answers the session as it is. */
  async startRun(session: Session, request: StartRun, key: string): Promise<Session> {
    const { services } = this.#options;
    const fingerprint = fingerprintOf(["run", session.id]);
    if (await this.#known(key, fingerprint)) return session;
    if (session.isAlive || this.#starting.has(session)) {
      throw new PerdureError("already-running", `${session.name} is still running; end it first, or attach to it.`);
    }
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

  async #startRun(session: Session, request: StartRun, takeKey: Write): Promise<Session> {
    const { services, registry, forget } = this.#options;
    const host = this.#options.host();
    const { environment, later } = await this.#laterEnvironment(session, request);
    const previous = session.run;
    const row = newRun(session.id, previous.row.number + 1, session.details.kind, services.clock.now());
    const changes = {
      ...sizeOf(request, session.details),
      ...(later ? {} : { environment: storedEnvironment(environment.variables, environment.umask) }),
    };
    if (!(await session.addRun(row, separatorLine(previous.state, later), changes, takeKey))) return session;
    registry.runChanged(session, previous.row.id);
    forget(host, previous.row.id);
    await this.#spawn(session, host, environment);
    return session;
  }

  async #environment(request: StartRun): Promise<RequesterEnvironment> {
    return request.environment ?? { variables: await this.#options.login.get() };
  }

  /** The requester's environment; without one, what was stored and the rest from the login shell. */
  async #laterEnvironment(session: Session, request: StartRun) {
    if (request.environment) return { environment: request.environment, later: null };
    const login = await this.#options.login.get();
    const stored = session.details.environment;
    if (!stored) return { environment: { variables: login }, later: null };
    const later = laterEnvironment(stored, login);
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
    throw new PerdureError("session-deleted", "The session that this request made is gone; make a new request with a new key.");
  }

  async #requireKnown(key: string, fingerprint: string): Promise<Session> {
    const session = await this.#known(key, fingerprint);
    if (session) return session;
    throw new PerdureError("internal", "The request was made twice at the same time; ask again.");
  }

  /** A run that was committed and never started, because the server died in between, is started by the repeated request. */
  async #revive(session: Session, request: CreateSession): Promise<Session> {
    const { state } = session.run;
    if (state.is !== "lost" || state.reason !== "never-started") return session;
    return this.startRun(session, request, randomUUID());
  }

  /** Commits the key and both rows; `null` if the key was taken meanwhile. */
  async #insert(key: string, fingerprint: string, name: string, details: SessionDetails): Promise<Session | null> {
    const { services, registry } = this.#options;
    const now = services.clock.now();
    const id = randomUUID();
    const row: SessionRow = { id, name, createdAt: now, lastActivityAt: now, details: encodeDetails(details) };
    const run = newRun(id, 1, details.kind, now);
    const takeKey = { op: "take-key", key, request: fingerprint, result: id, at: now } as const;
    const stream = { session: id, stream: "terminal" } as const;
    const result = await services.store.commit(
      [
        takeKey,
        { op: "put-session", session: row },
        { op: "put-run", run },
        { op: "append", ...stream, records: [sizeRecord(details, now)] },
      ],
      "full",
    );
    if (!result.ok && result.reason === "duplicate") return null;
    if (!result.ok) throw new Error(`a new session was refused: ${result.reason}`);
    crashPoint("server-after-run-row");
    const session = new Session(services, row, emptyStream(stream), run);
    registry.add(session);
    registry.changed(session);
    return session;
  }

  async #spawn(session: Session, host: HostConnection, environment: RequesterEnvironment): Promise<void> {
    const { services, home, defaultUmask } = this.#options;
    const { row } = session.run;
    const asked = { umask: defaultUmask, ...environment };
    try {
      const run = await host.spawn(spawnRequest(row.id, session.id, session.details, asked, home), AbortSignal.timeout(SPAWN_TIMEOUT_MS));
      crashPoint("server-after-spawn");
      await session.setRunState({ is: "running", pid: run.pid, at: services.clock.now() });
      const from = await session.beginIngest();
      host.read(row.id, from);
      session.applySize();
    } catch (error) {
      const code = error instanceof PerdureError ? error.code : "spawn-failed";
      const message = error instanceof Error ? error.message : String(error);
      await session.setRunState({ is: "failed", code, message, at: services.clock.now() });
      throw error;
    }
  }

  /** The program's name, with a number if it is taken. */
  #freeName(details: SessionDetails): string {
    const base = path.basename(details.command[0] ?? "session") || "session";
    const taken = new Set(this.#options.registry.all.map((session) => session.name));
    if (!taken.has(base)) return base;
    let number = 2;
    while (taken.has(`${base}-${number}`)) number += 1;
    return `${base}-${number}`;
  }
}

function newRun(session: string, number: number, kind: "pty" | "pipe", now: number): RunRow {
  const marks = { baseOffset: 0, appliedRecord: 0, appliedOffset: 0 };
  return { id: randomUUID(), session, number, kind, ...marks, state: encodeRunState({ is: "starting", at: now }), isOpen: true };
}

function fingerprintOf(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/**
 * The HTTP interface (PROTOCOL §9) as a Hono app: no port, no sockets, so that it can be tested by requests alone and embedded
 * elsewhere. Every route but the app's own files and the two that sign in needs a credential.
 */
import {
  CreateSession,
  EndSession,
  formatCursor,
  Pair,
  parseCursor,
  PerdureError,
  RenameSession,
  Shutdown,
  StartRun,
  type SessionInfo,
  type Status,
} from "@perdure/protocol";
import { Hono, type Context } from "hono";
import type { Agents } from "../agents/agents.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Session } from "../sessions/session.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Store } from "../store/store.ts";
import type { Devices } from "./devices.ts";
import { describeFailure } from "./failure.ts";
import type { Asked, Gate } from "./gate.ts";
import { historyResponse, type HistoryFormat } from "./history.ts";
import { addLines } from "./lines.ts";
import { addAgents, addChat } from "./chat.ts";
import { addDiagnostics } from "./diagnostics.ts";
import { body, type Env } from "./request-body.ts";
import { securityHeaders } from "./security-headers.ts";
import type { StaticFiles } from "./static-files.ts";

export interface AppOptions {
  readonly sessions: Sessions;
  readonly store: Store;
  readonly devices: Devices;
  readonly gate: Gate;
  readonly agents: Agents;
  readonly files: StaticFiles;
  readonly log: Log;
  readonly clock: Clock;
  readonly status: () => Status;
  /** Ends the server, and if `all` also every session and the host. Called after the answer is given. */
  readonly shutdown: (all: boolean) => void;
}

/** Builds the app. */
export function makeApp(options: AppOptions): Hono<Env> {
  const { gate, log } = options;
  const app = new Hono<Env>();
  app.use(async (c, next) => {
    gate.checkPlace(asked(c));
    await next();
    const headers = securityHeaders(c.req.header("Host"), c.req.header("X-Forwarded-Proto"));
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
  });
  app.post("/api/pair", async (c) => {
    const { code, name } = await body(c, Pair);
    const paired = await options.devices.pair(code, name);
    c.header("Set-Cookie", gate.cookie(paired.token));
    return c.json(paired, 201);
  });
  app.use("/api/*", async (c, next) => {
    c.set("device", gate.authenticate(asked(c)));
    await next();
  });
  // Who was shown something ahead of its commit finds it in whatever he asks next.
  app.use("/api/sessions/:id/*", async (c, next) => {
    if (c.req.method === "GET") await options.sessions.registry.get(c.req.param("id"))?.committedEnd.reachesShown(c.req.raw.signal);
    await next();
  });
  addSignIn(app, options);
  addSessions(app, options);
  addChat(app, options);
  addAgents(app, options);
  addDiagnostics(app, options);
  addHistory(app, options);
  addLines(app, options);
  addServer(app, options);
  app.all("/api/*", () => fail(new PerdureError("not-found", "There is no such address; PROTOCOL §9 lists them."), log));
  app.get("*", (c) => options.files.serve(c.req.path));
  app.onError((error) => fail(error, log));
  return app;
}

function addSignIn(app: Hono<Env>, { devices, gate }: AppOptions): void {
  app.post("/api/signin", (c) => {
    const token = /^Bearer (.+)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
    if (!token) throw new PerdureError("unauthorized", "Sign-in needs the device's token as a bearer.");
    c.header("Set-Cookie", gate.cookie(token));
    return c.body(null, 204);
  });
  app.post("/api/pairing-codes", async (c) => c.json(await devices.makeCode(), 201));
  app.get("/api/devices", (c) => c.json({ devices: devices.list(c.get("device").id) }));
  app.delete("/api/devices/:id", async (c) => {
    await devices.revoke(c.req.param("id"));
    return c.body(null, 204);
  });
}

function addSessions(app: Hono<Env>, { sessions }: AppOptions): void {
  app.get("/api/sessions", (c) => {
    const list: SessionInfo[] = sessions.registry.all.map((session) => session.info);
    return c.json({ sessions: list.toSorted((a, b) => b.lastActivityAt - a.lastActivityAt) });
  });
  app.post("/api/sessions", async (c) => {
    const { session, isNew } = await sessions.create(await body(c, CreateSession), idempotencyKey(c));
    return c.json(session.info, isNew ? 201 : 200);
  });
  app.get("/api/sessions/:id", (c) => c.json(sessions.require(c.req.param("id")).info));
  app.patch("/api/sessions/:id", async (c) => {
    const session = sessions.require(c.req.param("id"));
    await session.rename((await body(c, RenameSession)).name);
    return c.json(session.info);
  });
  app.delete("/api/sessions/:id", async (c) => {
    await sessions.remove(sessions.require(c.req.param("id")));
    return c.body(null, 204);
  });
  app.post("/api/sessions/:id/end", async (c) => {
    const session = sessions.require(c.req.param("id"));
    const { graceMs } = await body(c, EndSession);
    await sessions.end(session, graceMs);
    return c.json(session.info);
  });
  app.post("/api/sessions/:id/runs", async (c) => {
    const session = sessions.require(c.req.param("id"));
    const started = await sessions.startRun(session, await body(c, StartRun), idempotencyKey(c));
    return c.json(started.info, 201);
  });
}

function addHistory(app: Hono<Env>, { sessions, store }: AppOptions): void {
  app.get("/api/sessions/:id/history", async (c) => {
    const session = sessions.require(c.req.param("id"));
    const format = oneOf(c.req.query("format") ?? "raw", ["raw", "text"]);
    const from = fromCursor(session, c.req.query("from"));
    if (from !== undefined) await session.committedEnd.reaches(from, c.req.raw.signal);
    return historyResponse(store, session, format, from);
  });
  app.get("/api/sessions/:id/export", (c) => {
    const session = sessions.require(c.req.param("id"));
    return historyResponse(store, session, oneOf(c.req.query("format") ?? "asciicast", ["asciicast", "text", "raw"]), undefined);
  });
  app.get("/api/sessions/:id/screen", async (c) => {
    const session = sessions.require(c.req.param("id"));
    const format = oneOf(c.req.query("format") ?? "text", ["text", "ansi"]);
    if (format === "text") return c.text(`${(await session.screen.lines(c.req.raw.signal, 0)).join("\n")}\n`);
    const { data, offset } = await session.screen.snapshot(c.req.raw.signal, 0);
    const cursor = formatCursor({ incarnation: session.stream.incarnation, offset });
    return c.body(Uint8Array.from(data), 200, { "Content-Type": "application/octet-stream", "Perdure-Cursor": cursor });
  });
}

function addServer(app: Hono<Env>, options: AppOptions): void {
  app.get("/api/status", (c) => c.json(options.status()));
  app.post("/api/shutdown", async (c) => {
    const { all: isAll = false } = await body(c, Shutdown);
    if (isAll) await options.sessions.shutdownHost(true);
    options.shutdown(isAll);
    return c.json(options.status(), 202);
  });
}

function asked(c: Context<Env>): Asked {
  const header = (name: string): string | undefined => c.req.header(name);
  return { host: header("Host"), origin: header("Origin"), authorization: header("Authorization"), cookie: header("Cookie") };
}

function idempotencyKey(c: Context<Env>): string {
  const key = c.req.header("Idempotency-Key");
  if (key && key.length <= 200) return key;
  throw new PerdureError(
    "idempotency-key-missing",
    "Send an Idempotency-Key header (up to 200 characters), the same one when you repeat the request.",
  );
}

function oneOf<T extends HistoryFormat | "ansi">(format: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === format);
  if (found) return found;
  throw new PerdureError("bad-request", `"format" must be one of ${allowed.join(", ")}.`);
}

function fromCursor(session: Session, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const cursor = parseCursor(text);
  if (!cursor) throw new PerdureError("bad-request", `"from" must be a cursor: <16 digits>_<16 digits>.`);
  if (cursor.incarnation === session.stream.incarnation) return cursor.offset;
  throw new PerdureError("cursor-gone", "The cursor belongs to a history that was cut since; ask without a cursor.");
}

function fail(error: unknown, log: Log): Response {
  const { status, body: answer } = describeFailure(error, log);
  return Response.json(answer, { status });
}

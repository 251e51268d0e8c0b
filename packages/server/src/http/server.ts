/**
 * The server as a whole: opens the state directory, the store, the sessions and the port, in that order, and closes them in
 * the other. It holds no truth of its own and may be killed at any moment.
 */
import { randomBytes } from "node:crypto";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { CLIENT_PROTOCOL, CLOSE, PerdureError, type Status } from "@perdure/protocol";
import { HOST_PROTOCOL } from "../host/wire.ts";
import type { Agents } from "../agents/agents.ts";
import type { Clock } from "../platform/clock.ts";
import type { Home } from "../platform/home.ts";
import { IdleMoments } from "../platform/idle-moments.ts";
import type { Log } from "../platform/log.ts";
import { collectGarbage } from "../platform/memory.ts";
import { startTimeOf } from "../platform/processes.ts";
import { markEnding, removeServerFile, writeServerFile } from "../platform/server-file.ts";
import type { History } from "../sessions/history/history.ts";
import { Sessions } from "../sessions/sessions.ts";
import type { Store } from "../store/store.ts";
import type { StoreThread } from "../store/store-thread.ts";
import { openEngines } from "../terminal/engines.ts";
import type { Engines } from "../terminal/engine.ts";
import { AllowedHosts } from "./allowed-hosts.ts";
import { Devices } from "./devices.ts";
import { Gate } from "./gate.ts";
import { lateListener } from "./late-listener.ts";
import { openStore } from "./open-store.ts";
import { SocketServer } from "./socket-server.ts";
import { StaticFiles } from "./static-files.ts";

const SERVER_ID = "server-id";
const MEBIBYTE = 1024 * 1024;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export interface ServerOptions {
  readonly home: Home;
  readonly port: PortChoice;
  readonly listen: string;
  readonly allowHosts: readonly string[];
  readonly defaultUmask: number;
  /** Where the files of shells with marks are; without it shells are started as they were asked for. */
  readonly shellMarks?: string;
  readonly agents: Agents;
  readonly version: string;
  /** The store's thread, if it was started before; else it is started by its entry. */
  readonly storeThread?: StoreThread;
  /** Where the other entry files and the web app lie. */
  readonly entries: { readonly host: URL; readonly storeWorker: URL; readonly engineWorker: URL; readonly web: string };
  readonly clock: Clock;
  readonly log: Log;
  /** The server has ended by itself, because it was told to or was replaced. */
  readonly onEnd: (why: { readonly is: "shutdown" } | { readonly is: "fatal"; readonly error: unknown }) => void;
}

/** `exact`: this port or an error. `preferred`: this one if it is free, else any. */
export interface PortChoice {
  readonly is: "exact" | "preferred";
  readonly port: number;
}

export class Server {
  readonly url: string;
  readonly #options: ServerOptions;
  readonly #parts: Parts;
  #isClosing = false;

  private constructor(options: ServerOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    this.url = parts.url;
  }

  /** The history of a session. Throws `unknown-session`. */
  history(session: string): History {
    return this.#parts.sessions.require(session).history;
  }

  /** Opens everything. Rejects with a `PerdureError` that says what to do. */
  static async open(options: ServerOptions): Promise<Server> {
    const { home, log, clock, version, entries, defaultUmask, shellMarks } = options;
    const listener = await listen(options);
    const holder: { server?: Server; fatal?: unknown } = {};
    const idle = new IdleMoments({ clock, use: () => holder.server?.releaseMemory() });
    const engines = openEngines({ worker: entries.engineWorker, onEnded: () => idle.stir() });
    engines.warm(); // somebody who was there before is about to come back
    const storeOptions = { home, worker: entries.storeWorker, thread: options.storeThread ?? null, version, log };
    const store = await openStore(storeOptions).catch(async (error: unknown) => {
      listener.close();
      await engines.close();
      throw error;
    });
    const onFatal = (error: unknown): void => {
      holder.fatal ??= error;
      void holder.server?.end({ is: "fatal", error });
    };
    void store.lost.then(onFatal);
    const retention = { maxBytes: Number(process.env["PERDURE_HISTORY_BYTES"] ?? 50 * MEBIBYTE), maxAgeMs: 30 * DAY_MS };
    const parkAfterMs = Number(process.env["PERDURE_PARK_AFTER_MS"] ?? 30 * MINUTE_MS);
    const sessions = new Sessions({
      parkAfterMs,
      home,
      store,
      engines,
      agents: options.agents,
      hostEntry: entries.host,
      clock,
      log,
      retention,
      defaultUmask,
      ...(shellMarks === undefined ? {} : { shellMarks }),
      onFatal,
    });
    try {
      await sessions.open();
      const parts = await serve(options, {
        listener,
        store,
        engines,
        sessions,
        idle,
        failed: onFatal,
        shutdown: () => void holder.server?.end({ is: "shutdown" }),
      });
      const server = new Server(options, parts);
      if (holder.fatal !== undefined) throw holder.fatal;
      holder.server = server;
      announce(options, parts);
      log.info({ url: parts.url, epoch: store.epoch, report: store.report }, "the server is ready");
      return server;
    } catch (error) {
      idle.close();
      listener.close();
      await sessions.close().catch(() => undefined);
      await engines.close().catch(() => undefined);
      await store.close().catch(() => undefined);
      throw error;
    }
  }

  /** The garbage of both threads that live as long as the server, then all free pages. */
  async releaseMemory(): Promise<void> {
    if (this.#isClosing) return;
    collectGarbage();
    await this.#parts.store.releaseMemory?.().catch((error: unknown) => this.#options.log.warn({ err: error }, "memory was not released"));
  }

  /** Closes in order, leaving programs and host alone, and says so to `onEnd`. Bounded: 5 seconds. */
  async end(why: Parameters<ServerOptions["onEnd"]>[0]): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const { sockets, listener, sessions, engines, store, idle } = this.#parts;
    idle.close();
    // Before clients lose it: who looks for it then must not take it for one that has died.
    if (why.is === "shutdown") markEnding(this.#options.home, process.pid);
    const isReplaced = why.is === "fatal" && why.error instanceof PerdureError && why.error.code === "stale-epoch";
    sockets.close(isReplaced ? CLOSE.superseded : CLOSE.shutdown, isReplaced ? "replaced by another server" : "the server ends");
    listener.close();
    listener.closeIdleConnections();
    const closing = (async () => {
      await sessions.close();
      await engines.close();
      await store.close();
    })();
    const bound = new Promise<void>((resolve) => this.#options.clock.after(5_000, resolve));
    await Promise.race([closing.catch((error: unknown) => this.#options.log.warn({ err: error }, "closing was not clean")), bound]);
    if (!isReplaced) removeServerFile(this.#options.home, process.pid);
    this.#options.onEnd(why);
  }
}

interface Parts {
  readonly url: string;
  readonly port: number;
  readonly listener: http.Server;
  readonly sockets: SocketServer;
  readonly sessions: Sessions;
  readonly engines: Engines;
  readonly store: Store;
  readonly idle: IdleMoments;
}

interface Made {
  readonly listener: http.Server;
  readonly store: Store;
  readonly engines: Engines;
  readonly sessions: Sessions;
  readonly idle: IdleMoments;
  /** It cannot go on. */
  readonly failed: (error: unknown) => void;
  readonly shutdown: () => void;
}

async function serve(options: ServerOptions, made: Made): Promise<Parts> {
  const { home, log, clock, version, entries } = options;
  const { listener, store, sessions, engines, idle } = made;
  const [devices, id] = await Promise.all([Devices.open(store, clock, home), serverId(store)]);
  const gate = new Gate(new AllowedHosts(options.listen, options.allowHosts), devices, `perdure_${id}`);
  const { port } = listener.address() as AddressInfo;
  const url = baseUrl(options.listen, port);
  const instance = randomBytes(8).toString("hex");
  const startedAt = clock.now();
  const status = (): Status => describe(options, made, { pid: process.pid, instance, epoch: store.epoch, startedAt, url });
  const files = new StaticFiles(path.resolve(entries.web));
  const answer = lateListener(
    {
      sessions,
      store,
      devices,
      gate,
      agents: options.agents,
      files,
      log,
      clock,
      status,
      shutdown: () => setImmediate(made.shutdown),
    },
    made.failed,
  );
  const sockets = new SocketServer(gate, devices, { sessions, clock, log, hello: { instance, version, epoch: store.epoch } });
  listener.off("request", answerTooEarly);
  listener.on("request", answer);
  listener.on("upgrade", (request, socket, head) => sockets.upgrade(request, socket, head));
  return { url, port, listener, sockets, sessions, engines, store, idle };
}

/** Tells the command line where this server is. */
function announce({ home, version }: ServerOptions, { url, port, store }: Parts): void {
  const startTime = startTimeOf(process.pid) ?? "";
  writeServerFile(home, { pid: process.pid, startTime, port, url, version, protocol: CLIENT_PROTOCOL, epoch: store.epoch });
}

/** Where this machine reaches the server: by the loopback name, unless it listens on one other address alone. */
export function baseUrl(listenAddress: string, port: number): string {
  const isLoopback = /^(localhost|127\.0\.0\.1|0\.0\.0\.0|::)$/.test(listenAddress);
  const host = isLoopback ? "localhost" : listenAddress.includes(":") ? `[${listenAddress}]` : listenAddress;
  return `http://${host}:${port}`;
}

function describe(options: ServerOptions, { store, sessions }: Made, server: Status["server"]): Status {
  const all = sessions.registry.all;
  const { recovered } = store.report;
  const notices = [
    ...(recovered
      ? [
          `The database was damaged. It is kept at ${recovered.setAside}; ${recovered.sessions} sessions were copied, ${recovered.unreadable} records could not be read.`,
        ]
      : []),
    ...sessions.notices,
    ...options.agents.notices,
  ];
  const host = sessions.host && { pid: sessions.host.pid, instance: sessions.host.instance, protocol: sessions.host.protocol };
  const protocols = { client: CLIENT_PROTOCOL, host: HOST_PROTOCOL, schema: store.report.schema };
  const counts = { total: all.length, alive: all.filter((session) => session.isAlive).length };
  return { version: options.version, home: options.home.directory, protocols, server, host, sessions: counts, notices };
}

/** Tells the cookies of several servers on one host apart; made once. */
async function serverId(store: Store): Promise<string> {
  const known = await store.setting(SERVER_ID);
  if (known) return known;
  const made = randomBytes(4).toString("hex");
  await store.commit([{ op: "put-setting", name: SERVER_ID, value: made }], "full");
  return made;
}

/** Takes the port before anything else is touched, so that a second server fails early and harms nothing. */
async function listen({ port: choice, listen: address, log }: ServerOptions): Promise<http.Server> {
  try {
    return await tryListen(address, choice.port, log);
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (isTaken && choice.is === "preferred") return tryListen(address, 0, log);
    if (isTaken)
      throw new PerdureError(
        "port-in-use",
        `Port ${choice.port} is taken by another program. Choose another with --port, or --port 0 for any free one.`,
        { cause: error },
      );
    const reason = error instanceof Error ? error.message : String(error);
    throw new PerdureError("bad-request", `Cannot listen on ${address}:${choice.port} (${reason}).`, { cause: error });
  }
}

function tryListen(address: string, port: number, log: Log): Promise<http.Server> {
  const server = http.createServer(answerTooEarly);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.off("error", reject);
      // Such as a full table of files at an accept: that connection is lost, not the server.
      server.on("error", (error) => log.error({ err: error }, "a connection could not be taken"));
      resolve(server);
    });
  });
}

/** Until the server is ready, whoever asks is told to ask again, at once and not by silence. */
function answerTooEarly(_request: http.IncomingMessage, response: http.ServerResponse): void {
  response.writeHead(503, { "Retry-After": "1", Connection: "close" }).end();
}

/**
 * A perdure server in the process of whoever calls: the same as `perdure serve`, and the command line finds it by its state directory.
 * Programs run under the host process, and outlive this one; functions run here, and end with it.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { PairingCode, PerdureError } from "@perdure/protocol";
import type { Agent } from "../agents/agent.ts";
import { agentsFile, RegisteredAgents } from "../agents/registered-agents.ts";
import { Server, type ServerOptions } from "../http/server.ts";
import { systemClock } from "../platform/clock.ts";
import { homeDirectory, openHome } from "../platform/home.ts";
import type { Log } from "../platform/log.ts";
import { DEFAULT_PORT } from "../platform/server-file.ts";
import { VERSION } from "../platform/version.ts";
import { withFunctions } from "./with-functions.ts";

const LINK_MS = 5_000;

export interface StartServerOptions {
  /** The state directory, made if it is not there. Default: `PERDURE_HOME`, else `$XDG_STATE_HOME/perdure` or `~/.local/state/perdure`. */
  readonly home?: string;
  /** This port or an error; 0: any free one. Default: 7433 if it is free, else any. */
  readonly port?: number;
  /** The address to listen on. Default `127.0.0.1`. */
  readonly listen?: string;
  /** Further host names under which pages may reach it. */
  readonly allowHosts?: readonly string[];
  /** The embedder's own, made by `functionAgent`. One with the id of an agent that perdure knows takes its place. */
  readonly agents?: readonly Agent[];
  /** Where its log goes: fields and a message. Never secrets, never words of conversations. Default: nowhere. */
  readonly log?: Log;
}

/** Why it ended: `close` was called or somebody asked it to (`perdure shutdown`); or another server has taken its place, or it cannot go on. */
export type ServerEnd = { readonly is: "shutdown" } | { readonly is: "fatal"; readonly error: unknown };

/** A screen as it was. */
export interface PastScreen {
  readonly cols: number;
  readonly rows: number;
  readonly data: Uint8Array;
}

export interface RunningServer {
  /** Where this machine reaches it, such as `http://localhost:7433`. */
  readonly url: string;
  readonly home: string;
  /** A bearer for its HTTP interface, which opens everything: not for pages, not for logs. */
  readonly token: string;
  /** Resolves once it has ended, for whatever reason; never rejects. Nothing is written any more then. */
  readonly ended: Promise<ServerEnd>;
  /**
   * What a session's terminal showed when its output stood at this cursor (PROTOCOL §3), with up to 1,000 rows above it: bytes that draw it on an
   * empty terminal of that size. Read from the log; rejects with `unknown-session`, or `cursor-gone` if that output is no longer kept.
   */
  screenAt(session: string, cursor: string, signal?: AbortSignal): Promise<PastScreen>;
  /** The same as text, a row each; trailing blanks are cut. */
  textAt(session: string, cursor: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** A link that signs a browser in, once, within five minutes. */
  link(): Promise<string>;
  /** Ends it in order, within 5 s; functions at work are told by their signal. Programs go on. Called again, it does nothing more. */
  close(): Promise<void>;
}

/**
 * Starts it; resolves when it answers. It takes the place of a server that runs on the same state directory. It sets no handlers of
 * signals and never ends the process: what to do then is the embedder's. Rejects with a `PerdureError` that says what to do, such as
 * `port-in-use`, `home-unusable`, `host-unavailable`, `database-newer`, or `bad-request` for two agents with one id.
 */
export async function startServer(options: StartServerOptions = {}): Promise<RunningServer> {
  const { listen = "127.0.0.1", allowHosts = [], agents = [], log = SILENT } = options;
  refuseTwins(agents);
  const home = openHome(homeDirectory(options.home, process.env));
  const { promise: ended, resolve } = Promise.withResolvers<ServerEnd>();
  const registered = new RegisteredAgents(agentsFile(home.directory), (problem) => log.warn({ problem }, "an agent cannot be used"));
  const server = await Server.open({
    home,
    port: options.port === undefined ? { is: "preferred", port: DEFAULT_PORT } : { is: "exact", port: options.port },
    listen,
    allowHosts,
    agents: withFunctions(registered, agents),
    defaultUmask: process.umask(),
    version: VERSION,
    clock: systemClock,
    log,
    entries: entries(),
    onEnd: resolve,
  });
  const token = fs.readFileSync(home.cliToken, "utf8").trim();
  return {
    url: server.url,
    home: home.directory,
    token,
    ended,
    screenAt: async (session, cursor, signal = NEVER) => {
      const history = server.history(session);
      const { cols, rows, data } = await history.screenAt(history.offsetOf(cursor), signal);
      return { cols, rows, data };
    },
    textAt: async (session, cursor, signal = NEVER) => {
      const history = server.history(session);
      return history.textAt(history.offsetOf(cursor), signal);
    },
    link: () => link(server.url, token),
    close: async () => {
      await server.end({ is: "shutdown" });
      await ended;
    },
  };
}

/** Who does not say otherwise waits for as long as it may take, which has a bound. */
const NEVER = new AbortController().signal;
const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

function refuseTwins(agents: readonly Agent[]): void {
  const twin = agents.find(({ id }, index) => agents.findIndex((one) => one.id === id) !== index);
  if (twin) throw new PerdureError("bad-request", `Two agents have the id "${twin.id}".`);
}

/** In the bundle all entries lie in one folder, from source each in its layer's. */
function entries(): ServerOptions["entries"] {
  const isSource = path.extname(fileURLToPath(import.meta.url)) === ".ts";
  const entry = (layer: string, name: string, bundled: string): URL =>
    new URL(isSource ? `../${layer}/${name}.ts` : `./${bundled}.js`, import.meta.url);
  return {
    host: entry("host", "main", "host"),
    storeWorker: entry("store", "store-worker", "store-worker"),
    engineWorker: entry("terminal", "engine-worker", "engine-worker"),
    web: fileURLToPath(isSource ? new URL("../../dist/web", import.meta.url) : new URL("./web", import.meta.url)),
  };
}

async function link(url: string, token: string): Promise<string> {
  const response = await fetch(`${url}/api/pairing-codes`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    body: "{}",
    signal: AbortSignal.timeout(LINK_MS),
  });
  if (!response.ok) throw new PerdureError("internal", `No link could be made (${response.status}).`);
  const { code } = PairingCode.parse(await response.json());
  return `${url}/#pair=${encodeURIComponent(code)}`;
}

/**
 * A command's way to the server: calls over HTTP, and the connection that attachments use. Commands that need a server get one
 * that runs, like those of tmux.
 */
import { createClient, type Client, type ClientSocket, type Rest } from "@perdure/client";
import type { SessionInfo } from "@perdure/protocol";
import { WebSocket } from "ws";
import type { Home } from "../platform/home.ts";
import type { Cli } from "./cli.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { findServer, readToken } from "./find-server.ts";
import { askedPort, homeOf, type ServerFlags } from "./server-flags.ts";
import { resolveSession } from "./session-argument.ts";
import { findOrStartServer } from "./start-server.ts";
import { VERSION } from "../platform/version.ts";

export interface Server {
  readonly home: Home;
  readonly url: string;
  readonly token: string;
  readonly rest: Rest;
  /** It was started by this command. */
  readonly isNew: boolean;
}

/** The running server, or one that is started now. */
export async function reachServer(cli: Cli, flags: ServerFlags): Promise<Server> {
  const home = homeOf(flags, cli.env);
  const port = askedPort(flags, cli.env);
  const found = await findOrStartServer({ home, flags, port, env: cli.env, signal: cli.signal, note: (text) => cli.note(text) });
  return { home, url: found.url, token: readToken(home), rest: found.rest, isNew: found.isNew };
}

/** The running server. Throws with exit code 3 if there is none; never starts one. */
export async function requireServer(cli: Cli, flags: ServerFlags): Promise<Server> {
  const home = homeOf(flags, cli.env);
  const found = await findServer(home, cli.signal);
  if (found.is === "running") return { home, url: found.url, token: readToken(home), rest: found.rest, isNew: false };
  if (found.is === "none") throw new CommandFailure(EXIT.notRunning, `No server is running for ${home.directory}.`);
  const advice = "`perdure` starts another one; programs are not harmed.";
  throw new CommandFailure(EXIT.notRunning, `The server (pid ${found.pid}) does not answer. ${advice}`);
}

/** The session that a word names. */
export async function sessionNamed(server: Server, word: string): Promise<SessionInfo> {
  return resolveSession(word, await server.rest.list());
}

/** A connection for attachments. `where` is asked before each attempt: a new server may have another port. */
export function connectClient(home: Home, where: () => string): Client {
  return createClient({
    url: () => `${where().replace(/^http/, "ws")}/api/socket`,
    openSocket: (url) => openSocket(url, readToken(home)),
    client: { kind: "cli", name: "terminal", version: VERSION },
  });
}

function openSocket(url: string, token: string): ClientSocket {
  return new WebSocket(url, { headers: { Authorization: `Bearer ${token}` }, perMessageDeflate: false });
}

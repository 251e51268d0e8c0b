/** A whole server in this process on a scratch home, with a real host process, for tests of the HTTP interface. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { agentsFile, RegisteredAgents } from "../agents/registered-agents.ts";
import { Server } from "../http/server.ts";
import { systemClock } from "../platform/clock.ts";
import { openHome, type Home } from "../platform/home.ts";
import type { Log } from "../platform/log.ts";

export interface ScratchServer {
  readonly url: string;
  readonly home: Home;
  /** Credential of the command line. */
  readonly token: string;
  /** A request with the credential; a body is sent as JSON. */
  request(
    method: string,
    path: string,
    options?: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Response>;
  /** Ends every program, the host and the server, and removes the home. */
  close(): Promise<void>;
}

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Starts it on any free port. */
export async function startScratchServer(): Promise<ScratchServer> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-server-"));
  process.env["HOME"] = directory; // the login shell's start-up files are not the user's
  const home = openHome(directory);
  const web = path.join(directory, "web");
  fs.mkdirSync(web);
  fs.writeFileSync(path.join(web, "index.html"), "<!doctype html><title>page</title>");
  const ended = Promise.withResolvers<void>();
  const server = await Server.open({
    agents: new RegisteredAgents(agentsFile(home.directory), () => undefined),
    home,
    port: { is: "exact", port: 0 },
    listen: "127.0.0.1",
    allowHosts: [],
    defaultUmask: 0o022,
    version: "0.0.0",
    clock: systemClock,
    log: silent,
    entries: {
      host: new URL("../host/main.ts", import.meta.url),
      storeWorker: new URL("../store/store-worker.ts", import.meta.url),
      engineWorker: new URL("../terminal/engine-worker.ts", import.meta.url),
      web,
    },
    onEnd: () => ended.resolve(),
  });
  const token = fs.readFileSync(home.cliToken, "utf8").trim();
  const request: ScratchServer["request"] = (method, at, options = {}) =>
    fetch(server.url + at, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...options.headers },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
  const close = async (): Promise<void> => {
    await request("POST", "/api/shutdown", { body: { all: true } });
    await ended.promise;
    fs.rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  return { url: server.url, home, token, request, close };
}

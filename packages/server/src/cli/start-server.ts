/**
 * Starts a server in the background, as a process of its own: its session, its log, nothing of the caller's terminal or run. One
 * caller at a time starts one; the others wait for it.
 */
import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isErrorCode, PerdureError } from "@perdure/protocol";
import * as z from "zod/mini";
import type { Home } from "../platform/home.ts";
import { takeLock } from "../platform/lock.ts";
import { RUN_COOKIE } from "../platform/processes.ts";
import { DEFAULT_PORT, readServerFile } from "../platform/server-file.ts";
import { nodeCommand, SERVER_ENTRY } from "./entries.ts";
import { findServer, type Found } from "./find-server.ts";
import { serverArguments, type ServerFlags } from "./server-flags.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";

const START_MS = 20_000;
const LOOK_EVERY_MS = 100;

const StartMessage = z.union([
  z.object({ ready: z.object({ url: z.string() }) }),
  z.object({ failed: z.object({ code: z.string(), message: z.string() }) }),
]);

export interface StartRequest {
  readonly home: Home;
  readonly flags: ServerFlags;
  /** Asked for by the user: another one will not do. */
  readonly port: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** What a person should know meanwhile. */
  readonly note: (text: string) => void;
}

export type Running = Extract<Found, { is: "running" }>;

/** The running server; if there is none, one is started. `isNew`: it was. `known`: what was found just before. */
export async function findOrStartServer(request: StartRequest, known?: Found): Promise<Running & { readonly isNew: boolean }> {
  const { home, signal } = request;
  const found = known ?? (await findServer(home, signal));
  if (found.is === "running") return { ...found, isNew: false };
  const lock = takeLock(path.join(home.directory, "start.lock"));
  if (!lock.ok) return { ...(await waitForServer(request)), isNew: false };
  try {
    const again = await lookAgain(request, found);
    if (again.is === "running") return { ...again, isNew: false };
    if (again.is === "silent") request.note(`The server (pid ${again.pid}) does not answer. Another one takes its place.`);
    await startServer(request, again.port);
    const started = await findServer(home, signal);
    if (started.is !== "running") throw new CommandFailure(EXIT.failed, `The server started and does not answer; see ${home.serverLog}.`);
    notePort(request, started.url, again);
    return { ...started, isNew: true };
  } finally {
    lock.release();
  }
}

/** Somebody may have started one just before; one that was silent is not asked twice. */
async function lookAgain({ home, signal }: StartRequest, found: Found): Promise<Found> {
  const isSame = found.is === "silent" && readServerFile(home)?.pid === found.pid;
  return isSame ? found : findServer(home, signal);
}

/** Where it is not on the port where people look for it: the one they asked for, the last one, the usual one. */
function notePort({ port, note }: StartRequest, url: string, before: Exclude<Found, { is: "running" }>): void {
  const got = Number(new URL(url).port);
  if (port || got === before.port) return;
  if (before.is === "silent")
    note(`The old server still holds port ${before.port}; the new one listens on ${got}. Open pages need a new link: \`perdure\`.`);
  else if (port === undefined && got !== DEFAULT_PORT)
    note(`Port ${DEFAULT_PORT} is taken by another program; the server listens on ${got}.`);
}

/** Somebody else is starting it. */
async function waitForServer({ home, signal }: StartRequest): Promise<Running> {
  for (let waitedMs = 0; waitedMs < START_MS; waitedMs += LOOK_EVERY_MS) {
    await delay(LOOK_EVERY_MS, undefined, { signal });
    const found = await findServer(home, signal);
    if (found.is === "running") return found;
  }
  throw new CommandFailure(EXIT.failed, `Another command has been starting the server for ${START_MS / 1000} s; see ${home.serverLog}.`);
}

/** Unless the user asks for a certain port: the last one, so that open pages find it again, else the usual one, else any. */
async function startServer(request: StartRequest, lastPort: number | undefined): Promise<void> {
  if (request.port || lastPort === undefined) return start(request, request.port);
  try {
    await start(request, lastPort);
  } catch (error) {
    if (!(error instanceof PerdureError) || error.code !== "port-in-use") throw error;
    await start(request, request.port);
  }
}

async function start(request: StartRequest, port: number | undefined): Promise<void> {
  const { home, flags, env, signal } = request;
  const [node, ...args] = nodeCommand(SERVER_ENTRY, serverArguments(home, port, flags));
  const log = fs.openSync(home.serverLog, "a", 0o600);
  const child = spawn(node, args, { detached: true, cwd: "/", env: serverEnvironment(env), stdio: ["ignore", log, log, "ipc"] });
  fs.closeSync(log);
  try {
    await ready(child, home, signal);
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

/** A server that is started from inside a session is no part of it: ending the session must not end the server. */
function serverEnvironment(env: StartRequest["env"]): NodeJS.ProcessEnv {
  const { [RUN_COOKIE]: _run, PERDURE_SESSION: _session, ...rest } = env;
  return rest;
}

function ready(child: ChildProcess, home: Home, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(START_MS)]);
    const fail = (reason: string) => finish(() => reject(new CommandFailure(EXIT.failed, `The server ${reason}; see ${home.serverLog}.`)));
    const onLimit = () => (signal.aborted ? finish(() => reject(signal.reason as Error)) : fail(`is not ready after ${START_MS / 1000} s`));
    const onMessage = (message: unknown) => {
      const parsed = StartMessage.safeParse(message);
      if (!parsed.success) return;
      const { data } = parsed;
      if ("ready" in data) finish(resolve);
      else finish(() => reject(new PerdureError(isErrorCode(data.failed.code) ? data.failed.code : "internal", data.failed.message)));
    };
    const onExit = (code: number | null, killed: string | null) => fail(`ended at its start (${killed ?? `exit code ${code ?? 0}`})`);
    const onError = (error: Error) => fail(`could not be started (${error.message})`);
    function finish(settle: () => void): void {
      limit.removeEventListener("abort", onLimit);
      child.off("message", onMessage).off("exit", onExit).off("error", onError);
      settle();
    }
    limit.addEventListener("abort", onLimit);
    child.on("message", onMessage).on("exit", onExit).on("error", onError);
  });
}

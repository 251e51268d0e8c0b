/**
 * The server process, behind its entry `main.ts`. It is started by the command line (which waits for `ready` over IPC) or by a service manager; arguments
 * are `--home`, `--port`, `--listen`, `--allow-host`, `--no-shell-integration`. Exit codes: 0 told to end, 1 could not start, 3 replaced by another server.
 */
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isErrorCode, PerdureError } from "@perdure/protocol";
import pino from "pino";
import { agentsFile, RegisteredAgents } from "../agents/registered-agents.ts";
import { systemClock } from "../platform/clock.ts";
import type { CompileCache } from "../platform/compile-cache.ts";
import { homeDirectory, openHome } from "../platform/home.ts";
import { lossyLines } from "../platform/log.ts";
import { DEFAULT_PORT } from "../platform/server-file.ts";
import { VERSION } from "../platform/version.ts";
import type { StoreThread } from "../store/store-thread.ts";
import { Server, type PortChoice } from "./server.ts";

const EXIT = { told: 0, failed: 1, replaced: 3 } as const;

/** It takes about 5 ms, once for each build: not while those come back who were there before, and behind the app for HTTP requests. */
const KEEP_COMPILED_AFTER_MS = 1_000;

const extension = path.extname(fileURLToPath(import.meta.url));
const isSource = extension === ".ts";
/** In the bundle all entries lie in one folder, from source each in its layer's. */
const entry = (layer: string, name: string, bundled: string): URL =>
  new URL(isSource ? `../${layer}/${name}.ts` : `./${bundled}.js`, import.meta.url);

function readArguments() {
  const { values } = parseArgs({
    options: {
      home: { type: "string" },
      port: { type: "string" },
      listen: { type: "string", default: "127.0.0.1" },
      "allow-host": { type: "string", multiple: true, default: [] },
      "no-shell-integration": { type: "boolean", default: process.env["PERDURE_SHELL_INTEGRATION"] === "off" },
    },
  });
  return {
    home: values.home,
    port: choosePort(values.port ?? process.env["PERDURE_PORT"]),
    listen: values.listen,
    allowHosts: values["allow-host"],
    hasMarks: !values["no-shell-integration"],
  };
}

function choosePort(text: string | undefined): PortChoice {
  if (text === undefined || text === "") return { is: "preferred", port: DEFAULT_PORT };
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return { is: "exact", port };
  throw new PerdureError("bad-request", `"${text}" is not a port; choose a number from 0 (any free one) to 65535.`);
}

function tellStarter(message: object): void {
  if (!process.send) return;
  process.send(message, () => process.disconnect());
}

/** What its entry has begun. */
export interface Begun {
  /** Of the process as it was started; now it is 077. */
  readonly defaultUmask: number;
  readonly storeThread: StoreThread;
  readonly compiled: CompileCache | null;
}

async function start(log: pino.Logger, { defaultUmask, storeThread }: Begun): Promise<Server> {
  const { home: flag, port, listen, allowHosts, hasMarks } = readArguments();
  const home = openHome(homeDirectory(flag, process.env));
  const web = fileURLToPath(isSource ? new URL("../../dist/web", import.meta.url) : new URL("./web", import.meta.url));
  const shell = fileURLToPath(new URL(isSource ? "../sessions/shell" : "./shell", import.meta.url));
  return Server.open({
    ...(hasMarks ? { shellMarks: shell } : {}),
    home,
    port,
    listen,
    allowHosts,
    defaultUmask,
    storeThread,
    log,
    agents: new RegisteredAgents(agentsFile(home.directory), (problem) => log.warn({ problem }, "an agent cannot be used")),
    version: VERSION,
    clock: systemClock,
    entries: {
      host: entry("host", "main", "host"),
      storeWorker: entry("store", "store-worker", "store-worker"),
      engineWorker: entry("terminal", "engine-worker", "engine-worker"),
      web,
    },
    onEnd: (why) => {
      if (why.is === "shutdown") process.exit(EXIT.told);
      const isReplaced = why.error instanceof PerdureError && why.error.code === "stale-epoch";
      log[isReplaced ? "warn" : "error"](
        { err: why.error },
        isReplaced ? "another server has taken over; this one ends" : "this server cannot go on",
      );
      process.exit(isReplaced ? EXIT.replaced : EXIT.failed);
    },
  });
}

/** Starts the server and tells whoever started this process how that went. Never rejects. */
export async function main(begun: Begun): Promise<void> {
  process.on("SIGHUP", () => undefined);
  const log = pino({ level: process.env["PERDURE_LOG"] ?? "info", redact: ["token", "*.token", "env", "*.env"] }, lossyLines(1));
  try {
    const server = await start(log, begun);
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void server.end({ is: "shutdown" }));
    tellStarter({ ready: { url: server.url } });
    systemClock.after(KEEP_COMPILED_AFTER_MS, () => begun.compiled?.keep());
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof PerdureError && isErrorCode(error.code) ? error.code : "internal";
    log.fatal({ err: error, code }, "the server could not start");
    console.error(message);
    tellStarter({ failed: { code, message } });
    process.exitCode = code === "stale-epoch" ? EXIT.replaced : EXIT.failed;
    setImmediate(() => process.exit());
  }
}

/**
 * The entry of the host process: `host.js --home DIR`. One host per state directory; it lives in a session of its own, outlives
 * every server, and exits when it is told to and nothing runs.
 */
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { type Home, homeDirectory, openHome } from "../platform/home.ts";
import { takeLock } from "../platform/lock.ts";
import { VERSION } from "../platform/version.ts";
import { Host } from "./host.ts";

const DEFAULT_SPOOL_BYTES = 256 * 1024 * 1024;
/** Below this a single segment could fill the spool. */
const MIN_SPOOL_BYTES = 512 * 1024;
const MAX_LOG_BYTES = 1024 * 1024;
/** Exit code of a host that found another one. */
const ALREADY_RUNS = 3;

/** Lines with their time, in a file that begins anew at {@link MAX_LOG_BYTES}; the one before is kept. */
function openLog(file: string): (line: string) => void {
  return (line) => {
    try {
      if ((fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) fs.renameSync(file, `${file}.1`);
      fs.appendFileSync(file, `${new Date().toISOString()} ${process.pid} ${line}\n`, { mode: 0o600 });
    } catch {
      // A full disk has no room for words about it; programs go on.
    }
  };
}

/** The socket appears under its name only when it listens and nobody else can open it. */
function listen(server: net.Server, home: Home, ready: () => void): void {
  const draft = path.join(path.dirname(home.hostSocket), `h${process.pid.toString(36)}`);
  fs.rmSync(draft, { force: true });
  server.listen(draft, () => {
    fs.chmodSync(draft, 0o600);
    fs.renameSync(draft, home.hostSocket);
    ready();
  });
}

function main(): void {
  process.umask(0o077);
  const home = openHome(homeDirectory(parseArgs({ options: { home: { type: "string" } } }).values.home, process.env));
  const log = openLog(home.hostLog);
  const lock = takeLock(path.join(home.hostDirectory, "host.lock"));
  if (!lock.ok) {
    log(`another host runs here, pid ${lock.holder?.pid}`);
    process.exitCode = ALREADY_RUNS;
    return;
  }
  process.chdir("/");
  const server = net.createServer();
  const exit = () => {
    host.close();
    fs.rmSync(home.hostSocket, { force: true });
    lock.release();
    server.close(() => process.exit());
    setTimeout(() => process.exit(), 1000).unref();
  };
  const spoolLimitBytes = Math.max(Number(process.env["PERDURE_SPOOL_BYTES"]) || DEFAULT_SPOOL_BYTES, MIN_SPOOL_BYTES);
  const host = new Host({ directory: home.hostDirectory, version: VERSION, spoolLimitBytes, log, exit });
  server.on("connection", (socket) => host.accept(socket));
  server.on("error", (error) => log(`the socket failed: ${error.message}`));
  process.on("SIGHUP", () => log("HUP: ignored"));
  process.on("SIGTERM", () => (host.hasLivingRuns ? log("TERM: ignored, programs are running") : exit()));
  process.on("SIGINT", () => log("INT: ignored"));
  // Programs depend on this process: a fault in one request must not end them all.
  process.on("uncaughtException", (error) => log(`unexpected: ${error.stack ?? error.message}`));
  listen(server, home, () => log(`host listens on ${home.hostSocket}`));
}

main();

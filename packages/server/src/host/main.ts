/**
 * The entry of the host process: `host.js --home DIR`. One host per state directory; it lives in a session of its own, outlives
 * every server, and exits when it is told to and nothing runs.
 */
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../platform/clock.ts";
import { type Home, homeDirectory, openHome } from "../platform/home.ts";
import { IdleMoments } from "../platform/idle-moments.ts";
import { lockHolder, takeLock } from "../platform/lock.ts";
import { collectGarbage, returnFreePages } from "../platform/memory.ts";
import { VERSION } from "../platform/version.ts";
import { Host } from "./host.ts";
import { forgetSpareBuffers } from "./run.ts";
import { HOST_ALREADY_RUNS } from "./wire.ts";

const DEFAULT_SPOOL_BYTES = 256 * 1024 * 1024;
/** Below this a single segment could fill the spool. */
const MIN_SPOOL_BYTES = 512 * 1024;
const MAX_LOG_BYTES = 1024 * 1024;
/** How often the socket's file is looked for: cleaners of temporary directories remove it, and nobody could reach the programs. */
const SOCKET_LOOK_MS = 5000;

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

/** The socket appears under its name only when it listens and nobody else can open it. `failed` is told if it does not. */
function listen(home: Home, accept: (socket: net.Socket) => void, failed: (error: unknown) => void, ready: () => void): net.Server {
  const server = net.createServer(accept).on("error", failed);
  const directory = path.dirname(home.hostSocket);
  const draft = path.join(directory, `h${process.pid.toString(36)}`);
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  fs.rmSync(draft, { force: true });
  return server.listen(draft, () => {
    try {
      fs.chmodSync(draft, 0o600);
      fs.renameSync(draft, home.hostSocket);
      ready();
    } catch (error) {
      server.close();
      failed(error);
    }
  });
}

function releaseMemory(): void {
  forgetSpareBuffers();
  collectGarbage();
  returnFreePages();
}

function main(): void {
  process.umask(0o077);
  const home = openHome(homeDirectory(parseArgs({ options: { home: { type: "string" } } }).values.home, process.env));
  const log = openLog(home.hostLog);
  const lockFile = path.join(home.hostDirectory, "host.lock");
  const lock = takeLock(lockFile);
  if (!lock.ok) {
    log(`another host runs here, pid ${lock.holder?.pid}`);
    process.exitCode = HOST_ALREADY_RUNS;
    return;
  }
  process.chdir("/");
  const idle = new IdleMoments({ clock: systemClock, use: releaseMemory });
  const exit = (code = 0) => {
    idle.close();
    host.close();
    if (code === 0) fs.rmSync(home.hostSocket, { force: true });
    lock.release();
    server.close(() => process.exit(code));
    setTimeout(() => process.exit(code), 1000).unref();
  };
  const spoolLimitBytes = Math.max(Number(process.env["PERDURE_SPOOL_BYTES"]) || DEFAULT_SPOOL_BYTES, MIN_SPOOL_BYTES);
  const host = new Host({ directory: home.hostDirectory, version: VERSION, spoolLimitBytes, log, exit });
  process.on("SIGTERM", () => (host.hasLivingRuns ? log("TERM: ignored, programs are running") : exit()));
  // Left alone, USR1 would open a port for a debugger and the others end the host.
  for (const signal of ["SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const) process.on(signal, () => log(`${signal}: ignored`));
  // Programs depend on this process: a fault in one request must not end them all.
  process.on("uncaughtException", (error) => log(`unexpected: ${error.stack ?? error.message}`));
  const accept = (socket: net.Socket) => host.accept(socket);
  const ready = () => log(`host listens on ${home.hostSocket}`);
  const failed = (error: unknown) => log(`the socket failed: ${String(error)}`);
  // A host that nobody can reach must not keep the lock. Later its programs come first: it tries again.
  const giveUp = (error: unknown) => {
    failed(error);
    exit(1);
  };
  let server = listen(home, accept, giveUp, ready);
  setInterval(() => {
    if (fs.existsSync(home.hostSocket) || lockHolder(lockFile)?.pid !== process.pid) return;
    server.close();
    server = listen(home, accept, failed, ready);
  }, SOCKET_LOOK_MS).unref();
}

main();

/** Starts the host of a state directory, unless one answers already, and waits until it takes connections. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { PerdureError } from "@perdure/protocol";
import { entryFlags } from "../platform/entry-flags.ts";
import type { Home } from "../platform/home.ts";
import { HOST_ALREADY_RUNS } from "./wire.ts";

const WITHIN_MS = 10_000;
const TRY_MS = 20;
/** Nothing of the starter's environment goes to the host but this; programs get theirs by request. */
const KEPT = ["PATH", "HOME", "USER", "LANG", "TMPDIR", "XDG_RUNTIME_DIR", "PERDURE_SPOOL_BYTES", "PERDURE_CRASH", "PERDURE_TEST_BOOT_ID"];

/** Rejects with `host-unavailable`, saying where to look. Of two hosts started at once one ends by itself. */
export async function startHost(options: { home: Home; hostEntry: URL; signal: AbortSignal }): Promise<void> {
  const { home, hostEntry, signal } = options;
  if (await answers(home.hostSocket)) return;
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]);
  const failure = launch(home, hostEntry);
  try {
    while (!(await answers(home.hostSocket))) {
      const error = failure();
      if (error) throw error;
      await delay(TRY_MS, undefined, { signal: bounded });
    }
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new PerdureError(
      "host-unavailable",
      `The host did not start. ${home.hostLog} may say why; stop what holds ${home.hostDirectory}/host.lock, then try again.`,
      { cause },
    );
  }
}

/** The host leaves this process's session and gets no descriptor of it. Returns what tells whether starting has failed. */
function launch(home: Home, hostEntry: URL): () => Error | undefined {
  const log = fs.openSync(home.hostLog, "a", 0o600);
  let failure: Error | undefined;
  const env = Object.fromEntries(KEPT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  const args = [...entryFlags(hostEntry), fileURLToPath(hostEntry), "--home", home.directory];
  const child = spawn(process.execPath, args, { cwd: "/", env, detached: true, stdio: ["ignore", log, log] });
  child.on("error", (error) => (failure = error));
  child.on("exit", (code, by) => {
    if (code !== HOST_ALREADY_RUNS) failure = new Error(`The host ended with ${code ?? by}.`);
  });
  child.unref();
  fs.closeSync(log);
  return () => failure;
}

async function answers(socketPath: string): Promise<boolean> {
  const socket = net.connect(socketPath);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false; // Nobody listens there, yet.
  } finally {
    socket.destroy();
  }
}

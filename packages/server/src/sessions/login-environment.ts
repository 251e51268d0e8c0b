/**
 * The environment of the user's login shell, for sessions that are started from a page: it is asked once, as the user's own
 * terminal would start it, in a process session of its own. A shell whose start-up files take long is waited for only so long,
 * but not killed for it: it may hold locks of its own. A server with an empty environment still finds it.
 */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import * as os from "node:os";
import type { Readable } from "node:stream";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Variables } from "./environment.ts";

/** How long somebody who starts a session waits for the shell. */
const PATIENCE_MS = 10_000;
/** How long the shell may run at all. */
const LIMIT_MS = 120_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
const MARK = "perdure-environment-7f3a";
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The user's shell by the environment, else by the password database, else `/bin/sh`. */
export function loginShell(): string {
  return process.env["SHELL"] || account().shell || "/bin/sh";
}

/** Remembers the login shell's environment; asks again only after a failure. */
export class LoginEnvironment {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #read: () => Promise<Variables>;
  #answer: Promise<Variables> | null = null;

  constructor(log: Log, clock: Clock, read: () => Promise<Variables> = readLoginEnvironment) {
    this.#log = log;
    this.#clock = clock;
    this.#read = read;
  }

  /** The environment; while the shell has not answered for 10 s, or if it fails, a minimal one, and the log says so. */
  get(): Promise<Variables> {
    this.#answer ??= this.#ask();
    return this.#answer;
  }

  #ask(): Promise<Variables> {
    const { promise, resolve } = Promise.withResolvers<Variables>();
    const giveUp = (error: unknown): void => {
      this.#log.warn({ err: error, shell: loginShell() }, "the login shell did not give its environment; a minimal one is used");
      resolve(minimalEnvironment());
    };
    const cancel = this.#clock.after(PATIENCE_MS, () => giveUp(new Error(`no answer for ${PATIENCE_MS / 1000} s`)));
    const read = async (): Promise<void> => {
      try {
        const variables = await this.#read();
        this.#answer = Promise.resolve(variables); // also if it came late
        resolve(variables);
      } catch (error) {
        this.#answer = null;
        giveUp(error);
      } finally {
        cancel();
      }
    };
    void read();
    return promise;
  }
}

function account(): { readonly username: string; readonly shell: string } {
  try {
    const { username, shell } = os.userInfo();
    return { username, shell: shell ?? "" };
  } catch {
    return { username: process.env["USER"] ?? "", shell: "" }; // no entry in the password database
  }
}

function minimalEnvironment(): Record<string, string> {
  const { username } = account();
  const lang = process.env["LANG"] ?? "C.UTF-8";
  return { HOME: os.homedir(), USER: username, LOGNAME: username, SHELL: loginShell(), PATH: DEFAULT_PATH, LANG: lang };
}

/** Runs the login shell, interactive, and has this Node print what it was given. */
async function readLoginEnvironment(): Promise<Variables> {
  const script = `'${process.execPath}' -p '"${MARK}" + JSON.stringify(process.env) + "${MARK}"'`;
  const child = spawn(loginShell(), ["-i", "-l", "-c", script], {
    cwd: os.homedir(),
    env: { ...minimalEnvironment(), TERM: "dumb", PERDURE_RESOLVING_ENVIRONMENT: "1" },
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  child.unref();
  const json = (await readOutput(child)).split(MARK)[1];
  if (json === undefined) throw new Error("the login shell ended without printing its environment");
  const variables = JSON.parse(json) as Record<string, string>;
  for (const name of ["TERM", "PERDURE_RESOLVING_ENVIRONMENT", "SHLVL", "_"]) delete variables[name];
  return variables;
}

/** What the shell and all it started print, up to the limits. */
async function readOutput(child: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  const limit = setTimeout(() => endGroup(child.pid), LIMIT_MS).unref();
  const { promise: failed, reject } = Promise.withResolvers<never>();
  child.once("error", reject);
  const read = async (): Promise<string> => {
    let output = "";
    for await (const text of child.stdout.setEncoding("utf8")) {
      output += String(text);
      if (output.length > MAX_OUTPUT_BYTES) throw new Error("the login shell printed more than 1 MiB");
      if (output.split(MARK).length > 2) break; // what it leaves running may keep the pipe open
    }
    return output;
  };
  try {
    return await Promise.race([read(), failed]);
  } finally {
    clearTimeout(limit);
  }
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, "SIGTERM");
  } catch {
    // it has ended meanwhile
  }
}

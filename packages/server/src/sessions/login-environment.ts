/**
 * The environment of the user's login shell, for sessions that are started from a page: it is asked once, as the user's own
 * terminal would start it, in a process session of its own and with a deadline. A server with an empty environment still finds it.
 */
import { spawn } from "node:child_process";
import * as os from "node:os";
import type { Log } from "../platform/log.ts";
import type { Variables } from "./environment.ts";

const DEADLINE_MS = 10_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
const MARK = "perdure-environment-7f3a";
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The user's shell by the password database, else by the environment, else `/bin/sh`. */
export function loginShell(): string {
  return userInfo().shell || process.env["SHELL"] || "/bin/sh";
}

/** Remembers the login shell's environment; asks again only when asked to. */
export class LoginEnvironment {
  readonly #log: Log;
  #answer: Promise<Variables> | null = null;

  constructor(log: Log) {
    this.#log = log;
  }

  /** The environment; if the shell does not answer in 10 s, a minimal one, and the log says so. */
  get(): Promise<Variables> {
    this.#answer ??= readLoginEnvironment().catch((error: unknown) => {
      this.#log.warn({ err: error, shell: loginShell() }, "the login shell did not give its environment; a minimal one is used");
      this.#answer = null;
      return minimalEnvironment();
    });
    return this.#answer;
  }
}

function userInfo(): { username: string; homedir: string; shell: string } {
  try {
    const { username, homedir, shell } = os.userInfo();
    return { username, homedir, shell: shell ?? "" };
  } catch {
    return { username: process.env["USER"] ?? "", homedir: os.homedir(), shell: "" }; // no entry in the password database
  }
}

function minimalEnvironment(): Record<string, string> {
  const { username, homedir } = userInfo();
  return {
    HOME: homedir,
    USER: username,
    LOGNAME: username,
    SHELL: loginShell(),
    PATH: DEFAULT_PATH,
    LANG: process.env["LANG"] ?? "C.UTF-8",
  };
}

/** Runs the login shell, interactive, and has this Node print what it was given. */
async function readLoginEnvironment(): Promise<Variables> {
  const script = `'${process.execPath}' -p '"${MARK}" + JSON.stringify(process.env) + "${MARK}"'`;
  const child = spawn(loginShell(), ["-i", "-l", "-c", script], {
    cwd: userInfo().homedir,
    env: { ...minimalEnvironment(), TERM: "dumb", PERDURE_RESOLVING_ENVIRONMENT: "1" },
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  let output = "";
  child.stdout.setEncoding("utf8");
  for await (const text of child.stdout) {
    output += String(text);
    if (output.length > MAX_OUTPUT_BYTES) {
      child.kill("SIGKILL");
      throw new Error("the login shell printed more than 1 MiB");
    }
  }
  const json = output.split(MARK)[1];
  if (json === undefined) throw new Error("the login shell ended without printing its environment");
  const variables = JSON.parse(json) as Record<string, string>;
  for (const name of ["TERM", "PERDURE_RESOLVING_ENVIRONMENT", "SHLVL", "_"]) delete variables[name];
  return variables;
}

/**
 * How a program is started so that it holds descriptors 0, 1 and 2 only, gets exactly the environment asked for, and the umask.
 * node-pty's masters lack close-on-exec, so a launcher closes what it inherited and then becomes the program: bash where
 * there is one (fast), else this Node. bash is not shown the variables it would act on; `env` sets those afterwards.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { RUN_COOKIE } from "../platform/processes.ts";
import type { HostFailure, SpawnRequest } from "./wire.ts";

const ENV = "/usr/bin/env";
const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";
const DEFAULT_UMASK = 0o022;
const NODE_LAUNCHER = fileURLToPath(new URL(`./launch-program${path.extname(fileURLToPath(import.meta.url))}`, import.meta.url));

/** More than one digit after `exec` needs bash: dash takes it for a command. The list is complete before the first is closed. */
const CLOSE_AND_BECOME =
  'umask "$1"; shift; for d in /proc/self/fd /dev/fd; do [ -d $d ] && break; done; for f in $d/*; do f=${f##*/}; if [ "$f" -gt 2 ]; then eval "exec $f>&-"; fi; done; exec "$@"';

/** Variables bash changes, or complains about. */
const OF_BASH =
  /^(_|PWD|OLDPWD|SHLVL|IFS|PS4|OPTIND|OPTERR|PPID|EUID|UID|GROUPS|LINES|COLUMNS|DIRSTACK|FUNCNAME|HOST(NAME|TYPE)|MACHTYPE|OSTYPE|RANDOM|SECONDS|EPOCH.*|LANG|LANGUAGE|LC_.*|SHELLOPTS|BASH.*|POSIXLY_CORRECT|TEXTDOMAIN.*|LOCPATH|NLSPATH)$/;
/** Variables bash adds by itself. */
const BASH_ADDS = ["_", "PWD", "OLDPWD", "SHLVL"];

/** What to execute, in place of the program. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export type Launcher = "bash" | "node";

/** A request that cannot be met, with what to do. */
export interface LaunchFailure {
  readonly code: HostFailure;
  readonly message: string;
}

export const BASH: string | undefined = ["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"].find(isExecutable);

/** The launch for a request, with everything checked that can be checked before a process exists. */
export function prepareLaunch(
  request: SpawnRequest,
  launcher: Launcher = BASH && isExecutable(ENV) ? "bash" : "node",
): Launch | LaunchFailure {
  const program = findProgram(request);
  if (typeof program !== "string") return program;
  const env = { ...request.env, [RUN_COOKIE]: request.run };
  const umask = request.umask ?? DEFAULT_UMASK;
  const args = request.command.slice(1);
  // `env` would take a path with "=" for a variable.
  return launcher === "bash" && BASH && !program.includes("=")
    ? throughBash(BASH, program, args, env, umask)
    : throughNode(program, args, env, umask);
}

function throughBash(bash: string, program: string, args: readonly string[], env: Readonly<Record<string, string>>, umask: number): Launch {
  const [later, now] = [Object.entries(env).filter(([name]) => isForEnv(name)), Object.entries(env).filter(([name]) => !isForEnv(name))];
  const unset = BASH_ADDS.flatMap((name) => (env[name] === undefined ? ["-u", name] : []));
  const chain = [ENV, ...unset, ...later.map(([name, value]) => `${name}=${value}`), program, ...args];
  return {
    file: bash,
    args: ["--norc", "--noprofile", "-p", "-c", CLOSE_AND_BECOME, "perdure", umask.toString(8), ...chain],
    env: Object.fromEntries(now),
  };
}

function isForEnv(name: string): boolean {
  return OF_BASH.test(name);
}

/** Each variable gets a prefix on the way, so that none (NODE_OPTIONS) acts on the launcher. */
function throughNode(program: string, args: readonly string[], env: Readonly<Record<string, string>>, umask: number): Launch {
  const hidden = Object.fromEntries(Object.entries(env).map(([name, value]) => [`_${name}`, value]));
  return {
    file: process.execPath,
    args: [...process.execArgv, "--no-warnings", NODE_LAUNCHER, umask.toString(8), program, ...args],
    env: { ...hidden, [RUN_COOKIE]: env[RUN_COOKIE] ?? "" },
  };
}

/** The absolute path of the program, by the request's own directory and PATH. */
function findProgram(request: SpawnRequest): string | LaunchFailure {
  const { cwd, env } = request;
  const name = request.command[0] ?? "";
  if (!path.isAbsolute(cwd) || !isDirectory(cwd)) {
    return { code: "cwd-missing", message: `The directory ${cwd} does not exist or cannot be entered. Choose another directory.` };
  }
  if (name.includes("/")) {
    const file = path.resolve(cwd, name);
    return isExecutable(file) ? file : { code: "command-missing", message: `${file} ${whyNot(file)}` };
  }
  const directories = (env["PATH"] || DEFAULT_PATH).split(":").map((directory) => path.resolve(cwd, directory));
  const found = name && directories.map((directory) => path.join(directory, name)).find(isExecutable);
  return (
    found || {
      code: "command-missing",
      message: `There is no program "${name}" in PATH (${directories.join(":")}). Install it, or give its full path.`,
    }
  );
}

function whyNot(file: string): string {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat) return "does not exist. Check the path.";
  return stat.isFile() ? "cannot be executed. Try: chmod +x." : "is not a program but a directory or a special file.";
}

function isDirectory(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true && isAccessible(file);
}

function isExecutable(file: string): boolean {
  try {
    return fs.statSync(file).isFile() && isAccessible(file);
  } catch {
    return false; // Not there, or not for us: the search goes on.
  }
}

function isAccessible(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

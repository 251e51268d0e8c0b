/**
 * The state directory: what lies where. Everything perdure keeps is below it, with mode 0700 for directories and 0600 for
 * files; a path too long for a unix socket moves to a private runtime directory.
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { PerdureError } from "@perdure/protocol";

/** Longest path a unix socket gets here; the kernel's limit is 108 bytes on Linux and 104 on macOS. */
const MAX_SOCKET_PATH_BYTES = 100;

/** Where things are. All absolute. */
export interface Home {
  readonly directory: string;
  readonly database: string;
  /** Credential of the command line on this machine. */
  readonly cliToken: string;
  /** What the running server says of itself: pid, start time, URL. */
  readonly serverFile: string;
  readonly serverLog: string;
  readonly hostDirectory: string;
  readonly hostSocket: string;
  readonly hostLog: string;
  /** Stable links handed to programs, such as the one for the SSH agent. */
  readonly links: string;
}

/**
 * The state directory by `--home`, `PERDURE_HOME`, else `$XDG_STATE_HOME/perdure` or `~/.local/state/perdure`; absolute. Throws
 * `home-unusable` for a user without a home directory.
 */
export function homeDirectory(flag: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  const chosen = flag || env["PERDURE_HOME"];
  if (chosen) return path.resolve(chosen);
  const state = env["XDG_STATE_HOME"];
  return path.join(state && path.isAbsolute(state) ? state : path.join(userDirectory(), ".local", "state"), "perdure");
}

/** `HOME` counts if it is absolute: else it would be another place in each directory, and another one for the server. */
function userDirectory(): string {
  try {
    const home = os.homedir();
    return path.isAbsolute(home) ? home : os.userInfo().homedir;
  } catch (cause) {
    throw new PerdureError("home-unusable", "This user has no home directory. Choose a state directory with --home or PERDURE_HOME.", {
      cause,
    });
  }
}

/** Makes the state directory if needed. Throws `home-unusable`, saying why and what to do. */
export function openHome(directory: string): Home {
  const home = layout(directory);
  try {
    for (const each of [directory, home.hostDirectory, home.links]) makeDirectory(each);
    fs.chmodSync(directory, 0o700);
    fs.accessSync(directory, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
    const probe = path.join(directory, `.probe-${process.pid}`);
    fs.writeFileSync(probe, "", { mode: 0o600 });
    fs.rmSync(probe);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PerdureError(
      "home-unusable",
      `The state directory ${directory} cannot be used (${reason}). Choose another with --home or PERDURE_HOME.`,
      { cause },
    );
  }
  return home;
}

/** With its parents. (Node's own `recursive` tries for ever where a parent answers ENOENT, as below `/proc`.) */
function makeDirectory(directory: string): void {
  const stat = fs.statSync(directory, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return;
  if (stat !== undefined) throw new Error(`${directory} is no directory`);
  makeDirectory(path.dirname(directory));
  try {
    fs.mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    const isThere = fs.statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
    if (!isThere) throw error; // else somebody else has made it just now
  }
}

function layout(directory: string): Home {
  const at = (...parts: string[]) => path.join(directory, ...parts);
  return {
    directory,
    database: at("perdure.db"),
    cliToken: at("cli-token"),
    serverFile: at("server.json"),
    serverLog: at("server.log"),
    hostDirectory: at("host"),
    hostSocket: socketPath(at("host", "host.sock")),
    hostLog: at("host.log"),
    links: at("links"),
  };
}

/** The path itself, or a short one in a private directory of this user, made from its hash. */
function socketPath(wanted: string): string {
  if (Buffer.byteLength(wanted) <= MAX_SOCKET_PATH_BYTES) return wanted;
  const hash = createHash("sha256").update(wanted).digest("hex").slice(0, 16);
  return path.join(privateRuntimeDirectory(), `${hash}.sock`);
}

/** `$XDG_RUNTIME_DIR/perdure`, else `/tmp/perdure-<uid>`; refused if it belongs to somebody else or others can enter it. */
function privateRuntimeDirectory(): string {
  const uid = process.getuid?.() ?? 0;
  const base = process.env["XDG_RUNTIME_DIR"];
  const candidates = [...(base && base.length < 60 ? [path.join(base, "perdure")] : []), path.join("/tmp", `perdure-${uid}`)];
  for (const directory of candidates) if (isPrivate(directory, uid)) return directory;
  throw new PerdureError("home-unusable", `No private directory for sockets: ${candidates.join(", ")} must belong to you with mode 0700.`);
}

function isPrivate(directory: string, uid: number): boolean {
  try {
    fs.mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) return false;
  }
  const stat = fs.lstatSync(directory);
  return stat.isDirectory() && stat.uid === uid && (stat.mode & 0o077) === 0;
}

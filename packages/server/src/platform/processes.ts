/**
 * Processes of this machine, and the one place where Linux and macOS differ about them: the process table, start times, the
 * boot id, environments. A process is named by pid *and* start time, so that a number used again is never taken for it, and
 * a signal goes only to a process that still has both.
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";

/** The variable in a program's environment that tells which run it belongs to. */
export const RUN_COOKIE = "PERDURE_RUN";

/** One process for good: the pair is not used again until the machine starts anew. */
export interface ProcessIdentity {
  readonly pid: number;
  /** As the platform gives it; only compared. */
  readonly startTime: string;
}

export interface ProcessEntry extends ProcessIdentity {
  /** The session (in the sense of setsid) it belongs to. */
  readonly session: number;
  /** It has ended and waits to be collected. */
  readonly isZombie: boolean;
}

const isMac = process.platform === "darwin";
/** Errors that say nothing of the process that was asked about. */
const SAYS_NOTHING = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

/** Differs after each start of the machine. `PERDURE_TEST_BOOT_ID` lets a test pretend that there was one. */
export function bootId(): string {
  const pretended = process.env["PERDURE_TEST_BOOT_ID"];
  if (pretended) return pretended;
  if (isMac) return ask("sysctl", ["-n", "kern.bootsessionuuid"]).trim();
  return fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** What runs under this pid now. */
export function processEntry(pid: number): ProcessEntry | undefined {
  return isMac ? macEntries(["-p", String(pid)]).find((entry) => entry.pid === pid) : linuxEntry(pid);
}

/** Start time of a process; undefined if there is none or it has ended. Throws if the system does not tell. */
export function startTimeOf(pid: number): string | undefined {
  const entry = processEntry(pid);
  return entry && !entry.isZombie ? entry.startTime : undefined;
}

/** Whether exactly this process still lives. */
export function isProcessAlive(identity: ProcessIdentity): boolean {
  return startTimeOf(identity.pid) === identity.startTime;
}

/** Everything that runs. Processes that end meanwhile are left out. */
export function processTable(): ProcessEntry[] {
  if (isMac) return macEntries(["-A"]);
  const pids = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => linuxEntry(Number(pid)) ?? []);
}

/** Pids whose environment, as it was when they were started, names this run. Only processes of this user can be read. */
export function pidsWithCookie(run: string, among: readonly ProcessEntry[]): Set<number> {
  const cookie = `${RUN_COOKIE}=${run}`;
  if (isMac) return macPidsWithCookie(cookie);
  return new Set(among.flatMap(({ pid }) => (readProc(pid, "environ").split("\0").includes(cookie) ? [pid] : [])));
}

/** Signals this process, if it is still the same one. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (identity.pid <= 1 || identity.pid === process.pid || !isProcessAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    // It has ended meanwhile, or belongs to somebody else: then it cannot be ended by us.
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}

function linuxEntry(pid: number): ProcessEntry | undefined {
  const stat = readProc(pid, "stat");
  // The name is in parentheses and may contain any character; fields after it are counted from 3.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, session, startTime] = [fields[0], fields[3], fields[19]];
  if (!state || session === undefined || startTime === undefined) return undefined;
  return { pid, startTime, session: Number(session), isZombie: state === "Z" || state === "X" };
}

function readProc(pid: number, name: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${name}`, "latin1");
  } catch (error) {
    if (error instanceof Error && "code" in error && SAYS_NOTHING.has(String(error.code))) throw error;
    return ""; // It has ended, or belongs to another user.
  }
}

/** `ps` does not tell session ids there: the session of a terminal is the pid of its session leader. */
function macEntries(which: readonly string[]): ProcessEntry[] {
  const rows = ask("ps", [...which, "-o", "pid=,tty=,stat=,lstart="]).split("\n");
  const parsed = rows.flatMap((row) => {
    const match = /^\s*(\d+)\s+(\S+)\s+(\S+)\s+(.+?)\s*$/.exec(row);
    return match ? [{ pid: Number(match[1]), tty: match[2] ?? "", stat: match[3] ?? "", startTime: match[4] ?? "" }] : [];
  });
  const leaders = new Map(parsed.flatMap(({ pid, tty, stat }) => (stat.includes("s") && !tty.startsWith("?") ? [[tty, pid]] : [])));
  return parsed.map(({ pid, tty, stat, startTime }) => ({
    pid,
    startTime,
    session: stat.includes("s") ? pid : (leaders.get(tty) ?? 0),
    isZombie: stat.startsWith("Z"),
  }));
}

function macPidsWithCookie(cookie: string): Set<number> {
  const rows = ask("ps", ["-A", "-E", "-ww", "-o", "pid=,command="]).split("\n");
  return new Set(rows.flatMap((row) => (` ${row} `.includes(` ${cookie} `) ? [Number.parseInt(row, 10)] : [])));
}

function ask(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, {
      encoding: "utf8",
      timeout: 5000,
      maxBuffer: 64 * 1024 * 1024,
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch (error) {
    // `ps` has an exit code if it finds nothing; without one it has not looked.
    if (error instanceof Error && "status" in error && typeof error.status === "number") return "";
    throw error;
  }
}

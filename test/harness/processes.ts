// What the process table says, by /proc: who carries a word in the environment or on the command line, and which descriptors are open.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { until } from "./until.ts";

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

/** True where processes can be looked at: tests that need it are skipped elsewhere. */
export const hasProc: boolean = isReadable("/proc/self/environ");

/** The living processes (zombies are dead) whose environment or command line contains the word, without this process. */
export function processesWith(word: string): FoundProcess[] {
  const found: FoundProcess[] = [];
  for (const name of hasProc ? readdirSync("/proc") : []) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || !isAlive(pid)) continue;
    const command = readText(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
    if (command.includes(word) || readText(`/proc/${pid}/environ`).includes(word)) found.push({ pid, command });
  }
  return found;
}

/** True while the process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  if (!hasProc) return answersSignals(pid);
  const state = /^State:\s+(\S)/m.exec(readText(`/proc/${pid}/status`))?.[1];
  return state !== undefined && state !== "Z" && state !== "X";
}

/** The open descriptors of a process and what they are. */
export function descriptorsOf(pid: number): ReadonlyMap<number, string> {
  const open = new Map<number, string>();
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    try {
      open.set(Number(name), readlinkSync(`/proc/${pid}/fd/${name}`));
    } catch {
      // closed since it was listed
    }
  }
  return open;
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

/** Sends a signal; `false` if the process is gone. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/** Resolves when the process is gone. */
export async function untilGone(pid: number, timeoutMs = 20_000): Promise<void> {
  await until(`the end of process ${pid}`, () => !isAlive(pid), { timeoutMs, report: () => readText(`/proc/${pid}/status`) });
}

/** SIGKILL, and its end. */
export async function killHard(pid: number): Promise<void> {
  signal(pid, "SIGKILL");
  await untilGone(pid);
}

function answersSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // ended since it was listed, or another user's
  }
}

function isReadable(path: string): boolean {
  return readText(path) !== "";
}

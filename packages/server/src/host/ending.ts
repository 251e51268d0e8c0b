/**
 * Ends everything that belongs to a run: HUP and TERM, after the grace KILL, to the processes of its session and to all that carry
 * its cookie, again and again until nothing is left. Job control gives each job a group of its own, and a program can leave
 * the session, so neither alone is enough. One that left both is not found.
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  type ProcessEntry,
  type ProcessIdentity,
  isProcessAlive,
  pidsWithCookie,
  processTable,
  signalProcess,
} from "../platform/processes.ts";

const LOOK_MS = 50;
/** After KILL only processes stuck in the kernel are left; waiting for those has an end. */
const AFTER_KILL_MS = 10_000;

/** The session of a run: its number belongs to the run while a process known to be in it still exists. */
export class RunSession {
  readonly #run: string;
  readonly #number: number;
  #known: readonly ProcessIdentity[];

  constructor(run: string, leader: ProcessIdentity | undefined) {
    this.#run = run;
    this.#number = leader?.pid ?? 0;
    this.#known = leader ? [leader] : [];
  }

  /** What belongs to the run now. */
  members(): ProcessEntry[] {
    const table = processTable();
    const inSession = table.filter(({ session }) => session === this.#number);
    const isOurs = this.#known.some((known) => inSession.some((entry) => entry.pid === known.pid && entry.startTime === known.startTime));
    this.#known = isOurs ? inSession : [];
    const carriers = pidsWithCookie(this.#run, table);
    const ours = new Set(this.#known.map(({ pid }) => pid));
    return table.filter(({ pid, isZombie }) => !isZombie && pid !== process.pid && (ours.has(pid) || carriers.has(pid)));
  }
}

/** Those that are left: none, unless the kernel does not let go of them or they are another user's. */
export async function endProcesses(session: RunSession, graceMs: number): Promise<readonly ProcessIdentity[]> {
  const startedAt = performance.now();
  const told = new Set<string>();
  for (;;) {
    const members = session.members();
    const passedMs = performance.now() - startedAt;
    if (members.length === 0 || passedMs > graceMs + AFTER_KILL_MS) return members;
    for (const member of members) {
      if (passedMs >= graceMs) signalProcess(member, "SIGKILL");
      else if (!told.has(`${member.pid} ${member.startTime}`)) hangUp(member);
      told.add(`${member.pid} ${member.startTime}`);
    }
    for (let waitedMs = 0; waitedMs < LOOK_MS * 4 && members.some(isProcessAlive); waitedMs += LOOK_MS) await delay(LOOK_MS);
  }
}

/** A stopped process hears nothing until it continues. */
function hangUp(process: ProcessIdentity): void {
  for (const signal of ["SIGHUP", "SIGTERM", "SIGCONT"] as const) signalProcess(process, signal);
}

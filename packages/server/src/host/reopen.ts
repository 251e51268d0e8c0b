/**
 * What a new host makes of the runs in the files of the former one: a pipe run whose program still lives goes on, and a
 * run that nobody saw end is lost, with the reason.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { type ProcessIdentity, isProcessAlive, pidsWithCookie, processTable } from "../platform/processes.ts";
import { adoptPipe } from "./pipe.ts";
import type { Run, RunFacts } from "./run.ts";

/** A run found, and its program's identity, if its number still means something. */
export interface Reopened {
  readonly run: Run;
  readonly leader: ProcessIdentity | undefined;
}

export function reopenRuns(directory: string, bootId: string, open: (directory: string, facts: RunFacts) => Run): Reopened[] {
  return fs.readdirSync(directory).flatMap((id) => {
    const place = path.join(directory, id);
    const facts = readFacts(path.join(place, "run.json"));
    if (!facts) {
      fs.rmSync(place, { recursive: true, force: true }); // Its spawn was never answered.
      return [];
    }
    const leader = facts.bootId === bootId ? leaderOf(facts) : undefined;
    const run = open(place, facts);
    if (!run.spool.end) settle(run, place, leader, facts.bootId === bootId);
    return [{ run, leader }];
  });
}

/** A FIFO that nobody holds open is empty: what a program wrote unread before it ended without a host went with it. */
function settle(run: Run, directory: string, leader: ProcessIdentity | undefined, isSameBoot: boolean): void {
  const events = { output: run.output.bind(run), ended: run.ended.bind(run) };
  if (!isSameBoot) run.ended({ is: "lost", reason: "rebooted" });
  else if (!run.journal) run.ended({ is: "lost", reason: "host-died" });
  else if (leader && isProcessAlive(leader)) run.started(adoptPipe(directory, leader, run.journal, events));
  else run.ended({ is: "lost", reason: "host-died-exit-unknown" });
}

/** From the file, or, if the host died before it noted the pid, the session leader that carries the cookie. */
function leaderOf(facts: RunFacts): ProcessIdentity | undefined {
  if (facts.pid !== undefined && facts.startTime !== undefined) return { pid: facts.pid, startTime: facts.startTime };
  const table = processTable();
  const carriers = pidsWithCookie(facts.run, table);
  return table.find(({ pid, session }) => carriers.has(pid) && session === pid);
}

function readFacts(file: string): RunFacts | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as RunFacts;
  } catch {
    return undefined;
  }
}

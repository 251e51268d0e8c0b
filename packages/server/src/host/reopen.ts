/**
 * What a new host makes of the runs in the files of the former one: a pipe run whose program still lives goes on, and a
 * run that nobody saw end is lost, with the reason.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { type ProcessIdentity, isProcessAlive, pidsWithCookie, processTable } from "../platform/processes.ts";
import { takeWord } from "./orderly-end.ts";
import { adoptPipe } from "./pipe.ts";
import type { Run, RunFacts } from "./run.ts";

/** A run found, and its program's identity, if its number still means something. */
export interface Reopened {
  readonly run: Run;
  readonly leader: ProcessIdentity | undefined;
}

/** A run that cannot be opened is left as it lies, and said: it must not keep the others from their server. */
export function reopenRuns(
  directory: string,
  bootId: string,
  open: (directory: string, facts: RunFacts) => Run,
  log: (line: string) => void,
): Reopened[] {
  return fs.readdirSync(directory).flatMap((id) => {
    try {
      return reopenRun(path.join(directory, id), id, bootId, open);
    } catch (error) {
      log(`run ${id} could not be opened: ${String(error)}`);
      return [];
    }
  });
}

function reopenRun(place: string, id: string, bootId: string, open: (directory: string, facts: RunFacts) => Run): Reopened[] {
  const facts = readFacts(path.join(place, "run.json")) ?? (fs.existsSync(path.join(place, "spool")) ? unknownFacts(id) : undefined);
  if (!facts) {
    fs.rmSync(place, { recursive: true, force: true }); // Its spawn was never answered.
    return [];
  }
  const leader = facts.bootId === bootId ? leaderOf(facts) : undefined;
  const run = open(place, facts);
  if (!run.spool.end) settle(run, place, leader, facts.bootId === bootId);
  return [{ run, leader }];
}

/** A FIFO that nobody holds open is empty: what a program wrote unread before it ended without a host went with it. */
function settle(run: Run, directory: string, leader: ProcessIdentity | undefined, isSameBoot: boolean): void {
  const events = { output: run.output.bind(run), ended: run.ended.bind(run) };
  if (!isSameBoot) run.ended({ is: "lost", reason: "rebooted" });
  else if (!run.journal) run.ended({ is: "lost", reason: "host-died" });
  else if (leader && isProcessAlive(leader)) {
    if (!takeWord(directory)) run.adopted();
    run.started(adoptPipe(directory, leader, run.journal, events));
  } else run.ended({ is: "lost", reason: "host-died-exit-unknown" });
}

/** From the file, or, if the host died before it noted the pid, the session leader that carries the cookie. */
function leaderOf(facts: RunFacts): ProcessIdentity | undefined {
  if (facts.pid !== undefined && facts.startTime !== undefined) return { pid: facts.pid, startTime: facts.startTime };
  const table = processTable();
  const carriers = pidsWithCookie(facts.run, table);
  return table.find(({ pid, session }) => carriers.has(pid) && session === pid);
}

/** Undefined: it is not whole, as after a power cut. */
function readFacts(file: string): RunFacts | undefined {
  try {
    const facts = JSON.parse(fs.readFileSync(file, "utf8")) as RunFacts | null;
    return facts?.run && facts.kind && facts.bootId ? facts : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && "code" in error && error.code === "ENOENT")) return undefined;
    throw error;
  }
}

/** Of a run whose file the power cut took: its spool is still somebody's output. */
function unknownFacts(run: string): RunFacts {
  return { run, kind: "pty", command: [], cwd: "/", cols: 80, rows: 24, bootId: "" };
}

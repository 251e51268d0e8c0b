/**
 * Brings the registry and the host together after either was gone: what runs is read on, what is gone is said to be lost, what
 * is known only to the host is adopted, what has ended is let go.
 */
import { randomUUID } from "node:crypto";
import type { LostReason } from "@perdure/protocol";
import type { HostConnection } from "../host/connection.ts";
import type { HostRun } from "../host/wire.ts";
import type { RunRow, SessionRow } from "../store/store.ts";
import { encodeDetails, encodeRunState, type SessionDetails } from "./details.ts";
import { answerLastQuery } from "./last-query.ts";
import type { Registry } from "./registry.ts";
import type { RunHost } from "./run-host.ts";
import { Session } from "./session.ts";
import type { Services } from "./services.ts";
import { emptyStreams } from "./streams.ts";

export interface ReconciliationOptions {
  readonly registry: Registry;
  readonly services: Services;
  /** Is this still the connection that stands? What another one brings is read by its own reconciliation. */
  readonly isCurrent: (connection: RunHost) => boolean;
  /** Lets the host drop a run that nobody knows and that has ended. */
  readonly forget: (connection: HostConnection, run: string) => void;
  /** The same for a session's run, some time after it ended. */
  readonly forgetLater: (run: string, endedAt: number) => void;
}

/** Compares every session with what this host has. Rejects if that is impossible: a server that cannot reconcile must not go on. */
export async function reconcile(connection: HostConnection, options: ReconciliationOptions): Promise<void> {
  const { disk } = options.services;
  const hosted = new Map(connection.hello.runs.map((run) => [run.run, run]));
  const work: Promise<void>[] = [];
  for (const session of options.registry.all) {
    const { row, state } = session.run;
    const run = hosted.get(row.id);
    hosted.delete(row.id);
    if (session.isInProcess) continue; // no host knows of it
    if (row.isOpen && run) work.push(readOn(session, connection, run, options));
    else if (row.isOpen) {
      const reason = state.is === "starting" ? "never-started" : missingBecause(options.services);
      work.push(disk.untilKept(() => session.commits.lose(reason)));
    } else if (run && state.is !== "lost") options.forgetLater(row.id, state.at);
  }
  for (const run of hosted.values()) {
    if (run.isAlive) work.push(disk.untilKept(() => adopt(connection, run, options)));
    else options.forget(connection, run.run);
  }
  await Promise.all(work);
}

/** Takes the records of a run from the first one that is not in the log; of a run that has ended at least its end. */
export async function readOn(
  session: Session,
  connection: RunHost,
  run: HostRun,
  { services, isCurrent }: Pick<ReconciliationOptions, "services" | "isCurrent">,
): Promise<void> {
  const { clock, disk } = services;
  session.setSize(run.cols, run.rows);
  if (session.run.state.is !== "running" && session.run.row.isOpen) {
    await disk.untilKept(() => session.commits.setState({ is: "running", pid: run.pid, at: clock.now() }));
  }
  await session.ingest?.stop();
  if (!isCurrent(connection) || session.isDeleted || !session.isAlive) return;
  if (session.isChatRun) await session.chat?.adopt(run.run);
  const next = session.commits.beginIngest();
  connection.read(run.run, run.isAlive ? next : Math.max(0, Math.min(next, run.nextRecord - 1)));
  if (session.isChatRun) session.chat?.hostHasRun();
  else {
    session.applyControl();
    if (run.isAlive) void answerLastQuery(session, services);
  }
  // What an earlier server was asked and may not have passed on: asked twice, it does no harm.
  if (session.commits.isEnding) services.endRun(session);
}

/** The host knows nothing of a run that was started: its files went with the power, or somebody removed them. */
function missingBecause({ wasPowerCut }: Services): LostReason {
  return wasPowerCut ? "power-cut" : "host-state-missing";
}

/** The registry was restored or recovered and does not know this run: the work is kept, in a session of its own. */
async function adopt(connection: HostConnection, run: HostRun, options: ReconciliationOptions): Promise<void> {
  const { registry, services } = options;
  const { store, clock, log } = services;
  const now = clock.now();
  const id = randomUUID();
  const text = "This program was found running without a session. Its earlier output may be missing.";
  const { kind, cols, rows } = run;
  const found = {
    command: ["(unknown)"],
    cwd: "/",
    title: "",
    attention: null,
    noticedOffset: -1,
    noticedIncarnation: 1,
    environment: null,
    agent: null,
    chat: null,
    askedEnd: null,
  };
  const details: SessionDetails = { ...found, kind, cols, rows, notices: [{ at: now, text }] };
  const row: SessionRow = {
    id,
    name: `found-${run.run.slice(0, 8)}`,
    createdAt: now,
    lastActivityAt: now,
    details: encodeDetails(details),
  };
  const state = encodeRunState({ is: "running", pid: run.pid, at: now });
  const marks = { baseOffset: 0, appliedRecord: run.firstRecord, appliedOffset: 0 };
  const runRow: RunRow = { id: run.run, session: id, number: 1, kind, ...marks, state, isOpen: true };
  await store.commit(
    [
      { op: "put-session", session: row },
      { op: "put-run", run: runRow },
    ],
    "full",
  );
  log.warn({ session: id, run: run.run }, "a run without a session was adopted");
  const session = new Session(services, row, emptyStreams(id), runRow);
  registry.add(session);
  registry.changed(session);
  await readOn(session, connection, run, options);
}

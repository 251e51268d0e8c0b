/** What the host says of runs, passed on to their sessions: records, input that was taken or refused, what is missing, what is held. */
import type { HostEvents } from "../host/connection.ts";
import { crashPoint } from "../platform/crash.ts";
import type { Log } from "../platform/log.ts";
import { LEDGER_WRITER } from "./chat/ledger.ts";
import type { HeldPrograms } from "./held-programs.ts";
import type { Registry } from "./registry.ts";

export function hostEvents(registry: Registry, held: HeldPrograms, log: Log): Omit<HostEvents, "closed"> {
  return {
    records: (run, records) => registry.byRun(run)?.ingest?.take(records),
    inputAcked: (run, writer, seq) => {
      crashPoint("server-before-input-ack");
      const session = registry.byRun(run);
      if (writer === LEDGER_WRITER) session?.chat?.delivered(run, seq);
      for (const each of session?.attachments ?? []) each.inputAcked(session?.run.row.number ?? 0, writer, seq);
    },
    inputRefused: (run, writer, seq, reason, expected) => {
      const session = registry.byRun(run);
      if (writer === LEDGER_WRITER && reason !== "run-ended") session?.chat?.refused(run, expected ?? seq);
      for (const each of session?.attachments ?? []) each.inputRefused(session?.run.row.number ?? 0, writer, seq, reason, expected);
    },
    gone: (run, from) => {
      const session = registry.byRun(run);
      session?.ingest?.skipTo(from);
      session?.addNotice("A part of the output is missing: the log is older than what the host still has.");
    },
    spool: (run, state) => {
      log.warn({ run, state }, "the host's spool");
      held.changed(run, state);
    },
  };
}

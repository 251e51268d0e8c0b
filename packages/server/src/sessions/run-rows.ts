/** The rows of a session's runs as they are made. */
import { randomUUID } from "node:crypto";
import type { RunRow, SessionRow } from "../store/store.ts";
import { encodeRunState } from "./details.ts";

/** A run that is about to be started. */
export function newRun(session: string, number: number, kind: "pty" | "pipe", now: number): RunRow {
  const marks = { baseOffset: 0, appliedRecord: 0, appliedOffset: 0 };
  return { id: randomUUID(), session, number, kind, ...marks, state: encodeRunState({ is: "starting", at: now }), isOpen: true };
}

/** In the place of a run, as long as there was none. */
export function noRun(kind: "pty" | "pipe", now: number): RunRow {
  const state = encodeRunState({ is: "exited", code: null, signal: null, at: now });
  return { ...newRun(randomUUID(), 0, kind, now), state, isOpen: false };
}

/** In the place of the runs of a session that were lost with a damaged file. */
export function lostRun({ id, createdAt }: SessionRow): RunRow {
  const state = encodeRunState({ is: "lost", reason: "host-state-missing", at: createdAt });
  return { ...newRun(id, 1, "pty", createdAt), state, isOpen: false };
}

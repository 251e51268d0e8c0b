/** A session as clients see it. */
import { formatCursor, type SessionInfo, type Watcher } from "@perdure/protocol";
import type { SessionRow, StreamState } from "../store/store.ts";
import type { SessionDetails } from "./details.ts";
import type { CurrentRun } from "./session-record.ts";

export interface SessionParts {
  readonly row: SessionRow;
  readonly details: SessionDetails;
  readonly run: CurrentRun;
  readonly stream: StreamState;
  readonly watchers: Watcher[];
}

export function sessionInfo({ row, details, run, stream, watchers }: SessionParts): SessionInfo {
  const { command, cwd, cols, rows, attention, title, notices, chat } = details;
  const { id, name, createdAt, lastActivityAt } = row;
  const { id: runId, number, kind } = run.row;
  const cursor = formatCursor({ incarnation: stream.incarnation, offset: stream.tail });
  return {
    id,
    name,
    command,
    cwd,
    createdAt,
    lastActivityAt,
    run: { id: runId, number, kind, state: run.state },
    size: { cols, rows },
    watchers,
    attention,
    title,
    cursor,
    notices,
    chat,
  };
}

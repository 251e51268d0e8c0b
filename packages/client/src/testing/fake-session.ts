/** Sessions as a server would describe them. */
import { formatCursor, type RunState, type SessionInfo } from "@perdure/protocol";

export interface SessionFacts {
  readonly id?: string;
  readonly run?: number;
  readonly runId?: string;
  readonly state?: RunState;
  readonly lastActivityAt?: number;
  readonly tail?: number;
}

export function sessionInfo(facts: SessionFacts = {}): SessionInfo {
  const { id = "s1", run = 1, runId = `run-${run}`, state = { is: "running", pid: 7, at: 0 }, lastActivityAt = 0, tail = 0 } = facts;
  return {
    id,
    name: id,
    command: ["sh"],
    cwd: "/",
    createdAt: 0,
    lastActivityAt,
    run: { id: runId, number: run, kind: "pty", state },
    size: { cols: 80, rows: 24 },
    watchers: [],
    attention: null,
    title: "",
    cursor: formatCursor({ incarnation: 1, offset: tail }),
    notices: [],
    chat: null,
  };
}

export const EXITED: RunState = { is: "exited", code: 0, signal: null, at: 0 };

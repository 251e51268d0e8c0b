/** Sessions as a server would describe them, for tests. */
import type { ChatSummary, RunState, SessionInfo } from "@perdure/protocol";

export const RUNNING: RunState = { is: "running", pid: 7, at: 1000 };

/** A terminal that runs. */
export function sampleSession(id: string, facts: Partial<SessionInfo> = {}): SessionInfo {
  return {
    id,
    name: id,
    command: ["bash"],
    cwd: "/home/ada",
    createdAt: 0,
    lastActivityAt: 0,
    run: { id: `${id}-1`, number: 1, kind: "pty", state: RUNNING },
    size: { cols: 80, rows: 24 },
    watchers: [],
    attention: null,
    title: "",
    cursor: "0000000000000001_0000000000000000",
    notices: [],
    chat: null,
    ...facts,
  };
}

/** A conversation in which nothing has happened. */
export const IDLE_CHAT: ChatSummary = {
  agent: "demo",
  resumeId: null,
  view: "chat",
  state: "idle",
  model: null,
  messages: 0,
  queued: 0,
  approvals: 0,
  undecided: 0,
  title: "",
  preview: "",
  tokens: 0,
  costUsd: 0,
};

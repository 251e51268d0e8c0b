/**
 * Sessions in words for people: their states, and the table of `perdure ls`.
 */
import type { ChatSummary, LostReason, RunState, SessionInfo, Watcher } from "@perdure/protocol";
import type { Style } from "./style.ts";
import { tableLines, type Column } from "./table.ts";
import { timeAgo } from "./times.ts";

const LOST: Readonly<Record<LostReason, string>> = {
  "host-died": "host died",
  "host-died-exit-unknown": "host died, exit unknown",
  rebooted: "machine restarted",
  "power-cut": "power cut",
  "never-started": "never started",
  "host-state-missing": "host state missing",
  "server-ended": "server ended",
};

/** A run's state in a few words. */
export function describeState(state: RunState): string {
  switch (state.is) {
    case "starting":
    case "running":
      return state.is;
    case "exited":
      return state.signal === null ? `exited ${state.code ?? ""}`.trim() : `ended by ${state.signal}`;
    case "lost":
      return `lost: ${LOST[state.reason]}`;
    case "failed":
      return `failed: ${state.code}`;
  }
}

/** The state, and why a living session wants a look. Of a chat: what its agent does, and what waits. */
export function describeSession({ run, attention, chat }: SessionInfo): string {
  if (chat?.view === "chat") return describeChat(chat, run.state);
  const wants = attention === null || attention.reason === "exit" ? "" : `, ${attention.reason === "bell" ? "rang" : "notified"}`;
  return describeState(run.state) + wants;
}

function describeChat({ state, approvals, queued, undecided }: ChatSummary, run: RunState): string {
  const counts = [
    ...(approvals > 0 ? [`${approvals} ${approvals === 1 ? "approval" : "approvals"}`] : []),
    ...(queued > 0 ? [`${queued} queued`] : []),
    ...(undecided > 0 ? [`${undecided} undecided`] : []),
  ];
  const why = state === "asleep" && (run.is === "lost" || run.is === "failed") ? ` (${describeState(run)})` : "";
  return [`${state}${why}`, ...counts].join(", ");
}

/** Lines of the listing. `room`: the cells of a line, where they are read in a terminal. */
export function sessionTable(sessions: readonly SessionInfo[], now: number, style: Style, room?: number): readonly string[] {
  return tableLines(columns(now, style), sessions, style.dim, room);
}

function columns(now: number, style: Style): readonly Column<SessionInfo>[] {
  return [
    { title: "NAME", text: ({ name }) => name, maxWidth: 32, leastWidth: 10, paint: style.bold },
    { title: "STATE", text: describeSession, leastWidth: 9, paint: (text, session) => paintSession(style, session)(text) },
    { title: "ACTIVITY", text: ({ lastActivityAt }) => timeAgo(lastActivityAt, now) },
    { title: "WATCHED BY", text: ({ watchers }) => describeWatchers(watchers), maxWidth: 28, leastWidth: 6 },
    { title: "COMMAND", text: describeCommand, maxWidth: 40, leastWidth: 7 },
    { title: "DIRECTORY", text: ({ cwd }) => cwd, maxWidth: 40, leastWidth: 7 },
    { title: "ID", text: ({ id }) => id, leastWidth: 8, isId: true, paint: style.dim },
  ];
}

function describeCommand({ command, chat }: SessionInfo): string {
  return chat?.view === "chat" ? `${chat.agent} (chat)` : command.join(" ");
}

function paintSession(style: Style, { run, chat }: SessionInfo): (text: string) => string {
  if (chat?.view !== "chat") return paintState(style, run.state);
  if (chat.state === "asking" || chat.undecided > 0) return style.yellow;
  return chat.state === "asleep" ? style.dim : style.green;
}

function paintState(style: Style, state: RunState): (text: string) => string {
  switch (state.is) {
    case "running":
    case "starting":
      return style.green;
    case "exited":
      return state.code === 0 ? style.dim : style.yellow;
    case "lost":
    case "failed":
      return style.red;
  }
}

/** Who looks at it, most often one or two; the hidden ones in parentheses. */
function describeWatchers(watchers: readonly Watcher[]): string {
  if (watchers.length === 0) return "-";
  return watchers.map(({ name, visible }) => (visible ? name : `(${name})`)).join(", ");
}

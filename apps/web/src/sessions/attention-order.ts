/** The order of the sessions on the home screen: what needs the user first, questions before all; then what runs, sleeps, has ended. */
import { isAlive, type SessionInfo } from "@perdure/protocol";

export interface SessionGroups {
  /** An agent that asks, newest first; then what rang, notified, answered or ended since somebody last looked, the newest reason first. */
  readonly needsYou: readonly SessionInfo[];
  /** The newest first: an order by activity would move rows under the finger. */
  readonly running: readonly SessionInfo[];
  /** Conversations whose agent the next message wakes; the last active first. */
  readonly asleep: readonly SessionInfo[];
  /** The last ended first. */
  readonly ended: readonly SessionInfo[];
}

export function groupSessions(sessions: readonly SessionInfo[]): SessionGroups {
  const needsYou: SessionInfo[] = [];
  const running: SessionInfo[] = [];
  const asleep: SessionInfo[] = [];
  const ended: SessionInfo[] = [];
  for (const session of sessions) {
    if (needsUser(session)) needsYou.push(session);
    else if (isAlive(session.run.state)) running.push(session);
    else if (session.chat !== null && session.chat.view === "chat") asleep.push(session);
    else ended.push(session);
  }
  return {
    needsYou: needsYou.toSorted((a, b) => Number(asks(b)) - Number(asks(a)) || needAt(b) - needAt(a) || byId(a, b)),
    running: running.toSorted((a, b) => b.createdAt - a.createdAt || byId(a, b)),
    asleep: asleep.toSorted((a, b) => b.lastActivityAt - a.lastActivityAt || byId(a, b)),
    ended: ended.toSorted((a, b) => b.run.state.at - a.run.state.at || byId(a, b)),
  };
}

/** How many sessions need the user: the number in the title and on the icon. */
export function countNeedsYou(sessions: readonly SessionInfo[] | undefined): number {
  return (sessions ?? []).filter(needsUser).length;
}

/** An agent that asks needs the user until it is answered, looked at or not. */
export function asks({ chat }: SessionInfo): boolean {
  return chat !== null && (chat.approvals > 0 || chat.undecided > 0);
}

export function needsUser(session: SessionInfo): boolean {
  return session.attention !== null || asks(session);
}

function needAt({ attention, lastActivityAt }: SessionInfo): number {
  return attention?.at ?? lastActivityAt;
}

/** The window's title: the count first, since tabs cut the end. */
export function windowTitle(place: string, needsYou: number): string {
  const title = place === "" ? "perdure" : `${place} · perdure`;
  return needsYou === 0 ? title : `(${needsYou}) ${title}`;
}

function byId(a: SessionInfo, b: SessionInfo): number {
  return a.id < b.id ? -1 : 1;
}

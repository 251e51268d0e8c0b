/** The order of the sessions on the home screen: what needs the user first, then what runs, then what has ended. */
import { isAlive, type SessionInfo } from "@perdure/protocol";

export interface SessionGroups {
  /** Rang, notified or ended since somebody last looked; the newest reason first. */
  readonly needsYou: readonly SessionInfo[];
  /** The newest first: an order by activity would move rows under the finger. */
  readonly running: readonly SessionInfo[];
  /** The last ended first. */
  readonly ended: readonly SessionInfo[];
}

export function groupSessions(sessions: readonly SessionInfo[]): SessionGroups {
  const needsYou: SessionInfo[] = [];
  const running: SessionInfo[] = [];
  const ended: SessionInfo[] = [];
  for (const session of sessions) {
    if (session.attention !== null) needsYou.push(session);
    else if (isAlive(session.run.state)) running.push(session);
    else ended.push(session);
  }
  return {
    needsYou: needsYou.toSorted((a, b) => (b.attention?.at ?? 0) - (a.attention?.at ?? 0) || byId(a, b)),
    running: running.toSorted((a, b) => b.createdAt - a.createdAt || byId(a, b)),
    ended: ended.toSorted((a, b) => b.run.state.at - a.run.state.at || byId(a, b)),
  };
}

/** How many sessions need the user: the number in the title and on the icon. */
export function countNeedsYou(sessions: readonly SessionInfo[] | undefined): number {
  return (sessions ?? []).filter((session) => session.attention !== null).length;
}

/** The window's title: the count first, since tabs cut the end. */
export function windowTitle(place: string, needsYou: number): string {
  const title = place === "" ? "perdure" : `${place} · perdure`;
  return needsYou === 0 ? title : `(${needsYou}) ${title}`;
}

function byId(a: SessionInfo, b: SessionInfo): number {
  return a.id < b.id ? -1 : 1;
}

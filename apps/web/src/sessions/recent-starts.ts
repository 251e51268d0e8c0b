/** What was started lately, to start it again with one tap. Read from the sessions there are; nothing is remembered for it. */
import type { SessionInfo } from "@perdure/protocol";
import { joinCommand } from "./split-command.ts";

export interface RecentStart {
  readonly command: string;
  readonly cwd: string;
}

const MAX_RECENT = 4;

export function recentStarts(sessions: readonly SessionInfo[]): readonly RecentStart[] {
  const recents = new Map<string, RecentStart>();
  for (const session of sessions.toSorted((a, b) => b.createdAt - a.createdAt)) {
    const start = { command: joinCommand(session.command), cwd: session.cwd };
    recents.set(`${start.command}\n${start.cwd}`, recents.get(`${start.command}\n${start.cwd}`) ?? start);
  }
  return [...recents.values()].slice(0, MAX_RECENT);
}

/** Runs of conversations that may be parked, when nothing has happened for long enough. */
import type { Parkable } from "./chat/parking.ts";
import type { Services } from "./services.ts";
import type { Session } from "./session.ts";

export function parkable(sessions: readonly Session[], services: Pick<Services, "endRun">): readonly Parkable[] {
  return sessions.flatMap((session) => {
    const { chat, run } = session;
    // A function costs nothing while it waits.
    if (!chat || !session.isChatRun || session.isInProcess || run.state.is !== "running") return [];
    return [
      {
        run: run.row.id,
        pid: run.state.pid,
        startedAt: run.state.at,
        isLookedAt: [...session.attachments].some(({ isVisible }) => isVisible),
        conversation: chat.events.isLoaded ? chat.events.conversation : null,
        park: () => {
          session.commits.askEnd("parked");
          services.endRun(session);
        },
      },
    ];
  });
}

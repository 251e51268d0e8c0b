/** The sweep of a server's conversations. */
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { Sweep } from "./chat/sweep.ts";
import type { Registry } from "./registry.ts";

export type { Sweep };

export function sweepOf(registry: Registry, clock: Clock, log: Log): Sweep {
  const sessions = () =>
    registry.all.flatMap((session) => {
      const { chat, id, isAlive, details } = session;
      return chat ? [{ id, isAlive, summary: details.chat, chat }] : [];
    });
  return new Sweep({ clock, log, sessions });
}

/** What sessions need of whoever keeps a run: the host process, or this server for what lives in it. */
import type { Agent } from "../agents/agent.ts";
import type { HostConnection, HostEvents } from "../host/connection.ts";
import type { SessionDetails } from "./details.ts";

export type RunHost = Pick<HostConnection, "spawn" | "read" | "ack" | "input" | "resize" | "end" | "forget">;
export type RunHostEvents = Pick<HostEvents, "records" | "inputAcked">;

/** The next run of such a session lives in this server, not under the host. */
export function livesInServer({ kind, agent: chosen }: SessionDetails, agent: (id: string) => Agent | null): boolean {
  return kind === "pipe" && chosen !== null && agent(chosen.id)?.inProcess !== undefined;
}

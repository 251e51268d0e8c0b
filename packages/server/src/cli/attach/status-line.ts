/**
 * The words of the line at the bottom of an attached terminal: what is the matter with the connection, and what a detach waits for.
 * What matters most comes first, because a narrow terminal cuts the end.
 */
import type { Outage } from "../server-keeper.ts";
import { duration } from "../times.ts";

const OUTAGES: Readonly<Record<Outage, string>> = {
  lost: "no connection to the server, trying again",
  starting: "the server has died, starting another one",
  stopped: "the server was shut down, waiting for it",
  failing: "no server can be started, trying again (see server.log)",
};

export interface StatusSituation {
  /** Since when there is no connection; `undefined`: there is one. */
  readonly awayMs: number | undefined;
  readonly pendingBytes: number;
  /** The user has detached, and what was typed is being delivered. */
  readonly isLeaving: boolean;
}

export function statusLine({ awayMs, pendingBytes, isLeaving }: StatusSituation, outage: Outage, keys: string): string {
  const bytes = `${pendingBytes} typed ${pendingBytes === 1 ? "byte" : "bytes"}`;
  const matter = awayMs === undefined ? "the server has not confirmed it yet" : OUTAGES[outage];
  if (isLeaving) return `perdure: ${bytes} to deliver before leaving${keyHint(keys, "leaves now")} · ${matter}`;
  const kept = pendingBytes > 0 ? ` · ${bytes} kept` : "";
  return `perdure: ${matter} · ${duration(awayMs ?? 0)}${kept}${keyHint(keys, "leaves")}`;
}

function keyHint(keys: string, what: string): string {
  return keys === "none" ? "" : ` · ${keys} ${what}`;
}

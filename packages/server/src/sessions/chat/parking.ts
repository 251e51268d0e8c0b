/**
 * Parking: an agent that has nothing to do for a while is ended and resumed by the next message; it costs 0.1 to 0.6 GB while it
 * waits. Never while somebody looks at it, while something is open, or while it has work in the background.
 */
import type { Conversation } from "@perdure/protocol";
import { pidsWithCookie, processTable, type ProcessEntry } from "../../platform/processes.ts";
import type { Clock } from "../../platform/clock.ts";

const LOOK_MS = 60_000;
/** What lives beside an agent within this time of its start belongs to it (servers of its tools); what comes later is its work. */
const START_UP_MS = 2 * LOOK_MS;

/** One that may be parked. */
export interface Parkable {
  readonly run: string;
  readonly pid: number;
  /** When the run began. */
  readonly startedAt: number;
  readonly isLookedAt: boolean;
  /** Loaded, or `null`: nothing of it was asked for since the server started, so nothing is known to have happened. */
  readonly conversation: Conversation | null;
  park(): void;
}

export class Parking {
  readonly #clock: Clock;
  readonly #afterMs: number;
  readonly #candidates: () => readonly Parkable[];
  /** What each run had started by itself, as seen soon after its start. */
  readonly #companions = new Map<string, ReadonlySet<string>>();
  #cancel: () => void = () => undefined;

  constructor(clock: Clock, afterMs: number, candidates: () => readonly Parkable[]) {
    this.#clock = clock;
    this.#afterMs = afterMs;
    this.#candidates = candidates;
  }

  start(): void {
    this.#cancel = this.#clock.after(Math.min(LOOK_MS, this.#afterMs), () => {
      this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#cancel();
  }

  #look(): void {
    const candidates = this.#candidates();
    const now = this.#clock.now();
    for (const run of this.#companions.keys()) if (!candidates.some((one) => one.run === run)) this.#companions.delete(run);
    const fresh = candidates.filter(({ run, startedAt }) => !this.#companions.has(run) && now - startedAt < START_UP_MS);
    const idle = candidates.filter((one) => isIdle(one, now - this.#afterMs));
    if (fresh.length + idle.length === 0) return;
    const table = processTable();
    for (const one of fresh) this.#companions.set(one.run, new Set(besides(one, table)));
    for (const one of idle) {
      const companions = this.#companions.get(one.run);
      if (besides(one, table).every((each) => companions?.has(each))) one.park();
    }
  }
}

/** Nothing is open, and nothing has happened since. */
export function isIdle({ conversation, isLookedAt }: Pick<Parkable, "conversation" | "isLookedAt">, since: number): boolean {
  if (isLookedAt || conversation === null) return false;
  const { runningTurn, queue, openApprovals, lastTurn, turns, runs } = conversation;
  const run = runs.at(-1);
  if (run?.state !== "ready" || runningTurn !== null || queue.length > 0 || openApprovals.length > 0) return false;
  const last = lastTurn === null ? undefined : turns[lastTurn]?.endedAt;
  return Math.max(run.startedAt, last ?? 0) <= since;
}

/** Processes of the run besides the agent itself. */
function besides({ run, pid }: Parkable, table: readonly ProcessEntry[]): string[] {
  const pids = pidsWithCookie(run, table);
  return table.flatMap((entry) => (pids.has(entry.pid) && entry.pid !== pid ? [`${entry.pid} ${entry.startTime}`] : []));
}

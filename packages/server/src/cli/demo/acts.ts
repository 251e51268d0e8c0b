/**
 * What the demo does to its own processes, and what came of it: lines lost, lines doubled, pids before and after. Honest also
 * where something is lost.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Cli } from "../cli.ts";
import { compare, type Comparison } from "./compare.ts";
import type { Demo, Pids } from "./demo.ts";

export const ACTS = ["server", "network", "everything"] as const;
export type Act = (typeof ACTS)[number];

export interface ActResult {
  readonly act: Act;
  /** From the fault until the viewer was shown a line printed after it. */
  readonly awayMs: number;
  readonly before: Pids;
  readonly after: Pids;
  /** The program's record against the history. */
  readonly history: Comparison;
  /** The program's record against what the viewer was shown. */
  readonly viewer: Comparison;
  /** A new run was started in the session. */
  readonly isNewRun: boolean;
}

const CUT_MS = 3000;
/** So many more lines before the reckoning: the work visibly goes on. */
const MORE_LINES = 100;

export async function perform(cli: Cli, demo: Demo, act: Act): Promise<ActResult> {
  const before = await demo.pids();
  const startedAt = performance.now();
  await FAULTS[act](cli, demo, before);
  const isNewRun = act === "everything";
  const last = (await demo.recorded()).at(-1) ?? 0;
  await demo.until(() => (demo.seen.at(-1) ?? 0) > last, "new lines after the fault");
  const awayMs = Math.round(performance.now() - startedAt);
  await demo.until(() => (demo.seen.at(-1) ?? 0) > last + MORE_LINES, "the program to go on");
  const { history, viewer } = await reckon(demo);
  return { act, awayMs, before, after: await demo.pids(), history, viewer, isNewRun };
}

const FAULTS: Readonly<Record<Act, (cli: Cli, demo: Demo, pids: Pids) => Promise<void>>> = {
  server: async (_, demo, { server }) => {
    await demo.kill([server]);
    await demo.revive();
  },
  network: async (cli, demo) => {
    demo.relay.setCut(true);
    await delay(CUT_MS, undefined, { signal: cli.signal });
    demo.relay.setCut(false);
  },
  everything: async (_, demo, { server, host, program }) => {
    await demo.kill([server, host, program]);
    await demo.revive();
    await demo.startAgain();
  },
};

/** Compares up to one line that the program has recorded and all others have had the time to see. */
async function reckon(demo: Demo): Promise<Pick<ActResult, "history" | "viewer">> {
  const printed = await demo.recorded();
  const last = printed.at(-1) ?? 0;
  await demo.until(() => (demo.seen.at(-1) ?? 0) >= last, "the last lines");
  const upToLast = (numbers: readonly number[]) => numbers.filter((number) => number <= last);
  return { history: compare(printed, upToLast(await demo.kept())), viewer: compare(printed, upToLast(demo.seen)) };
}

/** Whether the promise held: nothing lost or doubled, and only killing everything may end the program. */
export function isKept({ act, before, after, history, viewer }: ActResult): boolean {
  const isWhole = history.lost.length === 0 && viewer.lost.length === 0 && before.program === after.program;
  return isOnce(history) && isOnce(viewer) && (act === "everything" || isWhole);
}

function isOnce(seen: Comparison): boolean {
  return seen.doubled.length === 0 && seen.misplaced === 0;
}

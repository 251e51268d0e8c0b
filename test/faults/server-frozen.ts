// A server that is frozen (SIGSTOP, as by a debugger or a suspended virtual machine): the programs do not notice, the clients go on where
// they were. And one that is frozen while another takes its place: thawed, it must be refused and end, and nothing may be lost.

import { PerdureHome } from "../harness/perdure-home.ts";
import { Random } from "../harness/random.ts";
import { within } from "../harness/until.ts";
import { Workload } from "../harness/workload.ts";
import type { FaultReport, FaultRun } from "./fault-run.ts";
import { setTimeout as delay } from "node:timers/promises";

const frozenMs = 15_000;
const printedPerSecond = 1_000_000;
const replacedExitCode = 3;

export const serverFrozen: FaultRun = {
  name: "server-frozen",
  question: "Is anything lost when the server is frozen for 15 s, or frozen, replaced and thawed?",
  times: 5,
  run: async ({ times, seed, say }) => {
    const random = new Random(seed);
    const rows: Record<string, string | number>[] = [];
    const failures: string[] = [];
    for (let time = 1; time <= times; time += 1) {
      for (const [situation, act] of [["frozen 15 s", freeze] as const, ["frozen, replaced, thawed", replace] as const]) {
        const { row, wrong } = await one(situation, random.between(1, 1e6), act);
        rows.push(row);
        failures.push(...wrong.map((failure) => `${situation}: ${failure}`));
        say(`${situation}: ${wrong.length} failures`);
      }
    }
    return { rows, failures };
  },
};

type Act = (home: PerdureHome, workload: Workload) => Promise<string[]>;

async function one(situation: string, seed: number, act: Act): Promise<{ row: FaultReport["rows"][number]; wrong: string[] }> {
  const home = new PerdureHome();
  try {
    await home.start();
    const workload = await Workload.start(home, { name: "1", seed, bytesPerSecond: printedPerSecond });
    await workload.untilPrinted(500_000);
    const wrong = await act(home, workload);
    const { printedBytes, typedBytes, attachments, failures } = await workload.finish();
    const row = { situation, "printed MB": (printedBytes / 1e6).toFixed(1), "typed kB": (typedBytes / 1e3).toFixed(1), attachments };
    return { row, wrong: [...wrong, ...failures] };
  } finally {
    await home.close();
  }
}

async function freeze(home: PerdureHome, workload: Workload): Promise<string[]> {
  const { server } = home;
  const before = workload.printedBytes;
  server.freeze();
  await delay(frozenMs);
  const printed = workload.printedBytes - before;
  server.thaw();
  workload.retryNow();
  await workload.untilShown();
  const isUnaffected = printed >= (frozenMs / 1000) * printedPerSecond * 0.5;
  return isUnaffected ? [] : [`the program printed only ${printed} bytes while the server was frozen`];
}

async function replace(home: PerdureHome, workload: Workload): Promise<string[]> {
  const frozen = home.server;
  frozen.freeze();
  await workload.untilPrinted(500_000);
  // The frozen one still holds its port.
  const successor = await home.start({ port: 0 });
  await workload.untilPrinted(500_000);
  frozen.thaw();
  const { code } = await within(30_000, "the end of the server that was replaced", frozen.exited, () => frozen.printed);
  await workload.untilPrinted(500_000);
  const alive = await home.api.status();
  return [
    ...(code === replacedExitCode ? [] : [`the replaced server ended with ${code}: ${frozen.printed}`]),
    ...(alive.server.pid === successor.pid ? [] : [`the server is ${alive.server.pid}, not the successor ${successor.pid}`]),
  ];
}

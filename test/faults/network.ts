// The line between client and server goes bad in every way that lines do, while the server lives: held back, broken off, ended politely,
// cut in the middle of a frame, delivered in single bytes, refused, and dead for half a minute. Output must be exact afterwards and input
// must have arrived once.

import { setTimeout as delay } from "node:timers/promises";
import { FaultProxy } from "../harness/fault-proxy.ts";
import { PerdureHome } from "../harness/perdure-home.ts";
import { Random } from "../harness/random.ts";
import { Workload } from "../harness/workload.ts";
import type { FaultOptions, FaultReport, FaultRun } from "./fault-run.ts";

const printedPerSecond = 500_000;
const deadMs = 30_000;

interface Fault {
  readonly name: string;
  put(proxy: FaultProxy, random: Random): Promise<void> | void;
}

const faults: readonly Fault[] = [
  { name: "stall", put: (proxy, random) => forAWhile(proxy, random, () => proxy.stall()) },
  { name: "reset", put: (proxy) => proxy.reset() },
  { name: "polite end", put: (proxy) => proxy.finish() },
  { name: "cut in mid-frame, down", put: (proxy, random) => proxy.cutAfter("down", random.between(1, 200_000)) },
  { name: "cut in mid-frame, up", put: (proxy, random) => proxy.cutAfter("up", random.between(1, 600)) },
  { name: "one-byte slices", put: inSlices },
  { name: "refused", put: refused },
];

export const network: FaultRun = {
  name: "network",
  question: "Is output exact and input applied once when the line is held back, broken, cut in mid-frame, sliced or dead?",
  times: 50,
  run: async (options) => {
    const home = new PerdureHome();
    await home.start();
    const proxy = await FaultProxy.to(home.port);
    try {
      return await run(options, home, proxy);
    } finally {
      await proxy.close();
      await home.close();
    }
  },
};

async function run({ times, seed, say }: FaultOptions, home: PerdureHome, proxy: FaultProxy): Promise<FaultReport> {
  const random = new Random(seed);
  const put = new Map<string, number>();
  const plan = random.shuffled(
    Array.from({ length: times }, (_, index) => faults[index % faults.length]).filter((each) => each !== undefined),
  );
  const workload = await Workload.start(home, { name: "1", seed, bytesPerSecond: printedPerSecond, port: proxy.port });
  for (const fault of plan) {
    await fault.put(proxy, random);
    put.set(fault.name, (put.get(fault.name) ?? 0) + 1);
    workload.retryNow();
    await workload.untilShown();
  }
  say(`${times} faults; now the line is dead for ${deadMs / 1000} s`);
  proxy.swallow();
  await delay(deadMs);
  proxy.flow();
  workload.retryNow();
  await workload.untilShown();
  put.set("dead for 30 s", 1);
  const { printedBytes, typedBytes, attachments, failures } = await workload.finish();
  const rows = [...put].map(([fault, count]) => ({ fault, times: count }));
  const printed = `${(printedBytes / 1e6).toFixed(1)} MB printed, ${(typedBytes / 1e3).toFixed(1)} kB typed, ${attachments} attachments`;
  return { rows: [...rows, { fault: printed, times: times + 1 }], failures };
}

async function forAWhile(proxy: FaultProxy, random: Random, put: () => void): Promise<void> {
  put();
  await delay(random.between(10, 500));
  proxy.flow();
}

async function inSlices(proxy: FaultProxy, random: Random): Promise<void> {
  proxy.shape("up", { sliceBytes: 1 });
  proxy.shape("down", { sliceBytes: random.between(1, 3) });
  await delay(random.between(50, 300));
  proxy.shape("up", {});
  proxy.shape("down", {});
}

async function refused(proxy: FaultProxy, random: Random): Promise<void> {
  proxy.refuse();
  proxy.reset();
  await delay(random.between(10, 500));
  await proxy.accept();
}

// The server is killed again and again, at every step of the pipeline and at random moments, while one program prints at full speed and
// another is typed at. Afterwards the log must be the first program's own record, byte for byte; what a client was shown must be a prefix
// of the log; and what was typed must have arrived once and in order.

import { setTimeout as delay } from "node:timers/promises";
import { SERVER_STEPS } from "../../packages/server/src/platform/crash.ts";
import { PerdureHome } from "../harness/perdure-home.ts";
import { Random } from "../harness/random.ts";
import type { ServerProcess } from "../harness/server-process.ts";
import { within } from "../harness/until.ts";
import { Workload } from "../harness/workload.ts";
import type { FaultOptions, FaultReport, FaultRun } from "./fault-run.ts";

const anyMoment = "any moment" as const;

type Place = (typeof SERVER_STEPS)[number] | typeof anyMoment;

const killsPerRound = 12;
const leastPrintedPerSecond = 5_000_000;
const leastShare = 0.05;
/** From this many kills on the run is one about speed, too: a short one in a test says nothing about the machine. */
const fullTimes = 50;
const killTimeoutMs = 60_000;

export const serverKill: FaultRun = {
  name: "server-kill",
  question: "Is anything lost, doubled or taken back when the server is killed at any step under full output?",
  times: 100,
  run: async (options) => new ServerKill(options).run(),
};

class ServerKill {
  readonly #options: FaultOptions;
  readonly #random: Random;
  readonly #kills = new Map<Place, number>([...SERVER_STEPS, anyMoment].map((place): [Place, number] => [place, 0]));
  readonly #failures: string[] = [];
  #printedBytes = 0;
  #printedMs = 0;
  #typedBytes = 0;

  constructor(options: FaultOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  async run(): Promise<FaultReport> {
    const plan = this.#plan();
    const home = new PerdureHome();
    try {
      for (let number = 1; plan.length > 0; number += 1) await this.#round(home, number, plan.splice(0, killsPerRound));
    } finally {
      await home.close();
    }
    return { rows: this.#rows(), failures: [...this.#failures, ...this.#shares()] };
  }

  /** Every step gets its share, what remains falls at any moment; in random order. */
  #plan(): Place[] {
    const { times } = this.#options;
    const each = Math.max(1, Math.ceil(times * leastShare * 1.2));
    const pinned = SERVER_STEPS.flatMap((step) => Array.from({ length: each }, (): Place => step)).slice(0, times);
    return this.#random.shuffled([...pinned, ...Array.from({ length: times - pinned.length }, (): Place => anyMoment)]);
  }

  async #round(home: PerdureHome, number: number, places: readonly Place[]): Promise<void> {
    await home.start();
    const workload = await Workload.start(home, { name: String(number), seed: this.#random.between(1, 1_000_000) });
    await home.server.kill(); // the creation is not what is looked at here
    for (const place of places) {
      await this.#killAt(home, workload, place);
      this.#kills.set(place, (this.#kills.get(place) ?? 0) + 1);
    }
    await home.start();
    const { printedBytes, printedMs, typedBytes, failures } = await workload.finish();
    await home.server.kill();
    this.#printedBytes += printedBytes;
    this.#printedMs += printedMs;
    this.#typedBytes += typedBytes;
    this.#failures.push(...failures.map((failure) => `round ${number}: ${failure}`));
    const done = [...this.#kills.values()].reduce((sum, count) => sum + count, 0);
    this.#options.say(`${done} of ${this.#options.times} kills, ${this.#failures.length} failures`);
  }

  async #killAt(home: PerdureHome, workload: Workload, place: Place): Promise<void> {
    const passes = this.#random.between(1, place.includes("input") ? 20 : 50);
    const server = home.launch({ env: place === anyMoment ? {} : { PERDURE_CRASH: `${place}:${passes}` } });
    await Promise.race([server.ready, server.exited]).catch(() => undefined);
    workload.retryNow();
    if (place === anyMoment) await this.#killSoon(server);
    const { signal } = await within(killTimeoutMs, `a crash at ${place}:${passes}`, server.exited, () => server.printed);
    if (signal !== "SIGKILL") this.#failures.push(`at ${place} the server ended otherwise: ${server.printed}`);
  }

  async #killSoon(server: ServerProcess): Promise<void> {
    await delay(this.#random.between(0, 600));
    await server.kill();
  }

  #rows(): FaultReport["rows"] {
    const { times } = this.#options;
    const kills = [...this.#kills].map(([step, count]) => ({ step, kills: count, share: `${((count / times) * 100).toFixed(1)} %` }));
    const speed = this.#printedBytes / (this.#printedMs / 1000) / 1e6;
    const printed = `${(this.#printedBytes / 1e6).toFixed(1)} MB at ${speed.toFixed(1)} MB/s, ${(this.#typedBytes / 1e3).toFixed(1)} kB typed`;
    return [...kills, { step: printed, kills: times, share: "" }];
  }

  #shares(): string[] {
    const { times } = this.#options;
    const rare = SERVER_STEPS.filter((step) => times >= SERVER_STEPS.length && (this.#kills.get(step) ?? 0) < times * leastShare);
    const isSlow = this.#printedBytes / (this.#printedMs / 1000) < leastPrintedPerSecond;
    return [
      ...rare.map((step) => `less than 5 % of the kills at ${step}`),
      ...(times >= fullTimes && isSlow ? ["the program printed less than 5 MB/s"] : []),
    ];
  }
}

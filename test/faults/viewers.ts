// Many viewers of one program that prints without a pause, and one of them stops reading. The others must not notice, and the server must
// not keep for it what it does not take.

import { setTimeout as delay } from "node:timers/promises";
import { PerdureHome } from "../harness/perdure-home.ts";
import { residentBytes } from "../harness/processes.ts";
import { numberedLines } from "../harness/programs.ts";
import { RawConnection } from "../harness/raw-connection.ts";
import { until } from "../harness/until.ts";
import type { FaultReport, FaultRun } from "./fault-run.ts";

const viewers = 50;
const printedPerSecond = 1_500_000;
const measureMs = 5000;
const maxRatio = 1.2;
const maxGrowthBytes = 64 * 1024 * 1024;
/** The stalled viewer must have been left behind by far more than the server may keep for it. */
const leftBehindBytes = 48 * 1024 * 1024;

export const viewersRun: FaultRun = {
  name: "viewers",
  question: "Do 49 viewers of a firehose notice that the 50th stops reading, and does the server's memory grow?",
  times: 3,
  run: async ({ times, seed, say }) => {
    const home = new PerdureHome();
    try {
      await home.start();
      return await measure(home, times, seed, say);
    } finally {
      await home.close();
    }
  },
};

async function measure(home: PerdureHome, times: number, seed: number, say: (line: string) => void): Promise<FaultReport> {
  const lines = { record: home.path("record"), seed, bytesPerSecond: printedPerSecond };
  const { id } = await home.api.create({ command: numberedLines(lines), environment: { variables: home.variables } });
  const audience = await Audience.join(home, id, viewers - 1);
  const rows: FaultReport["rows"][number][] = [];
  const p99 = { without: [] as number[], with: [] as number[] };
  // The same amount of output first without the stalled one: a server that has just begun grows anyhow.
  const before = await peakWhilePrinting(home, audience);
  let after = 0;
  for (let time = 1; time <= times; time += 1) {
    p99.without.push(await audience.p99Gap(measureMs));
    const stalled = await stall(home, id);
    p99.with.push(await audience.p99Gap(measureMs));
    if (time === times) after = await peakWhilePrinting(home, audience);
    stalled.cut();
    rows.push({ time, "p99 gap ms": round(p99.without.at(-1)), "with one stalled": round(p99.with.at(-1)) });
    say(`${time} of ${times}`);
  }
  audience.leave();
  const ratio = Math.min(...p99.with) / Math.min(...p99.without);
  const growth = after - before;
  rows.push({ time: `ratio ${ratio.toFixed(2)}, memory +${(growth / 1048576).toFixed(0)} MiB`, "p99 gap ms": "", "with one stalled": "" });
  return {
    rows,
    failures: [
      ...(ratio <= maxRatio ? [] : [`the others' p99 is ${ratio.toFixed(2)} times what it is without the stalled one`]),
      ...(growth <= maxGrowthBytes ? [] : [`the server grew by ${growth} bytes`]),
    ],
  };
}

/** A viewer that attaches and then never reads again. */
export async function stall(home: PerdureHome, session: string): Promise<RawConnection> {
  const connection = await RawConnection.greet(home.url, { token: home.token });
  connection.attach(session, { mode: "screen", cols: 80, rows: 24 });
  await connection.message("attached");
  connection.socket.pause();
  return connection;
}

/** The most memory the server has while so much is printed that a viewer who does not read is left far behind. */
async function peakWhilePrinting(home: PerdureHome, audience: Audience): Promise<number> {
  let peak = 0;
  const start = audience.end;
  const isFar = (): boolean => {
    peak = Math.max(peak, residentBytes(home.server.pid));
    return audience.end - start > leftBehindBytes;
  };
  await until("a viewer left far behind", isFar, { timeoutMs: 200_000 });
  return peak;
}

/** Viewers that read everything, and know how long they waited between two frames. */
export class Audience {
  readonly #connections: readonly RawConnection[];
  readonly #lastAt: number[];
  #gaps: number[] = [];
  #end = 0;

  private constructor(connections: readonly RawConnection[]) {
    this.#connections = connections;
    this.#lastAt = connections.map(() => performance.now());
    for (const [index, connection] of connections.entries()) {
      connection.onFrame((frame) => {
        if (frame.is === "snapshot") this.#end = Math.max(this.#end, frame.offset);
        if (frame.is !== "output") return;
        const now = performance.now();
        this.#gaps.push(now - (this.#lastAt[index] ?? now));
        this.#lastAt[index] = now;
        this.#end = Math.max(this.#end, frame.offset + frame.data.length);
      });
    }
  }

  static async join(home: PerdureHome, session: string, count: number): Promise<Audience> {
    const connections: RawConnection[] = [];
    for (let index = 0; index < count; index += 1) {
      const connection = await RawConnection.greet(home.url, { token: home.token });
      connection.attach(session, { mode: "screen", cols: 80, rows: 24 });
      await connection.message("attached");
      connections.push(connection);
    }
    return new Audience(connections);
  }

  /** Offset up to which somebody was shown everything, or a screen of it. */
  get end(): number {
    return this.#end;
  }

  /** Milliseconds between two frames of a viewer, 99th percentile of all of them. */
  async p99Gap(duringMs: number): Promise<number> {
    this.#gaps = [];
    await delay(duringMs);
    const sorted = this.#gaps.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.99)] ?? Infinity;
  }

  leave(): void {
    for (const connection of this.#connections) connection.cut();
  }
}

function round(ms: number | undefined): string {
  return (ms ?? 0).toFixed(1);
}

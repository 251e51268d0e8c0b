// How long a key takes to come back: program to screen and back through everything, against one process that only passes bytes on; idle,
// and while another session prints as fast as it can to a viewer of its own.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PerdureHome } from "../test/harness/perdure-home.ts";
import { judge, median, note, quantile, type Bench, type BenchContext, type Finding } from "./bench.ts";
import { mixture } from "./corpus/generated.ts";
import { withHome } from "./home.ts";
import { PeerProcess } from "./peers/peer-process.ts";
import type { Order, Place } from "./peers/typist.ts";
import { echoProgram, printForever } from "./programs.ts";

const keysPerRound = 60;
const corpusBytes = 8 * 1024 * 1024;

export const echo: Bench = {
  name: "echo",
  question: "a key there and back, against one process that passes bytes on",
  run: (context) =>
    withHome(async (home) => {
      const [bare, typist] = [new PeerProcess("bare.ts", [], home.variables), new PeerProcess("typist.ts", [], home.variables)];
      try {
        const { port } = await bare.message<{ port: number }>();
        await typist.message();
        const file = join(context.scratch, "corpus");
        writeFileSync(file, mixture(corpusBytes, context.seed));
        const scene: Scene = { home, port, file, typist };
        const whenIdle = await idle(scene, context);
        return [...whenIdle.findings, ...(await underFirehose(scene, context, whenIdle.bareMs))];
      } finally {
        await Promise.all([bare.end(), typist.end()]);
      }
    }),
};

interface Scene {
  readonly home: PerdureHome;
  /** Of the bare process. */
  readonly port: number;
  /** What a firehose prints. */
  readonly file: string;
  readonly typist: PeerProcess;
}

async function idle(scene: Scene, context: BenchContext): Promise<{ readonly findings: readonly Finding[]; readonly bareMs: number }> {
  const [perdure, bare] = [await openPerdure(scene), await openBare(scene)];
  const times = { perdure: [] as number[], bare: [] as number[] };
  for (let round = -1; round < context.rounds; round += 1) {
    const both = { bare: await bare.type(context.seed + round), perdure: await perdure.type(context.seed + round) };
    if (round < 0) continue; // warms up
    times.perdure.push(...both.perdure);
    times.bare.push(...both.bare);
  }
  for (const line of [perdure, bare]) await line.close();
  return { findings: findings("echo idle", times, 2, 1.3), bareMs: median(times.bare) };
}

/** The load of the one is taken away before that of the other begins. */
async function underFirehose(scene: Scene, context: BenchContext, idleBareMs: number): Promise<readonly Finding[]> {
  const times = { perdure: [] as number[], bare: [] as number[] };
  for (let round = 0; round < context.rounds; round += 1) {
    times.bare.push(...(await withBareFirehose(scene, async () => typed(await openBare(scene), context.seed + round))));
    times.perdure.push(...(await withFirehose(scene, async () => typed(await openPerdure(scene), context.seed + round))));
  }
  const worst = quantile(times.perdure, 0.99);
  const against = { value: worst, unit: "ms", rule: "ratio at most", accept: 4 } as const;
  return [
    ...findings("echo under a firehose", times, 3, 1.5),
    judge({ name: "echo under a firehose, p99 against the bare p50", limit: median(times.bare), ...against }),
    note("echo under a firehose, p99 against the bare p50 when idle", worst, "ms", idleBareMs),
  ];
}

function findings(name: string, times: { perdure: number[]; bare: number[] }, accept: number, aim: number): readonly Finding[] {
  const [value, limit] = [median(times.perdure), median(times.bare)];
  return [
    judge({ name: `${name}, p50`, value, unit: "ms", limit, rule: "ratio at most", accept, aim }),
    note(`${name}, p99`, quantile(times.perdure, 0.99), "ms", quantile(times.bare, 0.99)),
  ];
}

/** A connection of the typist's. */
interface Line {
  /** Milliseconds of each key. */
  type(seed: number): Promise<number[]>;
  close(): Promise<void>;
}

async function typed(line: Line, seed: number): Promise<number[]> {
  const times = await line.type(seed);
  await line.close();
  return times;
}

async function openPerdure({ home, typist }: Scene): Promise<Line> {
  const { id } = await home.api.create({ command: [...echoProgram], environment: { variables: home.variables } });
  return open(typist, "perdure", { is: "perdure", url: home.url, token: home.token, session: id });
}

function openBare({ port, typist }: Scene): Promise<Line> {
  return open(typist, "bare", { is: "bare", url: bareUrl(port, echoProgram) });
}

async function open(typist: PeerProcess, line: string, place: Place): Promise<Line> {
  const ask = <T>(order: Order): Promise<T> => typist.ask<T>(order);
  await ask({ do: "open", line, place });
  return {
    type: (seed) => ask<number[]>({ do: "type", line, keys: keysPerRound, seed }),
    close: async () => void (await ask({ do: "close", line })),
  };
}

function bareUrl(port: number, command: readonly string[]): string {
  return `ws://127.0.0.1:${port}/?command=${encodeURIComponent(JSON.stringify(command))}`;
}

async function withFirehose({ home, file }: Scene, measure: () => Promise<number[]>): Promise<number[]> {
  const { id } = await home.api.create({ command: printForever(file), environment: { variables: home.variables }, cols: 120, rows: 40 });
  const viewer = new PeerProcess("viewer.ts", ["perdure", home.url, home.token, id], home.variables);
  try {
    await viewer.message();
    return await measure();
  } finally {
    await viewer.end();
    await home.api.delete(id);
  }
}

/** A firehose in the process that passes the keys on, as a session beside the typist's. */
async function withBareFirehose({ home, port, file }: Scene, measure: () => Promise<number[]>): Promise<number[]> {
  const viewer = new PeerProcess("viewer.ts", ["bare", bareUrl(port, printForever(file))], home.variables);
  try {
    await viewer.message();
    return await measure();
  } finally {
    await viewer.end();
  }
}

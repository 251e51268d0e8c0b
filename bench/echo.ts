// How long a key takes to come back: program to screen and back through everything, against one process that only passes bytes on; idle,
// and while another session prints as fast as it can to a viewer of its own.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import type { PerdureHome } from "../test/harness/perdure-home.ts";
import { Random } from "../test/harness/random.ts";
import { RawConnection } from "../test/harness/raw-connection.ts";
import { within } from "../test/harness/until.ts";
import { judge, median, note, quantile, type Bench, type BenchContext, type Finding } from "./bench.ts";
import { mixture } from "./corpus/generated.ts";
import { withHome } from "./home.ts";
import { PeerProcess } from "./peers/peer-process.ts";
import { echoProgram, printForever } from "./programs.ts";

const keysPerRound = 60;
const corpusBytes = 8 * 1024 * 1024;

/** One who types: `type` sends a key, `heard` is called with what came back. */
interface Line {
  type(key: string): void;
  heard: (data: Uint8Array) => void;
  close(): void;
}

export const echo: Bench = {
  name: "echo",
  question: "a key there and back, against one process that passes bytes on",
  run: (context) =>
    withHome(async (home) => {
      const bare = new PeerProcess("bare.ts", [], home.variables);
      try {
        const { port } = await bare.message<{ port: number }>();
        const file = join(context.scratch, "corpus");
        writeFileSync(file, mixture(corpusBytes, context.seed));
        const whenIdle = await idle(home, port, context);
        return [...whenIdle.findings, ...(await underFirehose(home, port, file, context, whenIdle.bareMs))];
      } finally {
        await bare.end();
      }
    }),
};

async function idle(
  home: PerdureHome,
  port: number,
  context: BenchContext,
): Promise<{ readonly findings: readonly Finding[]; readonly bareMs: number }> {
  const [perdure, bare] = [await openPerdure(home), await openBare(port)];
  const times = { perdure: [] as number[], bare: [] as number[] };
  for (let round = -1; round < context.rounds; round += 1) {
    const both = { bare: await typeKeys(bare, context.seed + round), perdure: await typeKeys(perdure, context.seed + round) };
    if (round < 0) continue; // warms up
    times.perdure.push(...both.perdure);
    times.bare.push(...both.bare);
  }
  for (const line of [perdure, bare]) line.close();
  return { findings: findings("echo idle", times, 2, 1.3), bareMs: median(times.bare) };
}

/** The load of the one is taken away before that of the other begins. */
async function underFirehose(
  home: PerdureHome,
  port: number,
  file: string,
  context: BenchContext,
  idleBareMs: number,
): Promise<readonly Finding[]> {
  const times = { perdure: [] as number[], bare: [] as number[] };
  for (let round = 0; round < context.rounds; round += 1) {
    times.bare.push(...(await withBareFirehose(home, port, file, async () => typeKeys(await openBare(port), context.seed + round))));
    times.perdure.push(...(await withFirehose(home, file, async () => typeKeys(await openPerdure(home), context.seed + round))));
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

/** The time of each key, typed with the pauses of a quick typist. */
async function typeKeys(line: Line, seed: number): Promise<number[]> {
  const random = new Random(seed);
  const times: number[] = [];
  for (let count = 0; count < keysPerRound; count += 1) {
    await delay(random.between(15, 25));
    const key = String.fromCharCode(random.between(97, 122));
    const { promise, resolve } = Promise.withResolvers<void>();
    line.heard = (data) => {
      if (data.includes(key.charCodeAt(0))) resolve();
    };
    const startedMs = performance.now();
    line.type(key);
    await within(20_000, "the echo of a key", promise);
    times.push(performance.now() - startedMs);
  }
  return times;
}

async function openPerdure(home: PerdureHome): Promise<Line> {
  const connection = await RawConnection.greet(home.url, { token: home.token });
  const ready = connection.untilFrame(
    "the program's first word",
    (frame) => (frame.is === "output" || frame.is === "snapshot") && frame.data.length > 0,
  );
  const { id } = await home.api.create({ command: [...echoProgram], environment: { variables: home.variables } });
  connection.attach(id, { mode: "screen" });
  await ready;
  let seq = 0;
  const line: Line = {
    type: (key) => connection.input(1, 1, "typist", (seq += 1), key),
    heard: () => undefined,
    close: () => connection.cut(),
  };
  connection.onFrame((frame) => {
    if (frame.is === "output") line.heard(frame.data);
  });
  return line;
}

async function openBare(port: number): Promise<Line> {
  const socket = new WebSocket(bareUrl(port, echoProgram), { perMessageDeflate: false });
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const line: Line = { type: (key) => socket.send(Buffer.from(key)), heard: () => resolve(), close: () => socket.terminate() };
  socket.on("message", (data) => line.heard(data as Buffer));
  await within(20_000, "the program's first word", ready);
  return line;
}

function bareUrl(port: number, command: readonly string[]): string {
  return `ws://127.0.0.1:${port}/?command=${encodeURIComponent(JSON.stringify(command))}`;
}

async function withFirehose(home: PerdureHome, file: string, measure: () => Promise<number[]>): Promise<number[]> {
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
async function withBareFirehose(home: PerdureHome, port: number, file: string, measure: () => Promise<number[]>): Promise<number[]> {
  const viewer = new PeerProcess("viewer.ts", ["bare", bareUrl(port, printForever(file))], home.variables);
  try {
    await viewer.message();
    return await measure();
  } finally {
    await viewer.end();
  }
}

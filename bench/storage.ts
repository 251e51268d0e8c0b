// How much smaller the log is than what was printed: a mix of equal weights per kind, real agents among them, each printed in a session of
// its own and read from the database afterwards, at once and when the store has come to rest. A recording is printed once, however short
// it is: printed again it would be found in the row of its first time, and look smaller than any program's output is.

import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { signal } from "../test/harness/processes.ts";
import { until } from "../test/harness/until.ts";
import type { PerdureHome } from "../test/harness/perdure-home.ts";
import { judge, note, type Bench, type BenchContext, type Finding } from "./bench.ts";
import { recordAgents, type AgentRecording } from "./corpus/agents.ts";
import { asPrinted, installation, serverLog } from "./corpus/generated.ts";
import { history, listing } from "./corpus/printed.ts";
import { recordedSize } from "./corpus/recorder.ts";
import { recordTuis } from "./corpus/tuis.ts";
import { withHome } from "./home.ts";

const bytesPerKind = 2 * 1024 * 1024;
const recordedBytes = 256 * 1024;
const printTimeoutMs = 180_000;
/** Longer than the store waits before it looks at a stream that has become quiet. */
const restMs = 15_000;
const restTimeoutMs = 120_000;

export const storage: Bench = {
  name: "storage",
  question: "how much smaller the log is than what was printed, by kind",
  run: async (context) => {
    const recordings = await makeRecordings(context);
    return withHome(async (home) => {
      const file = join(home.directory, "perdure.db");
      const kinds = await printAll(home, recordings);
      const atOnce = readRows(file);
      await untilAtRest(file);
      signal(home.server.pid, "SIGTERM");
      await home.server.exit();
      return findings(file, kinds, atOnce);
    });
  },
};

interface Recorded {
  readonly file: string;
  readonly bytes: number;
}

async function makeRecordings({ scratch, seed, say }: BenchContext): Promise<ReadonlyMap<string, Recorded>> {
  const options = { scratch, seed, say, maxBytes: recordedBytes };
  const made = [printedKinds(seed, scratch), await recordTuis(options), await recordAgents(options)].flat();
  const files = new Map<string, Recorded>();
  for (const { name, pieces } of made) {
    const bytes = pieces.reduce((sum, { data }) => sum + data.length, 0);
    say(`${name}: ${(bytes / 1024).toFixed(0)} KB in ${pieces.length} reads`);
    const file = join(scratch, `${name.replaceAll(" ", "-")}.recording`);
    writeFileSync(file, pieces.map(({ atMs, data }) => JSON.stringify({ atMs, data: data.toString("base64") })).join("\n"));
    files.set(name, { file, bytes });
  }
  return files;
}

function printedKinds(seed: number, scratch: string): AgentRecording[] {
  const printed = {
    "git log -p": history(bytesPerKind, seed, scratch),
    "ls -lR": listing(bytesPerKind),
    "server log": serverLog(bytesPerKind, seed),
    installation: installation(bytesPerKind, seed),
  };
  return Object.entries(printed).map(([name, data]) => ({ name, pieces: [{ atMs: 0, data: asPrinted(data) }] }));
}

/** Which session has which kind. */
async function printAll(home: PerdureHome, recordings: ReadonlyMap<string, Recorded>): Promise<ReadonlyMap<string, string>> {
  const kinds = new Map<string, string>();
  const player = join(import.meta.dirname, "peers/player.ts");
  for (const [kind, { file, bytes }] of recordings) {
    const command = [process.execPath, player, file, String(bytes)];
    const { id } = await home.api.create({ command, environment: { variables: home.variables }, ...recordedSize });
    kinds.set(id, kind);
  }
  for (const id of kinds.keys()) await home.api.untilRun(id, "exited", printTimeoutMs);
  return kinds;
}

interface Row {
  readonly session: string;
  readonly bytes: number;
  readonly stored: number;
}

/** What each session has printed, and what its rows take. */
function readRows(file: string): readonly Row[] {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return db
      .prepare(
        `SELECT stream.session AS session, sum(chunk.length) AS bytes, sum(length(chunk.data) + length(chunk.marks)) AS stored
         FROM chunk JOIN stream ON stream.id = chunk.stream WHERE stream.kind = 'terminal' GROUP BY stream.session`,
      )
      .all() as unknown as readonly Row[];
  } finally {
    db.close();
  }
}

/** Resolves when the rows have stayed as they are for a while. */
async function untilAtRest(file: string): Promise<void> {
  let [last, sinceMs] = ["", performance.now()];
  const isAtRest = (): boolean => {
    const rows = JSON.stringify(readRows(file));
    if (rows !== last) [last, sinceMs] = [rows, performance.now()];
    return performance.now() - sinceMs >= restMs;
  };
  await until("a store at rest", isAtRest, { timeoutMs: restTimeoutMs, everyMs: 500 });
}

/** Of equal bytes of each kind. */
function ratioOfMix(rows: readonly Row[]): number {
  return rows.length / rows.reduce((sum, row) => sum + row.stored / row.bytes, 0);
}

function findings(file: string, kinds: ReadonlyMap<string, string>, atOnce: readonly Row[]): readonly Finding[] {
  const rows = readRows(file);
  const perKind = rows.map((row) => note(`storage: ${kinds.get(row.session) ?? row.session}`, row.bytes / row.stored, ": 1"));
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  return [
    judge({ name: "storage: the mix", value: ratioOfMix(rows), unit: ": 1", rule: "at least", accept: 8 }),
    note("storage: the mix, as soon as it was printed", ratioOfMix(atOnce), ": 1"),
    ...perKind,
    note("storage: whole file, with screens and indexes", bytes / statSync(file).size, ": 1"),
  ];
}

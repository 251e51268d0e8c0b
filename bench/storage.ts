// How much smaller the log is than what was printed: a mix of equal bytes per kind, real agents among them, printed in sessions and read
// from the database afterwards. A recording that is shorter than its share is printed again; blocks are compressed each for itself, so
// that gains nothing.

import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { signal } from "../test/harness/processes.ts";
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

export const storage: Bench = {
  name: "storage",
  question: "how much smaller the log is than what was printed, by kind",
  run: async (context) => {
    const recordings = await makeRecordings(context);
    return withHome(async (home) => {
      const kinds = await printAll(home, recordings);
      signal(home.server.pid, "SIGTERM");
      await home.server.exit();
      return findings(join(home.directory, "perdure.db"), kinds);
    });
  },
};

async function makeRecordings({ scratch, seed, say }: BenchContext): Promise<ReadonlyMap<string, string>> {
  const options = { scratch, seed, say, maxBytes: recordedBytes };
  const made = [printedKinds(seed, scratch), await recordTuis(options), await recordAgents(options)].flat();
  const files = new Map<string, string>();
  for (const { name, pieces } of made) {
    const bytes = pieces.reduce((sum, { data }) => sum + data.length, 0);
    say(`${name}: ${(bytes / 1024).toFixed(0)} KB in ${pieces.length} reads`);
    const file = join(scratch, `${name.replaceAll(" ", "-")}.recording`);
    writeFileSync(file, pieces.map(({ atMs, data }) => JSON.stringify({ atMs, data: data.toString("base64") })).join("\n"));
    files.set(name, file);
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
async function printAll(home: PerdureHome, recordings: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
  const kinds = new Map<string, string>();
  const player = join(import.meta.dirname, "peers/player.ts");
  for (const [kind, file] of recordings) {
    const command = [process.execPath, player, file, String(bytesPerKind)];
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

function findings(file: string, kinds: ReadonlyMap<string, string>): readonly Finding[] {
  const db = new DatabaseSync(file, { readOnly: true });
  const rows = db
    .prepare(
      `SELECT stream.session AS session, sum(chunk.length) AS bytes, sum(length(chunk.data) + length(chunk.marks)) AS stored
       FROM chunk JOIN stream ON stream.id = chunk.stream WHERE stream.kind = 'terminal' GROUP BY stream.session`,
    )
    .all() as unknown as readonly Row[];
  db.close();
  const [bytes, stored] = [rows.reduce((sum, row) => sum + row.bytes, 0), rows.reduce((sum, row) => sum + row.stored, 0)];
  const perKind = rows.map((row) => note(`storage: ${kinds.get(row.session) ?? row.session}`, row.bytes / row.stored, ": 1"));
  return [
    judge({ name: "storage: the mix", value: bytes / stored, unit: ": 1", rule: "at least", accept: 8 }),
    ...perKind,
    note("storage: whole file, with screens and indexes", bytes / statSync(file).size, ": 1"),
  ];
}

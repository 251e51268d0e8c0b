// No server for long: the host's spool takes what the program prints, up to its limit; at the limit the program waits. When a server is
// there again, not a byte is missing, also of a program that has ended in the meantime, and of one that ended while it was not read.

import { readFileSync, statSync } from "node:fs";
import type { SessionInfo } from "@perdure/protocol";
import { difference } from "../harness/byte-record.ts";
import { PerdureHome } from "../harness/perdure-home.ts";
import { fillAndExit, numberedLines } from "../harness/programs.ts";
import { isAlive } from "../harness/processes.ts";
import { readLog } from "../harness/session-log.ts";
import { until } from "../harness/until.ts";
import type { FaultReport, FaultRun } from "./fault-run.ts";

const mebibyte = 1024 * 1024;
const limitBytes = 8 * mebibyte;
const waitMs = 180_000;

type Row = FaultReport["rows"][number];
interface Outcome {
  readonly row: Row;
  readonly failures: readonly string[];
}

export const spoolBehind: FaultRun = {
  name: "spool-behind",
  question: "Is a byte missing after the server was away for N × 10 MB of output, or when a program ends at the spool's limit?",
  times: 20,
  run: async ({ times, seed, say }) => {
    const outcomes: Outcome[] = [];
    for (const situation of [farBehind(times * 10_000_000, seed), pausedAtLimit(seed), endedAtLimit()]) {
      const outcome = await situation();
      outcomes.push(outcome);
      say(`${outcome.row["situation"]}: ${outcome.failures.length} failures`);
    }
    return {
      rows: outcomes.map(({ row }) => row),
      failures: outcomes.flatMap(({ row, failures }) => failures.map((failure) => `${row["situation"]}: ${failure}`)),
    };
  },
};

/** The server is killed and comes back when the program has printed everything and is gone. */
function farBehind(bytes: number, seed: number): () => Promise<Outcome> {
  return async () =>
    withHome({}, async (home) => {
      const record = home.path("record");
      const go = home.path("go");
      const command = numberedLines({ record, bytes, seed, wait: go, exit: 5 });
      const session = await home.api.create({ command, environment: { variables: home.variables } });
      const pid = pidOf(session);
      await home.server.kill();
      home.write("go", "");
      await until("the program's end without a server", () => !isAlive(pid), { timeoutMs: waitMs });
      return check("far behind", home, session, record, 5);
    });
}

/** The spool's limit is smaller than what is printed: the program must wait, not lose. */
function pausedAtLimit(seed: number): () => Promise<Outcome> {
  return async () =>
    withHome({ PERDURE_SPOOL_BYTES: String(limitBytes) }, async (home) => {
      const record = home.path("record");
      const command = numberedLines({ record, bytes: 4 * limitBytes, seed, wait: home.path("go"), exit: 5 });
      const session = await home.api.create({ command, environment: { variables: home.variables } });
      await home.server.kill();
      home.write("go", "");
      await untilStill(record, limitBytes * 0.9);
      const printed = statSync(record).size;
      const outcome = await check("paused at the limit", home, session, record, 5);
      const isBounded = printed < 2 * limitBytes;
      return isBounded ? outcome : { ...outcome, failures: [...outcome.failures, `the spool took ${printed} bytes`] };
    });
}

/** The program ends while nobody reads it: its last bytes are still in the terminal. */
function endedAtLimit(): () => Promise<Outcome> {
  return async () =>
    withHome({ PERDURE_SPOOL_BYTES: String(limitBytes) }, async (home) => {
      const record = home.path("record");
      const gate = `while [ ! -e '${home.path("go")}' ]; do sleep 0.05; done; exec "$@"`;
      const command = ["/bin/sh", "-c", gate, "sh", ...fillAndExit(record)];
      const session = await home.api.create({ command, environment: { variables: home.variables } });
      const pid = pidOf(session);
      await home.server.kill();
      home.write("go", "");
      await until("the program's end", () => !isAlive(pid), { timeoutMs: waitMs });
      return check("ended at the limit", home, session, record, 7);
    });
}

async function withHome(env: Readonly<Record<string, string>>, use: (home: PerdureHome) => Promise<Outcome>): Promise<Outcome> {
  const home = new PerdureHome();
  try {
    await home.start({ env });
    return await use(home);
  } finally {
    await home.close();
  }
}

async function check(situation: string, home: PerdureHome, session: SessionInfo, record: string, code: number): Promise<Outcome> {
  const behind = statSync(record).size;
  await home.start();
  const startedMs = performance.now();
  const { run } = await home.api.untilRun(session.id, "exited", waitMs);
  const seconds = (performance.now() - startedMs) / 1000;
  const wrong = difference(await readLog(home, session.id, waitMs), readFileSync(record));
  const exit = run.state.is === "exited" ? run.state.code : null;
  return {
    row: { situation, "MB behind": (behind / 1e6).toFixed(1), "seconds to catch up": seconds.toFixed(1) },
    failures: [...(wrong === null ? [] : [wrong]), ...(exit === code ? [] : [`the exit code is ${exit}, not ${code}`])],
  };
}

/** The file has at least so many bytes and has stopped growing. */
async function untilStill(file: string, leastBytes: number): Promise<void> {
  let last = 0;
  let sameFor = 0;
  await until("a program that waits", () => {
    const { size } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0 };
    sameFor = size === last ? sameFor + 1 : 0;
    last = size;
    return size >= leastBytes && sameFor >= 50;
  });
}

function pidOf(session: SessionInfo): number {
  const { state } = session.run;
  if (state.is !== "running") throw new Error(`the program does not run: ${JSON.stringify(state)}`);
  return state.pid;
}

// The power goes: every process ends at once, files are what they were when they last reached the disk, and the machine starts anew. At most
// one second of output may be lost, it must be said, and a cursor beyond what is left must not be continued.

import { readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { formatCursor, parseCursor, type AttachedHow, type SessionInfo } from "@perdure/protocol";
import { prefixDifference } from "../harness/byte-record.ts";
import { PerdureHome } from "../harness/perdure-home.ts";
import { numberedLines } from "../harness/programs.ts";
import { Random } from "../harness/random.ts";
import { RawConnection } from "../harness/raw-connection.ts";
import { readLog } from "../harness/session-log.ts";
import { ShownRecorder } from "../harness/shown-recorder.ts";
import type { FaultReport, FaultRun } from "./fault-run.ts";

const printedPerSecond = 1_000_000;
const lostAtMostMs = 1000;
const sampleMs = 10;

export const powerCut: FaultRun = {
  name: "power-cut",
  question: "After a power cut, is at most one second of output lost, is it said, and is no stale cursor continued?",
  times: 10,
  run: async ({ times, seed, say }) => {
    const random = new Random(seed);
    const rows: FaultReport["rows"][number][] = [];
    const failures: string[] = [];
    for (let time = 1; time <= times; time += 1) {
      const home = new PerdureHome();
      try {
        const { row, wrong } = await one(home, random);
        rows.push(row);
        failures.push(...wrong);
      } finally {
        await home.close();
      }
      say(`${time} of ${times} power cuts, ${failures.length} failures`);
    }
    return { rows, failures };
  },
};

interface Sample {
  readonly atMs: number;
  readonly shown: number;
}

async function one(home: PerdureHome, random: Random): Promise<{ row: FaultReport["rows"][number]; wrong: string[] }> {
  await home.start({ env: { PERDURE_SYNC_MARK: home.path("mark"), PERDURE_TEST_BOOT_ID: "before" } });
  const lines = { record: home.path("record"), seed: random.between(1, 1e6), bytesPerSecond: printedPerSecond };
  const session = await home.api.create({ command: numberedLines(lines), environment: { variables: home.variables } });
  const shown = ShownRecorder.start(home, session.id);
  await shown.untilShown(100_000);
  const samples = await watch(shown, random.between(500, 3000));
  const cutMs = performance.now();
  await home.killEverything();
  const stale = shown.cursor;
  await shown.stop();
  loseWhatWasNotSynced(home);

  await home.start({ env: { PERDURE_TEST_BOOT_ID: "after" } });
  const log = await readLog(home, session.id);
  const record = readFileSync(home.path("record"));
  const sure = samples.findLast(({ atMs }) => atMs <= cutMs - lostAtMostMs)?.shown ?? 0;
  const after = await home.api.session(session.id);
  const wrong = [
    ...(prefixDifference(log, record) === null ? [] : ["the log is not a prefix of what was printed"]),
    ...(log.length >= sure ? [] : [`${sure - log.length} bytes are lost that were shown more than a second before`]),
    ...wrongState(after),
    ...(await wrongCursors(home, after, stale)),
    ...(await wrongNewRun(home, session.id)),
  ];
  const lostBytes = Math.max(0, shown.shown.end - log.length);
  return { row: { "shown bytes": shown.shown.end, "of them lost": lostBytes, reason: reason(after) }, wrong };
}

async function watch(shown: ShownRecorder, forMs: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let passedMs = 0; passedMs < forMs; passedMs += sampleMs) {
    await delay(sampleMs);
    samples.push({ atMs: performance.now(), shown: shown.shown.end });
  }
  return samples;
}

/** The database's log is cut where it was last synced; of the host's files, which nobody syncs, nothing is left. */
function loseWhatWasNotSynced(home: PerdureHome): void {
  const wal = join(home.directory, "perdure.db-wal");
  const synced = Number(readFileSync(home.path("mark"), "utf8"));
  if (synced < statSync(wal).size) truncateSync(wal, synced);
  rmSync(join(home.directory, "perdure.db-shm"), { force: true });
  rmSync(join(home.directory, "host", "runs"), { recursive: true, force: true });
}

function reason({ run }: SessionInfo): string {
  return run.state.is === "lost" ? run.state.reason : run.state.is;
}

function wrongState(session: SessionInfo): string[] {
  return [
    ...(reason(session) === "power-cut" ? [] : [`the run is ${reason(session)}`]),
    ...(session.notices.length > 0 ? [] : ["the session says nothing of the power cut"]),
  ];
}

async function wrongCursors(home: PerdureHome, session: SessionInfo, stale: string): Promise<string[]> {
  const now = parseCursor(session.cursor);
  if (!now) return [`no cursor: ${session.cursor}`];
  const beyond = formatCursor({ ...now, offset: now.offset + 1000 });
  const hows = { stale: await attachedHow(home, session.id, stale), beyond: await attachedHow(home, session.id, beyond) };
  return [
    ...(hows.stale === "incarnation" ? [] : [`the cursor from before was answered ${hows.stale}`]),
    ...(hows.beyond === "beyond-tail" ? [] : [`a cursor beyond the end was answered ${hows.beyond}`]),
  ];
}

async function attachedHow(home: PerdureHome, session: string, cursor: string): Promise<AttachedHow> {
  const connection = await RawConnection.greet(home.url, { token: home.token });
  connection.attach(session, { cursor });
  const { how } = await connection.message("attached");
  connection.cut();
  return how;
}

async function wrongNewRun(home: PerdureHome, id: string): Promise<string[]> {
  const { run } = await home.api.startRun(id, { environment: { variables: home.variables } });
  return run.number === 2 && run.state.is === "running" ? [] : [`a new run is ${JSON.stringify(run)}`];
}

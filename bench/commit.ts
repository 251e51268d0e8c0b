// How long a commit takes, and what it costs those who read meanwhile: 100 streams of keystrokes and one firehose, in groups, in the store's
// own thread; against the same bytes in bare SQLite transactions in the reading thread.

import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { openSqliteStore } from "../packages/server/src/store/sqlite-store.ts";
import type { Store } from "../packages/server/src/store/store.ts";
import { root } from "../scripts/sources.ts";
import { judge, note, quantile, type Bench, type BenchContext, type Finding } from "./bench.ts";
import { mixture } from "./corpus/generated.ts";

const streams = 100;
const batchBytes = 64 * 1024;
const keyBytes = 120;
/** A firehose as a server has it: a batch each few milliseconds. */
const everyMs = 6;
const batchesPerRound = 250;

export const commit: Bench = {
  name: "commit",
  question: `one firehose and ${streams} sessions of keystrokes: the time of a commit, off the read path`,
  run: async (context) => {
    const worker = pathToFileURL(join(root, "packages/server/src/store/store-worker.ts"));
    const store = await openSqliteStore({ file: join(context.scratch, "perdure.db"), bootId: "bench", version: "0", worker });
    try {
      return await measure(store, context);
    } finally {
      await store.close();
    }
  },
};

async function measure(store: Store, context: BenchContext): Promise<readonly Finding[]> {
  const data = mixture(4 * 1024 * 1024, context.seed);
  await store.commit(
    Array.from({ length: streams + 1 }, (_, index) => ({
      op: "put-session" as const,
      session: { id: `s${index}`, name: "", createdAt: 0, lastActivityAt: 0, details: "{}" },
    })),
    "full",
  );
  const bare = bareDatabase(join(context.scratch, "bare.db"));
  const times = { waited: [] as number[], keys: [] as number[], bare: [] as number[] };
  const loop = monitorEventLoopDelay({ resolution: 1 });
  for (let round = 0; round < context.rounds; round += 1) {
    loop.enable();
    await firehose(store, data, times);
    loop.disable();
    for (let batch = 0; batch < batchesPerRound; batch += 1) times.bare.push(bare(data, batch));
  }
  const { commitP50Ms, commitP99Ms } = await store.stats();
  return [
    judge({
      name: "commit of a batch, p99",
      value: commitP99Ms,
      unit: "ms",
      limit: quantile(times.bare, 0.99),
      rule: "at most",
      accept: 10,
    }),
    note("commit of a batch, p50", commitP50Ms, "ms", quantile(times.bare, 0.5)),
    note("commit of a firehose as its session waits for it, p99", quantile(times.waited, 0.99), "ms"),
    note("commit of a key beside a firehose, p50", quantile(times.keys, 0.5), "ms"),
    note("commit of a key beside a firehose, p99", quantile(times.keys, 0.99), "ms"),
    note("delay of the reading thread meanwhile, p99", loop.percentile(99) / 1e6, "ms"),
  ];
}

async function firehose(store: Store, data: Buffer, times: { waited: number[]; keys: number[] }): Promise<void> {
  for (let batch = 0; batch < batchesPerRound; batch += 1) {
    const at = (batch * batchBytes) % (data.length - batchBytes);
    const key = append(store, `s${batch % streams}`, data.subarray(at, at + keyBytes)).then((ms) => times.keys.push(ms));
    times.waited.push(await append(store, `s${streams}`, data.subarray(at, at + batchBytes)));
    await key;
    await delay(everyMs);
  }
}

async function append(store: Store, session: string, data: Uint8Array): Promise<number> {
  const startedMs = performance.now();
  const records = [{ kind: "output" as const, time: Date.now(), data }];
  const result = await store.commit([{ op: "append", session, stream: "terminal", records }], "normal");
  if (!result.ok) throw new Error(`refused: ${result.reason}`);
  return performance.now() - startedMs;
}

/** The same bytes in a transaction of their own, in this thread; gives its milliseconds. */
function bareDatabase(file: string): (data: Buffer, batch: number) => number {
  const db = new DatabaseSync(file);
  db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE chunk (id INTEGER PRIMARY KEY, data BLOB)");
  const insert = db.prepare("INSERT INTO chunk (data) VALUES (?)");
  return (data, batch) => {
    const at = (batch * batchBytes) % (data.length - batchBytes);
    const startedMs = performance.now();
    db.exec("BEGIN IMMEDIATE");
    insert.run(data.subarray(at, at + batchBytes));
    insert.run(data.subarray(at, at + keyBytes));
    db.exec("COMMIT");
    return performance.now() - startedMs;
  };
}

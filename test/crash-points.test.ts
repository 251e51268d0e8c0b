// Every named crash point is hit by some test over the real binaries; those that no fault run can reach are hit here.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseCursor } from "@perdure/protocol";
import { CHAT_STEPS, CRASH_POINTS, HOST_STEPS, SERVER_STEPS } from "../packages/server/src/platform/crash.ts";
import { difference } from "./harness/byte-record.ts";
import type { PerdureHome } from "./harness/perdure-home.ts";
import { numberedLines } from "./harness/programs.ts";
import { homeForEachTest } from "./harness/set-up.ts";
import { readLog } from "./harness/session-log.ts";

/** In creation.test.ts. */
const creationPoints = ["server-after-run-row", "server-after-spawn", "host-after-spawn"];
const compactionPoints = ["store-inside-compaction", "store-after-compaction"] as const;
const herePoints = ["store-after-seal", ...compactionPoints, "store-after-trim", "store-inside-migration"];

let home: PerdureHome;

homeForEachTest((made) => {
  home = made;
});

test("there is a test that hits each point", () => {
  const hit = [...HOST_STEPS, ...SERVER_STEPS, ...CHAT_STEPS, ...creationPoints, ...herePoints];
  expect(hit.toSorted()).toEqual([...CRASH_POINTS].toSorted());
});

/** A program that prints so much when it is told to, under a server that dies at this point. */
async function dieWhilePrinting(
  point: string,
  printed: { readonly bytes: number; readonly bytesPerSecond: number },
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  await home.start({ env: { ...env, PERDURE_CRASH: point } });
  const command = numberedLines({ record: home.path("record"), wait: home.path("go"), seed: 4, ...printed });
  const { id } = await home.api.create({ command, environment: { variables: home.variables } });
  home.write("go", "");
  expect((await home.server.exit(30_000)).signal).toBe("SIGKILL");
  await home.start({ env });
  await home.api.untilRun(id, "exited");
  return id;
}

test("a server that dies when it has packed old output loses none of it", async () => {
  // Slowly: what comes in large pieces is packed at once.
  const id = await dieWhilePrinting("store-after-seal:2", { bytes: 1_000_000, bytesPerSecond: 400_000 });
  expect(difference(await readLog(home, id), readFileSync(home.path("record")))).toBeNull();
});

test.for(compactionPoints)("a server that dies at %s, while nobody asks it anything, loses nothing of the old output", async (point) => {
  const id = await dieWhilePrinting(`${point}:2`, { bytes: 2_000_000, bytesPerSecond: 20_000_000 });
  expect(difference(await readLog(home, id), readFileSync(home.path("record")))).toBeNull();
});

test("a server that dies when it has dropped old output keeps the rest, from where it says", async () => {
  const env = { PERDURE_HISTORY_BYTES: "1000000" };
  const id = await dieWhilePrinting("store-after-trim:1", { bytes: 6_000_000, bytesPerSecond: 20_000_000 }, env);
  const { status, headers, text } = await home.api.send("GET", `/api/sessions/${id}/history?format=raw`);
  expect(status).toBe(200);
  const record = readFileSync(home.path("record"));
  const kept = Buffer.from(text);
  expect(parseCursor(headers.get("perdure-cursor") ?? "")?.offset).toBe(record.length);
  expect(kept.length).toBeLessThan(record.length);
  // Cut at a byte: the first character may be half.
  const sure = kept.subarray(8);
  expect(difference(sure, record.subarray(record.length - sure.length))).toBeNull();
});

test("a server that dies in the middle of a migration has not begun it", async () => {
  await home.start();
  const living = await home.api.create({ command: ["cat"], environment: { variables: home.variables } });
  const { schema } = (await home.api.status()).protocols;
  await home.server.kill();
  const further = home.write("further.sql", "CREATE TABLE further (id INTEGER PRIMARY KEY);");
  const broken = home.launch({ env: { PERDURE_FURTHER_MIGRATION: further, PERDURE_CRASH: "store-inside-migration:1" } });
  expect((await broken.exit()).signal).toBe("SIGKILL");
  await home.start({ env: {} });
  expect((await home.api.status()).protocols.schema).toBe(schema);
  await home.killServerAndRestart({ env: { PERDURE_FURTHER_MIGRATION: further } });
  expect((await home.api.status()).protocols.schema).toBe(schema + 1);
  expect((await home.api.session(living.id)).run).toEqual(living.run);
});

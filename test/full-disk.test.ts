// A real file system of 16 MB that becomes full: output waits and is not dropped, requests are refused in words, and all goes on when there is
// room again. Needs the right to mount; without it the test is skipped, and says so.

import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ApiError } from "./harness/api.ts";
import { difference } from "./harness/byte-record.ts";
import type { PerdureHome } from "./harness/perdure-home.ts";
import { SmallDisk } from "./harness/small-disk.ts";
import { numberedLines } from "./harness/programs.ts";
import { isAlive } from "./harness/processes.ts";
import { StartFailure } from "./harness/server-process.ts";
import { readLog } from "./harness/session-log.ts";
import { until } from "./harness/until.ts";

const kibibyte = 1024;
const printedBytes = 12_000_000;

let disk: SmallDisk;
let home: PerdureHome;

beforeEach((context) => {
  disk = new SmallDisk();
  ({ home } = disk);
  if (!disk.isMounted) context.skip("this user may not mount a file system");
});

afterEach(() => disk.close());

/** Takes all room of the file system but so much. */
function fill(leftBytes: number): void {
  const descriptor = openSync(ballast(), "w");
  const piece = Buffer.alloc(64 * kibibyte, 1);
  try {
    for (;;) writeSync(descriptor, piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally {
    closeSync(descriptor);
  }
  const { size } = statSync(ballast());
  spawnSync("truncate", ["-s", String(Math.max(0, size - leftBytes)), ballast()]);
}

function ballast(): string {
  return home.path("disk", "ballast");
}

function makeRoom(): void {
  rmSync(ballast(), { force: true });
}

test("a program that prints into a full disk waits; with room again not a byte is missing", { timeout: 120_000 }, async () => {
  await home.start();
  const environment = { variables: home.variables };
  const lines = { record: home.path("record"), bytes: printedBytes, seed: 9, wait: home.path("go") };
  const { id, run } = await home.api.create({ command: numberedLines(lines), environment });
  fill(1024 * kibibyte);
  home.write("go", "");
  let last = -1;
  let sameFor = 0;
  await until("a program that waits", () => {
    const size = statSync(home.path("record"), { throwIfNoEntry: false })?.size ?? 0;
    sameFor = size === last && size > 0 ? sameFor + 1 : 0;
    last = size;
    return sameFor > 100;
  });
  expect(last).toBeLessThan(printedBytes);
  expect(run.state.is === "running" && isAlive(run.state.pid)).toBe(true);
  await expect(home.api.create({ command: ["cat"], environment })).rejects.toMatchObject({ code: "storage-full" });
  expect((await home.api.status()).notices.join(" ")).toMatch(/full/i);
  expect((await home.api.sessions()).map((session) => session.id)).toEqual([id]);

  makeRoom();
  await home.api.untilRun(id, "exited", 60_000);
  expect(difference(await readLog(home, id), readFileSync(home.path("record")))).toBeNull();
  await until("the word that there is room", async () => !/full/i.test((await home.api.status()).notices.join(" ")));
});

test("a server that dies with the disk full starts again, or says why not, and keeps everything", { timeout: 120_000 }, async () => {
  await home.start();
  const environment = { variables: home.variables };
  const { id } = await home.api.create({ command: ["/bin/sh", "-c", "echo kept; exec cat"], environment });
  await until("its output", async () => (await readLog(home, id)).includes("kept"));
  for (const left of [0, 4, 16, 64, 256].map((number) => number * kibibyte)) {
    fill(left);
    await home.server.kill();
    const server = home.launch();
    const outcome = await server.ready.then(
      () => "started",
      (error: unknown) => (error instanceof StartFailure ? error.code : String(error)),
    );
    expect(["started", "storage-full", "home-unusable"]).toContain(outcome);
    if (outcome !== "started") await server.exit();
    makeRoom();
    if (outcome === "started") await server.kill();
    await home.start();
    expect((await home.api.session(id)).run.state.is).toBe("running");
    expect((await readLog(home, id)).toString()).toContain("kept");
  }
});

test("whatever is asked on a full disk is done or refused in words, never half", { timeout: 120_000 }, async () => {
  await home.start();
  const environment = { variables: home.variables };
  const { id, name } = await home.api.create({ command: ["cat"], name: "before", environment });
  for (const left of [0, 8, 32, 128].map((number) => number * kibibyte)) {
    fill(left);
    const outcomes = await Promise.allSettled([
      home.api.create({ command: ["cat"], environment, name: `made-${left}` }),
      home.api.send("PATCH", `/api/sessions/${id}`, { body: { name: `renamed-${left}` } }),
    ]);
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") continue;
      expect(outcome.reason).toBeInstanceOf(ApiError);
      expect((outcome.reason as ApiError).code).toBe("storage-full");
    }
    makeRoom();
    const sessions = await until("an answer", async () => home.api.sessions().catch(() => undefined));
    for (const session of sessions) expect(session.run.state.is).toBe("running");
    expect([name, `renamed-${left}`]).toContain((await home.api.session(id)).name.replace(/renamed-\d+/, `renamed-${left}`));
    await home.api.send("PATCH", `/api/sessions/${id}`, { body: { name } });
  }
  expect(readFileSync(join(home.directory, "server.json"), "utf8")).toContain(String(home.server.pid));
});

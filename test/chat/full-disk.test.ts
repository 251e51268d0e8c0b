// The disk becomes full under an answer: the agent's words wait with the host, what cannot be kept is refused in words, and with room again
// everything goes on as if nothing had been. Needs the right to mount; without it the test is skipped, and says so.

import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseError } from "../harness/api.ts";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { SmallDisk } from "../harness/small-disk.ts";
import { until } from "../harness/until.ts";
import { ChatScene, spoken, turnStates } from "./chat-scene.ts";

let disk: SmallDisk;
let home: PerdureHome;

beforeEach((context) => {
  disk = new SmallDisk();
  ({ home } = disk);
  if (!disk.isMounted) context.skip("this user may not mount a file system");
});

afterEach(() => disk.close());

/** Takes all room that there is; answers how to give it back. */
function fill(): () => void {
  const ballast = home.path("disk", "ballast");
  const descriptor = openSync(ballast, "w");
  try {
    for (const size of [64 * 1024, 4096]) while (writes(descriptor, size));
  } finally {
    closeSync(descriptor);
  }
  return () => rmSync(ballast, { force: true });
}

function writes(descriptor: number, size: number): boolean {
  try {
    return writeSync(descriptor, Buffer.alloc(size, 1)) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    return false;
  }
}

const chunks = 400;

test("an answer that meets a full disk waits, and comes whole and once when there is room; so does what waits behind it", async () => {
  await home.start();
  const scene = await ChatScene.start(home, { agent: "claude" });
  const input = await scene.say(`#slow ${chunks} 5`);
  const waiting = await scene.say("and then this");
  await scene.shown.untilSaid("chunk0005");
  const makeRoom = fill();
  await until("the word that the disk is full", async () => /full/i.test((await home.api.status()).notices.join(" ")));
  const late = randomUUID();
  const refused = await scene.send("is there room?", late);
  expect(parseError(refused).error.code).toBe("storage-full");
  expect((await scene.conversation()).inputs[late]).toBeUndefined();

  makeRoom();
  await until("room for a message", async () => (await scene.send("is there room?", late)).status === 200, { everyMs: 100 });
  const now = await scene.untilAnswered(input, waiting, late);
  expect(spoken(now, input)).toBe(Array.from({ length: chunks }, (_, at) => `chunk${String(at).padStart(4, "0")} `).join(""));
  expect(spoken(now, waiting)).toContain("echo: and then this");
  expect(turnStates(now)).toEqual(["completed", "completed", "completed"]);
  expect(await scene.wrong()).toEqual([]);
});

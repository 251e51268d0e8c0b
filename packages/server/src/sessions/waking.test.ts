import { PerdureError, type ErrorCode, type StartRun } from "@perdure/protocol";
import { beforeEach, expect, test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { FullDisk } from "./full-disk.ts";
import type { Session } from "./session.ts";
import { Waking } from "./waking.ts";

let clock: FakeClock;
let session: ReturnType<typeof sleeping>;
/** What the next starts fail with. */
let failures: unknown[];
let starts: string[];
let isTaken: boolean;
let waking: Waking;

/** As much of a session as is looked at here. */
function sleeping() {
  const asked: string[] = [];
  return {
    asked,
    id: "s",
    isAlive: false,
    isDeleted: false,
    run: { state: { is: "exited" } },
    chat: { failedToStart: async (code: string, text: string) => void asked.push(`${code}: ${text}`) },
  };
}

const asSession = (): Session => session as unknown as Session;

async function startRun(_: Session, _request: StartRun, key: string): Promise<void> {
  starts.push(key);
  await Promise.resolve();
  const failure = failures.shift();
  if (failure !== undefined) throw failure;
  session.isAlive = true;
}

beforeEach(() => {
  clock = new FakeClock();
  session = sleeping();
  failures = [];
  starts = [];
  isTaken = false;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  waking = new Waking({ log, disk: new FullDisk(clock, () => undefined), startRun, isTaken: () => isTaken });
});

const failing = (code: ErrorCode): PerdureError => new PerdureError(code, "words");

test("two wakes at a time are one start", async () => {
  await Promise.all([waking.wake(asSession()), waking.wake(asSession())]);
  expect(starts).toHaveLength(1);
});

test("while its host is away nobody is asked, and the next wake starts it, as another start", async () => {
  failures = [failing("host-unavailable")];
  await waking.wake(asSession());
  expect(session.asked).toEqual([]);
  await waking.wake(asSession());
  expect(session.isAlive).toBe(true);
  expect(new Set(starts).size).toBe(2);
});

test("what else keeps it from starting is said to whoever waits", async () => {
  failures = [failing("command-missing"), new Error("no such thing")];
  await waking.wake(asSession());
  await waking.wake(asSession());
  expect(session.asked).toEqual(["command-missing: words", "internal: Error: no such thing"]);
});

test("a full disk is waited for, as the same start", async () => {
  failures = [failing("storage-full")];
  const woken = waking.wake(asSession());
  await Promise.resolve();
  while (!session.isAlive) {
    clock.advance(1_000);
    await Promise.resolve();
  }
  await woken;
  expect(starts).toHaveLength(2);
  expect(new Set(starts).size).toBe(1);
  expect(session.asked).toEqual([]);
});

test("nothing is started that lives, is deleted, or is just being started or deleted by somebody", async () => {
  session.isAlive = true;
  await waking.wake(asSession());
  session = { ...sleeping(), isDeleted: true };
  await waking.wake(asSession());
  session = sleeping();
  isTaken = true;
  await waking.wake(asSession());
  expect(starts).toEqual([]);
});

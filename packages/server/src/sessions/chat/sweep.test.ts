import { EMPTY_CONVERSATION, type ChatSummary, type Conversation } from "@perdure/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../testing/fake-clock.ts";
import { summaryOf } from "./summary.ts";
import { Sweep, type Sweepable } from "./sweep.ts";

const MINUTE_MS = 60_000;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const running: Conversation = { ...EMPTY_CONVERSATION, runningTurn: "t" };
const summary: ChatSummary = summaryOf(EMPTY_CONVERSATION, "demo", "chat");

let clock: FakeClock;
let sessions: Sweepable[];
let closed: string[];
let sweep: Sweep;

beforeEach(() => {
  clock = new FakeClock();
  sessions = [];
  closed = [];
  sweep = new Sweep({ clock, log, sessions: () => sessions });
});

function add(id: string, about: { isAlive?: boolean; conversation?: Conversation; state?: ChatSummary["state"]; fails?: boolean }): void {
  const { isAlive = false, conversation, state = "asleep", fails = false } = about;
  const closeStale = async (): Promise<boolean> => {
    closed.push(id);
    if (fails) throw new Error("the disk");
    return true;
  };
  const events = { isLoaded: conversation !== undefined, conversation: conversation ?? EMPTY_CONVERSATION };
  sessions.push({ id, isAlive, summary: { ...summary, state }, chat: { events, closeStale } });
}

describe("the sweep closes", () => {
  it("a turn that runs without a run, opened or not", async () => {
    add("loaded", { conversation: running });
    add("working", { state: "working" });
    add("asking", { state: "asking" });
    add("idle", { state: "idle" });
    expect(await sweep.look()).toBe(4);
    expect(closed).toEqual(["loaded", "working", "asking", "idle"]);
  });

  it("none of a run that lives, however long the turn runs", async () => {
    add("alive", { isAlive: true, conversation: running, state: "working" });
    clock.advance(24 * 60 * MINUTE_MS);
    expect(await sweep.look()).toBe(0);
  });

  it("none that is at rest; what is loaded counts, not what was kept", async () => {
    add("asleep", {});
    add("loaded", { conversation: EMPTY_CONVERSATION, state: "working" });
    expect(await sweep.look()).toBe(0);
  });

  it("the others when one fails, and tries that again", async () => {
    add("bad", { conversation: running, fails: true });
    add("good", { conversation: running });
    expect(await sweep.look()).toBe(1);
    await sweep.look();
    expect(closed).toEqual(["bad", "good", "bad", "good"]);
  });
});

it("begins when the host was asked, comes every five minutes, and ends with the host", async () => {
  add("loaded", { conversation: running });
  expect(clock.pending).toBe(0);
  sweep.start();
  await settle();
  expect(closed).toHaveLength(1);
  clock.advance(5 * MINUTE_MS - 1);
  await settle();
  expect(closed).toHaveLength(1);
  clock.advance(1);
  await settle();
  sweep.start();
  await settle();
  expect(closed).toHaveLength(3);
  sweep.stop();
  expect(clock.pending).toBe(0);
});

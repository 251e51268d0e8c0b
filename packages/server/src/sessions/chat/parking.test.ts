import { EMPTY_CONVERSATION, reduce, type Conversation, type DriverEvent } from "@perdure/protocol";
import { spawn, type ChildProcess } from "node:child_process";
import { afterEach, describe, expect, test } from "vitest";
import { FakeClock } from "../../testing/fake-clock.ts";
import { isIdle, Parking } from "./parking.ts";

const idle: readonly DriverEvent[] = [
  { type: "run.started", run: "r", number: 1, agent: "demo", view: "chat", origin: "new" },
  { type: "agent.ready", run: "r" },
  { type: "input.accepted", input: "1", text: "hello" },
  { type: "input.dispatched", input: "1", run: "r" },
  { type: "turn.started", turn: "t", run: "r", input: "1" },
  { type: "turn.ended", turn: "t", end: "completed" },
];

function conversation(...more: readonly DriverEvent[]): Conversation {
  return reduce(
    EMPTY_CONVERSATION,
    [...idle, ...more].map((event, index) => ({ ...event, at: index })),
  );
}

describe("an agent is idle", () => {
  test("when nothing is open and its last turn ended long enough ago", () => {
    expect(isIdle({ conversation: conversation(), isLookedAt: false }, 5)).toBe(true);
    expect(isIdle({ conversation: conversation(), isLookedAt: false }, 4)).toBe(false);
  });

  test("not while somebody looks, something waits, runs or asks", () => {
    expect(isIdle({ conversation: conversation(), isLookedAt: true }, 100)).toBe(false);
    const waiting: DriverEvent = { type: "input.accepted", input: "2", text: "and" };
    const running: DriverEvent = { type: "turn.started", turn: "u", run: "r" };
    const asking: DriverEvent = { type: "approval.requested", approval: "a", run: "r", title: "May I?", options: [] };
    const gone: DriverEvent = { type: "run.ended", run: "r", cause: "exited", wasAsked: false };
    for (const event of [waiting, running, asking, gone]) {
      expect(isIdle({ conversation: conversation(event), isLookedAt: false }, 100)).toBe(false);
    }
  });
});

test("who is idle is parked at the next look, and looking ends with the server", () => {
  const clock = new FakeClock();
  let parked = 0;
  const base = { run: "no such run", pid: 1, startedAt: 0, isLookedAt: false };
  const parking = new Parking(clock, 1000, () => [{ ...base, conversation: conversation(), park: () => (parked += 1) }]);
  parking.start();
  clock.advance(999);
  expect(parked).toBe(0);
  clock.advance(1);
  expect(parked).toBe(1);
  parking.stop();
  expect(clock.pending).toBe(0);
});

describe("an agent with a process beside it", () => {
  const children: ChildProcess[] = [];
  afterEach(() => children.splice(0).forEach((child) => child.kill("SIGKILL")));

  function start(run: string): number {
    const child = spawn("sleep", ["60"], { env: { ...process.env, PERDURE_RUN: run } });
    children.push(child);
    return child.pid ?? 0;
  }

  test("is parked if that came with its start, not if it came later", () => {
    const clock = new FakeClock();
    const run = `parking-${process.pid}`;
    const pid = start(run);
    start(run);
    let parked = 0;
    const one = { run, pid, startedAt: clock.now(), isLookedAt: false, conversation: conversation(), park: () => (parked += 1) };
    const parking = new Parking(clock, 60_000, () => [one]);
    parking.start();
    clock.advance(60_000);
    expect(parked).toBe(1);
    start(run);
    clock.advance(60_000);
    expect(parked).toBe(1);
    parking.stop();
  });
});

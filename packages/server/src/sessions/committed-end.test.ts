import { expect, test } from "vitest";
import { FakeClock, settle } from "../testing/fake-clock.ts";
import { CommittedEnd } from "./committed-end.ts";

function scene(): {
  clock: FakeClock;
  end: CommittedEnd;
  state: { tail: number; isAlive: boolean; isDiskFull: boolean };
  waits: (signal?: AbortSignal) => () => boolean;
} {
  const clock = new FakeClock();
  const state = { tail: 10, isAlive: true, isDiskFull: false };
  const end = new CommittedEnd({ tail: () => state.tail, isAlive: () => state.isAlive, isDiskFull: () => state.isDiskFull }, clock);
  const waits = (signal = new AbortController().signal) => {
    let isOver = false;
    void (async () => {
      await end.reaches(20, signal);
      isOver = true;
    })();
    return () => isOver;
  };
  return { clock, end, state, waits };
}

test("who has seen more than is committed waits until it is", async () => {
  const { clock, end, state, waits } = scene();
  const isOver = waits();
  state.tail = 19;
  end.moved();
  await settle();
  expect(isOver()).toBe(false);
  state.tail = 20;
  end.moved();
  await settle();
  expect([isOver(), clock.pending]).toEqual([true, 0]);
});

test("nobody waits for what is there", async () => {
  const { state, waits } = scene();
  state.tail = 25;
  const isOver = waits();
  await settle();
  expect(isOver()).toBe(true);
});

test("nor for a run that has ended, nor longer than three seconds, nor behind an abort", async () => {
  const { clock, end, state, waits } = scene();
  const abort = new AbortController();
  const aborted = waits(abort.signal);
  const timed = waits();
  abort.abort();
  await settle();
  expect([aborted(), timed()]).toEqual([true, false]);
  clock.advance(3000);
  await settle();
  expect(timed()).toBe(true);
  const ended = waits();
  await settle();
  expect(ended()).toBe(false);
  state.isAlive = false;
  end.moved();
  await settle();
  expect(ended()).toBe(true);
});

test("who asks waits for what was shown, and with a full disk for nothing", async () => {
  const { end, state } = scene();
  const { signal } = new AbortController();
  let answered = 0;
  const ask = async (): Promise<void> => {
    await end.reachesShown(signal);
    answered += 1;
  };
  void ask();
  await settle();
  expect(answered).toBe(1);
  end.shown(12);
  void ask();
  await settle();
  expect(answered).toBe(1);
  state.isDiskFull = true;
  void ask();
  await settle();
  expect(answered).toBe(2);
  state.tail = 12;
  end.moved();
  await settle();
  expect(answered).toBe(3);
});

test("what this server has shown is to come, and what a full disk holds up", () => {
  const { end, state } = scene();
  expect(end.isToCome(20)).toBe(false);
  end.shown(20);
  expect([end.isToCome(20), end.isToCome(21)]).toEqual([true, false]);
  state.isDiskFull = true;
  expect(end.isToCome(21)).toBe(true);
  state.isAlive = false;
  expect(end.isToCome(20)).toBe(false);
  Object.assign(state, { isAlive: true, isDiskFull: false });
  end.forgetShown();
  expect(end.isToCome(20)).toBe(false);
});

import { expect, test } from "vitest";
import { FakeClock } from "../../testing/fake-clock.ts";
import { QuietTime } from "./quiet-time.ts";

/** Work of so many turns, due at a time. */
function workOf(clock: FakeClock, turns: number, dueAt: number = clock.now()) {
  const done: number[] = [];
  const begin = clock.now();
  const state = { turns, dueAt };
  const quietTime = new QuietTime(clock, {
    dueInMs: () => (state.turns > done.length ? Math.max(state.dueAt - clock.now(), 0) : null),
    turn: () => {
      if (clock.now() >= state.dueAt) done.push(clock.now() - begin);
    },
  });
  return { quietTime, done, state };
}

test("work begins when no call has come for a while, and ends when it is done", () => {
  const clock = new FakeClock();
  const { quietTime, done } = workOf(clock, 3);
  expect(clock.pending).toBe(0);
  quietTime.noteCall();
  clock.advance(99);
  expect(done).toEqual([]);
  clock.advance(10_000);
  expect(done).toEqual([100, 101, 102]);
  expect(clock.pending).toBe(0);
});

test("a call stops it until calls rest again", () => {
  const clock = new FakeClock();
  const { quietTime, done } = workOf(clock, 100);
  quietTime.noteCall();
  clock.advance(104);
  expect(done).toHaveLength(5);
  quietTime.noteCall();
  clock.advance(99);
  expect(done).toHaveLength(5);
  clock.advance(1);
  expect(done).toHaveLength(6);
});

test("calls without end leave one turn every 2 s", () => {
  const clock = new FakeClock();
  const { quietTime, done } = workOf(clock, 100);
  for (let passed = 0; passed < 20_000; passed += 5) {
    quietTime.noteCall();
    clock.advance(5);
  }
  expect(done.length).toBeGreaterThanOrEqual(9);
  expect(done.length).toBeLessThanOrEqual(11);
});

test("work that becomes due earlier than foreseen is not kept waiting", () => {
  const clock = new FakeClock();
  const { quietTime, done, state } = workOf(clock, 1, clock.now() + 60_000);
  quietTime.noteCall();
  clock.advance(1_000);
  state.dueAt = clock.now();
  quietTime.noteCall();
  clock.advance(100);
  expect(done).toEqual([1_100]);
  expect(clock.pending).toBe(0);
});

test("nothing is done after the close", () => {
  const clock = new FakeClock();
  const { quietTime, done } = workOf(clock, 5);
  quietTime.noteCall();
  quietTime.close();
  quietTime.noteCall();
  clock.advance(10_000);
  expect([done, clock.pending]).toEqual([[], 0]);
});

import { expect, test } from "vitest";
import { FakeClock, settle } from "../testing/fake-clock.ts";
import { IdleMoments } from "./idle-moments.ts";

const LOOK_MS = 2_000;

/** A process that uses as much processor time as it is told to. */
function started() {
  const clock = new FakeClock();
  const used = { cpuMs: 400, moments: 0 };
  const moments = new IdleMoments({ clock, cpuMs: () => used.cpuMs, use: () => void (used.moments += 1) });
  const pass = async (cpuMs: number): Promise<void> => {
    used.cpuMs += cpuMs;
    clock.advance(LOOK_MS);
    await settle();
  };
  return { clock, used, moments, pass };
}

test("a process that has started uses its first moment of rest, and no other", async () => {
  const { used, pass } = started();
  await pass(500);
  expect(used.moments).toBe(0);
  for (let look = 0; look < 20; look += 1) await pass(10);
  expect(used.moments).toBe(1);
});

test("work is followed by one moment, once it has ended", async () => {
  const { used, pass } = started();
  await pass(0);
  for (let look = 0; look < 10; look += 1) await pass(2_500);
  expect(used.moments).toBe(1);
  for (let look = 0; look < 5; look += 1) await pass(10);
  expect(used.moments).toBe(2);
});

test("what was let go makes the next rest worth using", async () => {
  const { used, moments, pass } = started();
  await pass(0);
  moments.stir();
  await pass(100);
  expect(used.moments).toBe(1);
  await pass(0);
  expect(used.moments).toBe(2);
});

test("what is done in a moment is no work", async () => {
  const clock = new FakeClock();
  const used = { cpuMs: 0, moments: 0 };
  const use = () => {
    used.moments += 1;
    used.cpuMs += 5_000;
  };
  const moments = new IdleMoments({ clock, cpuMs: () => used.cpuMs, use });
  for (let look = 0; look < 5; look += 1) {
    clock.advance(LOOK_MS);
    await settle();
  }
  expect(used.moments).toBe(1);
  moments.close();
  expect(clock.pending).toBe(0);
});

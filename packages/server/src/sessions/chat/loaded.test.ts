import { describe, expect, test } from "vitest";
import { FakeClock } from "../../testing/fake-clock.ts";
import { LoadedConversations, MAX_AT_REST, QUIET_MS, type Loadable } from "./loaded.ts";

class One implements Loadable {
  isAtRest = true;
  isGone = false;

  leave(): void {
    if (this.isGone) throw new Error("it was told to leave twice");
    this.isGone = true;
  }
}

function many(count: number): One[] {
  return Array.from({ length: count }, () => new One());
}

describe("a conversation in memory", () => {
  test("leaves it when nobody has needed it for long enough", () => {
    const clock = new FakeClock();
    const loaded = new LoadedConversations(clock);
    const one = new One();
    loaded.used(one);
    clock.advance(QUIET_MS - 1);
    expect(one.isGone).toBe(false);
    clock.advance(1);
    expect(one.isGone).toBe(true);
    expect([loaded.count, clock.pending]).toEqual([0, 0]);
  });

  test("stays while it is used, and leaves after at most twice the quiet time", () => {
    const clock = new FakeClock();
    const loaded = new LoadedConversations(clock);
    const one = new One();
    for (let use = 0; use < 10; use += 1) {
      loaded.used(one);
      clock.advance(QUIET_MS / 2);
    }
    expect(one.isGone).toBe(false);
    clock.advance(1.5 * QUIET_MS);
    expect(one.isGone).toBe(true);
  });

  test("stays while it is not at rest, however long, and leaves behind it", () => {
    const clock = new FakeClock();
    const loaded = new LoadedConversations(clock);
    const one = new One();
    one.isAtRest = false;
    loaded.used(one);
    clock.advance(100 * QUIET_MS);
    expect(one.isGone).toBe(false);
    one.isAtRest = true;
    clock.advance(2 * QUIET_MS);
    expect(one.isGone).toBe(true);
  });

  test("is not told to leave when it has left by itself", () => {
    const clock = new FakeClock();
    const loaded = new LoadedConversations(clock);
    const one = new One();
    loaded.used(one);
    [one.isAtRest, one.isGone] = [false, true];
    clock.advance(QUIET_MS);
    expect(loaded.count).toBe(0);
  });
});

test("of those at rest the ones used longest ago leave when there are too many", () => {
  const clock = new FakeClock();
  const loaded = new LoadedConversations(clock);
  const all = many(MAX_AT_REST);
  for (const one of all) loaded.used(one);
  loaded.used(all[0]!);
  loaded.used(new One());
  expect(all.map(({ isGone }) => isGone)).toEqual(all.map((_, index) => index === 1));
});

test("those in use do not count, and no number of them makes one leave", () => {
  const clock = new FakeClock();
  const loaded = new LoadedConversations(clock);
  const busy = many(5 * MAX_AT_REST);
  for (const one of busy) one.isAtRest = false;
  const resting = many(MAX_AT_REST);
  for (const one of [...resting, ...busy]) loaded.used(one);
  expect([...busy, ...resting].some(({ isGone }) => isGone)).toBe(false);
  for (const one of busy) one.isAtRest = true;
  clock.advance(QUIET_MS);
  expect(loaded.count).toBeLessThanOrEqual(MAX_AT_REST);
});

test("a server that ends looks no more", () => {
  const clock = new FakeClock();
  const loaded = new LoadedConversations(clock);
  loaded.used(new One());
  loaded.close();
  expect(clock.pending).toBe(0);
});

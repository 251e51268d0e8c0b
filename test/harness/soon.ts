// An expectation that has a little while to come true.

import { expect } from "vitest";

const timeoutMs = 15_000;
const intervalMs = 40;

/** Reads again until the matcher fits; fails with what was read last. */
export function soon<T>(read: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: timeoutMs, interval: intervalMs });
}

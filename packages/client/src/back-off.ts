/** How long to wait before trying again: doubling, bounded, and spread so that clients do not come back all at once. */
import type { Randomness } from "./randomness.ts";

const FIRST_MS = 1000;
const LARGEST_MS = 30_000;
const JITTER = 0.3;

/** `min(1000·2^n, 30000)` milliseconds, ±30 %, where `n` counts the failures before this one. */
export function backOffMs(failuresBefore: number, randomness: Randomness): number {
  const base = Math.min(FIRST_MS * 2 ** failuresBefore, LARGEST_MS);
  return Math.round(base * (1 + JITTER * (2 * randomness.fraction() - 1)));
}

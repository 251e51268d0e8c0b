// Waiting for a condition with a bound: what is waited for is named, so that a test that fails says what did not happen.

import { setTimeout as delay } from "node:timers/promises";

export interface UntilOptions {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
  /** What is known when time is up; added to the error. */
  readonly report?: () => string;
}

/** The first value of `check` that is not `undefined`, `null` or `false`. Throws after `timeoutMs` (default 20 s). */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  { timeoutMs = 20_000, everyMs = 20, report = () => "" }: UntilOptions = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<T, false>>;
    if (performance.now() > deadlineMs) throw new Error(`${timeoutMs / 1000} s passed without: ${what}${withReport(report())}`);
    await delay(everyMs);
  }
}

/** The promise's value, or an error that names it after `timeoutMs`. */
export async function within<T>(timeoutMs: number, what: string, promise: Promise<T>, report: () => string = () => ""): Promise<T> {
  const ended = new AbortController();
  const deadline = delay(timeoutMs, undefined, { signal: ended.signal }).then(() => {
    throw new Error(`${timeoutMs / 1000} s passed without: ${what}${withReport(report())}`);
  });
  deadline.catch(() => undefined); // it is aborted when the promise was faster
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    ended.abort();
  }
}

function withReport(report: string): string {
  return report === "" ? "" : `\n${report}`;
}

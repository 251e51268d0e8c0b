import { expect, test } from "vitest";
import { collectGarbage, returnFreePages } from "./memory.ts";

const MEBIBYTE = 1024 * 1024;

/** Buffers that are freed one by one leave the C library with nothing it would return by itself: each second one stays. */
function makeFragments(): readonly Buffer[] {
  const all = Array.from({ length: 8_192 }, () => Buffer.from(new ArrayBuffer(16 * 1024)).fill(1));
  return all.filter((_, index) => index % 2 === 0);
}

function isGlibc(): boolean {
  return "glibcVersionRuntime" in (process.report.getReport() as { readonly header: object }).header;
}

test.runIf(isGlibc())("memory that is free goes back to the system", () => {
  const kept = makeFragments();
  const before = process.memoryUsage.rss();
  collectGarbage();
  returnFreePages();
  expect(process.memoryUsage.rss()).toBeLessThan(before - 32 * MEBIBYTE);
  expect(kept.every((buffer) => buffer[0] === 1)).toBe(true);
});

test("the collector is not left open to everybody", () => {
  collectGarbage();
  expect("gc" in globalThis).toBe(false);
});

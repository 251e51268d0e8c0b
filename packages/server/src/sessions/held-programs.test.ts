import { expect, test } from "vitest";
import { HeldPrograms } from "./held-programs.ts";
import type { Registry } from "./registry.ts";

/** A registry in which each run belongs to a session of its name. */
function sessionsOf(...runs: string[]): Registry {
  return { byRun: (run: string) => (runs.includes(run) ? { name: run } : undefined) } as unknown as Registry;
}

test("each reason is one sentence that names the first programs, until the host says that all is well", () => {
  const held = new HeldPrograms(sessionsOf("a", "b", "c", "d", "e"));
  for (const run of ["a", "b", "c", "d"]) held.changed(run, "limit");
  held.changed("e", "disk-full");
  expect(held.notices).toEqual([
    expect.stringMatching(/disk .* is full: "e" must wait/),
    expect.stringMatching(/as it may: "a", "b", "c" and 1 more must wait/),
  ]);
  held.changed("e", "ok");
  for (const run of ["a", "b", "c"]) held.changed(run, "ok");
  expect(held.notices).toEqual([expect.stringContaining('"d" must wait')]);
  held.forgetAll();
  expect(held.notices).toEqual([]);
});

test("a program whose session is gone is not spoken of", () => {
  const runs = ["a"];
  const held = new HeldPrograms({ byRun: (run: string) => (runs.includes(run) ? { name: run } : undefined) } as unknown as Registry);
  held.changed("a", "limit");
  runs.pop();
  expect(held.notices).toEqual([]);
});

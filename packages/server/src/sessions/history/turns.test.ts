import { expect, test } from "vitest";
import { settle } from "../../testing/fake-clock.ts";
import { Turns } from "./turns.ts";

const patient = new AbortController().signal;

function work() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, end: resolve };
}

test("so many at a time, the others in order", async () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const works = [work(), work(), work(), work()];
  const done = works.map(({ promise }, at) => turns.run(async () => (begun.push(at), promise), patient));
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  works[1]?.end();
  await done[1];
  await settle();
  expect(begun).toEqual([0, 1, 2]);
  for (const { end } of works) end();
  await Promise.all(done);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test("who gives up while waiting is passed over, and a failure frees its turn", async () => {
  const turns = new Turns(1);
  const first = work();
  const failing = turns.run(() => first.promise.then(() => Promise.reject(new Error("broken"))), patient);
  const impatient = new AbortController();
  const given = turns.run(() => Promise.resolve("never"), impatient.signal);
  const next = turns.run(() => Promise.resolve("next"), patient);
  impatient.abort(new Error("gone"));
  await expect(given).rejects.toThrow("gone");
  first.end();
  await expect(failing).rejects.toThrow("broken");
  expect(await next).toBe("next");
  await expect(turns.run(() => Promise.resolve("never"), impatient.signal)).rejects.toThrow("gone");
  expect(await turns.run(() => Promise.resolve("again"), patient)).toBe("again");
});

import { beforeEach, expect, test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { RunAcks } from "./run-acks.ts";

let clock: FakeClock;
let told: string[];
let acks: RunAcks;

beforeEach(() => {
  clock = new FakeClock();
  told = [];
  acks = new RunAcks(clock, (run, upTo) => void told.push(`${run} ${upTo}`));
});

test("of each run the last is told, 3 ms after the first", () => {
  acks.note("r", 1);
  clock.advance(2);
  acks.note("s", 7);
  acks.note("r", 2);
  expect(told).toEqual([]);
  clock.advance(1);
  expect(told).toEqual(["r 2", "s 7"]);
});

test("what comes later is told later", () => {
  acks.note("r", 1);
  clock.advance(3);
  acks.note("r", 2);
  clock.advance(3);
  expect(told).toEqual(["r 1", "r 2"]);
});

test("what is told at once is not told again", () => {
  acks.note("r", 1);
  acks.flush();
  clock.advance(10);
  expect(told).toEqual(["r 1"]);
  expect(clock.pending).toBe(0);
});

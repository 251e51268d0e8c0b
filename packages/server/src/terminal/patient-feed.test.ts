import { beforeEach, expect, test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import type { EngineTask } from "./engine-messages.ts";
import { PatientFeed } from "./patient-feed.ts";

let clock: FakeClock;
let posted: string[];
let feed: PatientFeed;

beforeEach(() => {
  clock = new FakeClock();
  posted = [];
  feed = new PatientFeed(clock, (task) => void posted.push(task.is === "feed" ? Buffer.from(task.data).toString() : task.is));
});

function output(text: string): EngineTask {
  return { is: "feed", data: new Uint8Array(Buffer.from(text)), isLive: true };
}

test("a key's echo waits for 3 ms, and what comes meanwhile goes with it", () => {
  feed.send(output("a"));
  clock.advance(2);
  feed.send(output("b"));
  expect(posted).toEqual([]);
  clock.advance(1);
  expect(posted).toEqual(["a", "b"]);
});

test.for([
  ["what may be a query", output("\u001b[6n"), "\u001b[6n"],
  ["larger output", output("x".repeat(257)), "x".repeat(257)],
  ["a question", { is: "snapshot", request: 1, scrollback: 0 }, "snapshot"],
  ["a resize", { is: "resize", cols: 80, rows: 24 }, "resize"],
] as const)("%s goes at once, behind what waits", ([, task, text]) => {
  feed.send(output("a"));
  feed.send(task);
  expect(posted).toEqual(["a", text]);
  expect(clock.pending).toBe(0);
});

test("no more than 16 pieces wait", () => {
  for (let count = 0; count < 16; count += 1) feed.send(output("a"));
  expect(posted).toHaveLength(16);
});

test("an engine that is gone is sent nothing more", () => {
  feed.send(output("a"));
  feed.close();
  clock.advance(10);
  expect(posted).toEqual([]);
});

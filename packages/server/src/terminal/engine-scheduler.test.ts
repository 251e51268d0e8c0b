import { describe, expect, test } from "vitest";
import type { EngineTask, FromWorker } from "./engine-messages.ts";
import { EngineScheduler, type ScheduledEngine } from "./engine-scheduler.ts";

const START = { cols: 80, rows: 24, offset: 0, snapshot: null };

/** A scheduler whose turns come when the test says so, and engines that write down what they do. */
function arrange() {
  const told: FromWorker[] = [];
  const done: string[] = [];
  let turn: (() => void) | null = null;
  let opened = 0;
  const makeEngine = (): ScheduledEngine => {
    const name = String.fromCharCode(97 + opened++);
    return {
      feed: (data) => {
        if (data[0] === 0xff) throw new Error("bad byte");
        done.push(`${name}${data.length}`);
      },
      resize: () => done.push(`${name} resize`),
      recolour: () => done.push(`${name} recolour`),
      snapshot: () => [`${name} snapshot`],
      lines: () => [`${name} lines`],
      gathered: () => [`${name} gathered`],
      close: () => done.push(`${name} close`),
    };
  };
  const scheduler = new EngineScheduler({
    makeEngine,
    post: (message) => told.push(message),
    soon: (callback) => (turn = callback),
    free: (data) => data.buffer.transfer(0),
  });
  const step = () => {
    const now = turn;
    turn = null;
    now?.();
    return now !== null;
  };
  const run = () => {
    while (step());
  };
  return { scheduler, told, done, step, run };
}

function feed(length: number, first = 0): EngineTask {
  const data = new Uint8Array(length);
  data[0] = first;
  return { is: "feed", data, isLive: true };
}

describe("sharing the worker", () => {
  test("engines take turns, a slice each", () => {
    const { scheduler, done, run } = arrange();
    scheduler.open(1, START);
    scheduler.open(2, START);
    scheduler.add(1, feed(80 * 1024));
    scheduler.add(2, feed(10));
    run();
    expect(done).toEqual(["a32768", "b10", "a32768", "a16384"]);
  });

  test("what is parsed is freed, and counted all the same", () => {
    const { scheduler, told, run } = arrange();
    const task = feed(40 * 1024);
    scheduler.open(1, START);
    scheduler.add(1, task);
    run();
    expect(told).toEqual([32_768, 8192].map((bytes) => ({ is: "parsed", engine: 1, bytes })));
    expect(task.is === "feed" && task.data.length).toBe(0);
  });

  test("a question waits for its own engine's output only", () => {
    const { scheduler, told, step } = arrange();
    scheduler.open(1, START);
    scheduler.open(2, START);
    scheduler.add(1, feed(1024 * 1024));
    scheduler.add(2, feed(10));
    scheduler.add(2, { is: "snapshot", request: 7, scrollback: 0 });
    step();
    step();
    expect(told).toEqual([
      { is: "parsed", engine: 1, bytes: 32_768 },
      { is: "parsed", engine: 2, bytes: 10 },
      { is: "result", engine: 2, request: 7, value: ["b snapshot"] },
    ]);
  });

  test("small pieces of output are parsed together, in order with what lies between them", () => {
    const { scheduler, done, step } = arrange();
    scheduler.open(1, START);
    for (const length of [1, 2, 3]) scheduler.add(1, feed(length));
    scheduler.add(1, { is: "resize", cols: 1, rows: 1 });
    scheduler.add(1, feed(4));
    step();
    expect(done).toEqual(["a1", "a2", "a3", "a resize", "a4"]);
    expect(step()).toBe(false);
  });

  test("an engine that throws is told of and gone; the others go on", () => {
    const { scheduler, told, done, run } = arrange();
    scheduler.open(1, START);
    scheduler.open(2, START);
    scheduler.add(1, feed(5, 0xff));
    scheduler.add(2, feed(5));
    run();
    scheduler.add(1, feed(5));
    run();
    expect(done).toEqual(["b5"]);
    expect(told).toMatchObject([
      { is: "event", engine: 1, event: { is: "fault", error: new Error("bad byte") } },
      { is: "parsed", engine: 2, bytes: 5 },
    ]);
  });

  test("a closed engine does nothing more", () => {
    const { scheduler, done, run } = arrange();
    scheduler.open(1, START);
    scheduler.add(1, feed(5));
    scheduler.close(1);
    run();
    expect(done).toEqual(["a close"]);
  });
});

import { afterEach, describe, expect, test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { type Engine, type EngineEvent, type Engines, MAX_ENGINE_LAG_BYTES } from "./engine.ts";
import { openEngines } from "./engines.ts";

const worker = new URL("./engine-worker.ts", import.meta.url);
const bytes = (text: string) => new TextEncoder().encode(text);
const soon = () => AbortSignal.timeout(10_000);

let engines: Engines | undefined;
afterEach(async () => {
  await engines?.close();
  engines = undefined;
});

/** An engine with what it told, and a way to await the next event of a kind. */
function open(size: { readonly offset?: number; readonly snapshot?: Uint8Array } = {}) {
  engines ??= openEngines({ worker });
  const events: EngineEvent[] = [];
  const waiting: { is: string; resolve: (event: EngineEvent) => void }[] = [];
  const engine = engines.open({ cols: 40, rows: 5, offset: size.offset ?? 0, snapshot: size.snapshot ?? null }, (event) => {
    events.push(event);
    waiting.splice(0).forEach((wait) => (wait.is === event.is ? wait.resolve(event) : waiting.push(wait)));
  });
  const next = (is: EngineEvent["is"]) => new Promise<EngineEvent>((resolve) => waiting.push({ is, resolve }));
  return { engine, events, next };
}

async function screenOf(engine: Engine): Promise<readonly string[]> {
  return engine.lines(1000, soon());
}

describe("screen engines in their worker", () => {
  test("what was fed can be read as lines, and the caller keeps its buffer", async () => {
    const { engine } = open();
    const data = bytes("one\r\ntwo  \r\n\x1b[1mthree");
    engine.feed(0, data, true);
    expect(data.length).toBeGreaterThan(0);
    expect(await screenOf(engine)).toEqual(["one", "two", "three"]);
    expect(engine.lagBytes).toBe(0);
  });

  test("a snapshot opens another engine that goes on where the first stood", async () => {
    const first = open({ offset: 100 });
    first.engine.feed(100, bytes("hello \x1b[31mred\x1b["), true);
    const snapshot = await first.engine.snapshot(1000, soon());
    expect(snapshot).toMatchObject({ offset: 114, cols: 40, rows: 5 });
    const second = open({ offset: snapshot.offset, snapshot: snapshot.data });
    second.engine.feed(114, bytes("\x1b[0m end"), true);
    expect(await screenOf(second.engine)).toEqual(["hello red end"]);
  });

  test("queries in live output are answered with the offset of their last byte, in old output not at all", async () => {
    const { engine, events } = open({ offset: 10 });
    engine.feed(10, bytes("\x1b[6n"), false);
    engine.feed(14, bytes("ab\x1b[6"), true);
    engine.feed(19, bytes("n\x1b[c"), true);
    await screenOf(engine);
    expect(events).toEqual([
      { is: "answer", offset: 19, data: bytes("\x1b[1;3R") },
      { is: "answer", offset: 22, data: bytes("\x1b[?1;2c") },
    ]);
  });

  test("a session's screen does not wait for another session's flood", async () => {
    const flood = open().engine;
    const quiet = open().engine;
    flood.feed(0, new Uint8Array(8 * 1024 * 1024).fill(0x61), true);
    quiet.feed(0, bytes("quiet"), true);
    expect(await screenOf(quiet)).toEqual(["quiet"]);
    expect(flood.lagBytes).toBeGreaterThan(4 * 1024 * 1024);
  });

  test("waiting for an engine to drain ends when it has, and with its signal", async () => {
    const { engine } = open();
    const data = new Uint8Array(1024 * 1024).fill(0x61);
    engine.feed(0, data, true);
    expect(engine.lagBytes).toBe(data.length);
    const given = new AbortController();
    const abandoned = engine.drained(0, given.signal);
    given.abort(new Error("enough"));
    await expect(abandoned).rejects.toThrow("enough");
    await engine.drained(data.length / 2, soon());
    expect(engine.lagBytes).toBeLessThanOrEqual(data.length / 2);
    await engine.drained(0, soon());
    expect(engine.lagBytes).toBe(0);
  });

  test("output must continue what was fed", () => {
    const { engine } = open({ offset: 5 });
    engine.feed(5, bytes("abc"), true);
    expect(() => engine.feed(5, bytes("abc"), true)).toThrow("stands at 8");
    expect(() => engine.resize(9, 80, 24)).toThrow("stands at 8");
  });

  test("a resize takes effect between what was fed before and after it", async () => {
    const { engine } = open();
    engine.feed(0, bytes("one\r\n"), true);
    engine.resize(5, 20, 5);
    engine.feed(5, bytes("x".repeat(25)), true);
    expect(await screenOf(engine)).toEqual(["one", "x".repeat(20), "xxxxx"]);
    expect(await engine.snapshot(0, soon())).toMatchObject({ cols: 20, rows: 5 });
  });

  test("an engine that fails says so and rejects what waits for it; the others go on", async () => {
    const bad = open();
    const good = open();
    const fault = bad.next("fault");
    bad.engine.resize(0, Number.NaN, 5);
    await expect(bad.engine.snapshot(0, soon())).rejects.toThrow("integers");
    expect(await fault).toMatchObject({ is: "fault" });
    bad.engine.feed(0, bytes("ignored"), true);
    await expect(screenOf(bad.engine)).rejects.toThrow("integers");
    good.engine.feed(0, bytes("fine"), true);
    expect(await screenOf(good.engine)).toEqual(["fine"]);
  });

  test("an engine that is fed more than it may hold gives up", () => {
    const { engine, events } = open();
    const half = new Uint8Array(MAX_ENGINE_LAG_BYTES / 2);
    engine.feed(0, half, false);
    engine.feed(half.length, half, false);
    expect(events).toEqual([]);
    engine.feed(2 * half.length, bytes("x"), false);
    expect(events).toMatchObject([{ is: "fault" }]);
    expect(engine.lagBytes).toBe(0);
  });

  test("a closed engine rejects what waits and refuses more", async () => {
    const { engine } = open();
    const snapshot = engine.snapshot(0, soon());
    engine.close();
    engine.close();
    await expect(snapshot).rejects.toThrow("closed");
    await expect(engine.lines(0, soon())).rejects.toThrow("closed");
    expect(() => engine.feed(0, bytes("x"), true)).toThrow("closed");
  });

  test("closing all ends the worker and what waits", async () => {
    const { engine } = open();
    const lines = screenOf(engine);
    const [result] = await Promise.allSettled([lines, engines!.close()]);
    expect(result.status).toBe("rejected");
    expect(() => open()).toThrow("closed");
  });
});

/** A worker that tells its thread's number as the offset of a bell when an engine is opened, and dies of a resize. */
const fragileWorker = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, threadId } from "node:worker_threads";
    parentPort.on("message", (message) => {
      if (message.is === "open") parentPort.postMessage({ is: "event", engine: message.engine, event: { is: "bell", offset: threadId } });
      if (message.task?.is === "resize") process.exit(3);
    });
  `)}`,
);

test("a worker that was started before the first engine serves it", async () => {
  engines = openEngines({ worker });
  engines.warm();
  const { engine } = open();
  engine.feed(0, bytes("warm"), true);
  expect(await screenOf(engine)).toEqual(["warm"]);
});

function openFragile(from: Engines) {
  const { promise: thread, resolve: onThread } = Promise.withResolvers<number>();
  const { promise: fault, resolve: onFault } = Promise.withResolvers<Error>();
  const engine = from.open({ cols: 80, rows: 24, offset: 0, snapshot: null }, (event) => {
    if (event.is === "bell") onThread(event.offset);
    if (event.is === "fault") onFault(event.error);
  });
  return { engine, thread, fault };
}

describe("the worker of the engines", () => {
  test("is given back when it had no engine for a while, and started again for the next", async () => {
    const clock = new FakeClock();
    engines = openEngines({ worker: fragileWorker, clock, idleMs: 2000 });
    const first = openFragile(engines);
    const thread = await first.thread;
    first.engine.close();
    clock.advance(1999);
    const second = openFragile(engines);
    expect(await second.thread).toBe(thread);
    clock.advance(10_000);
    const third = openFragile(engines);
    expect(await third.thread).toBe(thread);
    second.engine.close();
    third.engine.close();
    clock.advance(2000);
    expect(await openFragile(engines).thread).not.toBe(thread);
  });

  test("takes its engines with it when it dies; the next engine gets a new one", async () => {
    engines = openEngines({ worker: fragileWorker });
    const first = openFragile(engines);
    const other = openFragile(engines);
    const thread = await first.thread;
    const waiting = Promise.allSettled([other.engine.lines(0, soon())]);
    first.engine.resize(0, 1, 1);
    expect((await first.fault).message).toContain("code 3");
    expect((await other.fault).message).toContain("code 3");
    expect(await waiting).toMatchObject([{ status: "rejected" }]);
    expect(await openFragile(engines).thread).not.toBe(thread);
  });
});

import type { ScreenColours } from "@perdure/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import { CommandLog } from "./commands/command-log.ts";
import type { ReadResult, Snapshot, Store, StreamRecord } from "../store/store.ts";
import type { Engine, EngineEvent, EngineStart, Gathering } from "../terminal/engine.ts";
import { FakeClock, settle } from "../testing/fake-clock.ts";
import type { Batch, Piece } from "./records.ts";
import { Screen, type ScreenEvent } from "./screen.ts";

const KEY = { session: "s", stream: "terminal" } as const;

/** Notes what it is given. */
class FakeEngine implements Engine {
  readonly given: string[] = [];
  readonly start: EngineStart;
  readonly tell: (event: EngineEvent) => void;
  lagBytes = 0;
  isClosed = false;
  drain: Promise<void> = Promise.resolve();
  /** Of each feed: queries in it are answered. */
  readonly live: boolean[] = [];
  #offset: number;

  constructor(start: EngineStart, tell: (event: EngineEvent) => void) {
    this.start = start;
    this.tell = tell;
    this.#offset = start.offset;
    this.given.push(`${start.cols}x${start.rows}`);
  }

  feed(offset: number, data: Uint8Array, isLive: boolean): void {
    this.live.push(isLive);
    if (offset !== this.#offset) throw new Error(`fed at ${offset}, stands at ${this.#offset}`);
    this.#offset += data.length;
    this.given.push(Buffer.from(data).toString());
  }

  resize(_offset: number, cols: number, rows: number): void {
    this.given.push(`${cols}x${rows}`);
  }

  recolour({ background }: ScreenColours): void {
    this.given.push(background);
  }

  drained(): Promise<void> {
    return this.drain;
  }

  snapshot() {
    const { cols, rows } = this.start;
    return this.drain.then(() => ({
      offset: this.#offset,
      cols,
      rows,
      data: new Uint8Array(0),
      toFreeRow: 1,
      place: { line: 0, columns: 0 },
    }));
  }

  lines(): Promise<readonly string[]> {
    return Promise.resolve(this.given);
  }

  gathered(): Promise<Gathering> {
    return Promise.reject(new Error("it was not opened to read lines"));
  }

  close(): void {
    this.isClosed = true;
  }
}

/** A session's log in memory, and the engines that were opened for it. */
class Scene {
  readonly clock = new FakeClock();
  readonly engines: FakeEngine[] = [];
  readonly log: StreamRecord[] = [];
  readonly problems: string[] = [];
  readonly told: ScreenEvent[] = [];
  kept: Snapshot | null = null;
  tail = 0;
  isWatched = false;
  /** What reading waits for, after it has seen the log. */
  reading: Promise<void> = Promise.resolve();
  readonly screen = new Screen({
    key: KEY,
    store: {
      snapshot: () => Promise.resolve(this.kept),
      read: (_key: unknown, from: number) => this.#read(from),
      commit: () => Promise.resolve({ ok: true }),
    } as unknown as Store,
    engines: {
      open: (start, tell) => {
        const engine = new FakeEngine(start, tell);
        this.engines.push(engine);
        return engine;
      },
      warm: () => undefined,
      close: () => Promise.resolve(),
    },
    clock: this.clock,
    log: { info: () => undefined, warn: (_fields, message) => this.problems.push(message), error: () => undefined },
    tail: () => this.tail,
    start: () => ({ offset: 0, cols: 80, rows: 24 }),
    maxBehindBytes: 32 * 1024 * 1024,
    isWatched: () => this.isWatched,
    commands: new CommandLog(),
    onEvent: (event) => this.told.push(event),
  });

  prints(text: string): void {
    const data = Buffer.from(text);
    const time = this.clock.now();
    this.#commit({ is: "data", offset: this.tail, time, data }, { kind: "output", offset: this.tail, time, data });
  }

  resizes(cols: number, rows: number): void {
    const place = { offset: this.tail, time: 0 };
    this.#commit({ is: "resize", ...place, cols, rows }, { kind: "resize", ...place, data: new Uint8Array(0), size: { cols, rows } });
  }

  keeps(cols: number, rows: number): void {
    this.kept = { ...KEY, kind: "screen", version: 1, offset: this.tail, cols, rows, data: new Uint8Array(0) };
  }

  snapshot() {
    return this.screen.snapshot(new AbortController().signal);
  }

  #commit(piece: Piece, record: StreamRecord): void {
    const start = this.tail;
    this.log.push(record);
    this.tail += record.data.length;
    const batch: Batch = { start, end: this.tail, pieces: [piece], records: [], nextRecord: 0, runEnd: null };
    this.screen.follow(batch);
  }

  async #read(from: number): Promise<ReadResult> {
    const records = this.log.filter((record) => record.offset >= from);
    await this.reading;
    return { ok: true, records, state: { ...KEY, incarnation: 1, trimmed: 0, tail: this.tail } };
  }
}

const mebibyte = 1024 * 1024;
let scene: Scene;
/** Bytes that the first engine was given. */
const given = () => scene.engines[0]?.given.slice(1).join("").length ?? 0;
/** An engine that is awake and has not parsed what it was given. */
const flood = async (): Promise<void> => {
  scene.prints("x");
  await settle();
  (scene.engines[0] as FakeEngine).lagBytes = 2 * mebibyte;
};
/** An engine that was given a query and has not parsed it yet. */
const asks = async (): Promise<void> => {
  await scene.snapshot();
  scene.prints("\x1b[6n");
  scene.engines[0]!.lagBytes = 4;
};
const answer = (offset: number): void => scene.engines[0]!.tell({ is: "answer", offset, data: Buffer.from("\x1b[1;1R") });
beforeEach(() => {
  scene = new Scene();
});

describe("where a screen is free below everything", () => {
  it("is asked of the engine", async () => {
    expect(await scene.screen.toFreeRow()).toBe(1);
  });

  it("is not waited for longer than two seconds", async () => {
    await scene.snapshot();
    scene.engines[0]!.drain = new Promise(() => undefined);
    const asked = scene.screen.toFreeRow();
    await settle();
    scene.clock.advance(2000);
    expect(await asked).toBeNull();
  });
});

describe("a screen that wakes from a snapshot at the end of the log", () => {
  it("takes the resize that came there afterwards, and not those before it", async () => {
    scene.log.push({ kind: "resize", offset: 0, time: 0, data: new Uint8Array(0), size: { cols: 20, rows: 5 } });
    scene.log.push({ kind: "resize", offset: 0, time: 0, data: new Uint8Array(0), size: { cols: 40, rows: 20 } });
    scene.keeps(80, 24);
    await scene.snapshot();
    expect(scene.engines[0]?.given).toEqual(["80x24", "40x20"]);
  });

  it("takes a resize that is committed while it wakes", async () => {
    const gate = Promise.withResolvers<void>();
    scene.keeps(80, 24);
    scene.reading = gate.promise;
    const waking = scene.snapshot();
    await settle();
    scene.resizes(40, 20);
    gate.resolve();
    await waking;
    scene.prints("after");
    expect(scene.engines[0]?.given).toEqual(["80x24", "40x20", "after"]);
    expect(scene.problems).toEqual([]);
  });

  it("takes what is printed while it wakes, once", async () => {
    scene.prints("before ");
    scene.prints("meanwhile ");
    await settle();
    scene.prints("after");
    expect(scene.engines[0]?.given.join("")).toBe("80x24before meanwhile after");
    expect(scene.problems).toEqual([]);
  });
});

describe("a screen that wakes far behind", () => {
  it("is waited for by what is still to be committed, so that it catches up", async () => {
    const gate = Promise.withResolvers<void>();
    scene.reading = gate.promise;
    scene.isWatched = true;
    scene.prints("x".repeat(2 * 1024 * 1024));
    await settle();
    expect(scene.screen.ready()).not.toBeNull();
    gate.resolve();
    await scene.screen.ready();
    expect(scene.screen.ready()).toBeNull();
  });
});

describe("a screen in a flood", () => {
  it("that nobody watches falls behind, and catches up when it is over", async () => {
    await flood();
    scene.prints("y".repeat(2 * mebibyte));
    scene.prints("z");
    await settle();
    expect(scene.screen.ready()).toBeNull();
    expect(given()).toBe(1);
    scene.clock.advance(50);
    await settle();
    expect(given()).toBe(scene.tail);
    scene.prints("after");
    expect(scene.problems).toEqual([]);
  });

  it("that is watched is waited for", async () => {
    scene.isWatched = true;
    await flood();
    expect(scene.screen.ready()).not.toBeNull();
    scene.prints("y");
    expect(given()).toBe(2);
  });

  it("catches up at once for who looks, and the flood waits meanwhile", async () => {
    const gate = Promise.withResolvers<void>();
    await flood();
    scene.prints("y".repeat(2 * mebibyte));
    scene.reading = gate.promise;
    const snapshot = scene.snapshot();
    await settle();
    expect(scene.screen.ready()).not.toBeNull();
    gate.resolve();
    await scene.screen.ready();
    expect((await snapshot).offset).toBe(scene.tail);
  });

  it("is not left behind without limit", async () => {
    const gate = Promise.withResolvers<void>();
    await flood();
    scene.reading = gate.promise;
    scene.prints("y".repeat(33 * mebibyte));
    const ready = scene.screen.ready();
    expect(ready).not.toBeNull();
    scene.clock.advance(50);
    gate.resolve();
    await ready;
    expect(given()).toBe(scene.tail);
  });

  it("ends its wait when it is closed", async () => {
    await flood();
    scene.prints("y".repeat(2 * mebibyte));
    scene.screen.close();
    await settle();
    expect(scene.engines[0]?.isClosed).toBe(true);
  });
});

describe("what a program asks its terminal", () => {
  it("is answered for two seconds", async () => {
    await asks();
    scene.clock.advance(2000);
    answer(3);
    expect(scene.told).toMatchObject([{ is: "answer", offset: 3 }]);
  });

  it("is not answered when the engine came to it later", async () => {
    await asks();
    scene.clock.advance(2001);
    scene.prints("\x1b[6n");
    answer(3);
    expect(scene.told).toEqual([]);
    answer(7);
    expect(scene.told).toMatchObject([{ is: "answer", offset: 7 }]);
  });

  it("is not answered when it is read from the log later", async () => {
    const { promise: read, resolve } = Promise.withResolvers<void>();
    scene.reading = read;
    scene.prints("\x1b[6n");
    await settle();
    scene.clock.advance(2001);
    resolve();
    await scene.snapshot();
    expect(scene.engines[0]?.live).toEqual([false]);
  });
});

describe("an engine that fails", () => {
  it("does not take down the one in its place", async () => {
    await scene.snapshot();
    scene.engines[0]?.tell({ is: "fault", error: new Error("lost") });
    await scene.snapshot();
    scene.engines[0]?.tell({ is: "fault", error: new Error("lost again") });
    scene.prints("on");
    expect(scene.engines).toHaveLength(2);
    expect(scene.engines[1]?.given.at(-1)).toBe("on");
  });
});

describe("an engine that fails behind a query", () => {
  it("is followed by one that answers it", async () => {
    await asks();
    scene.engines[0]!.tell({ is: "fault", error: new Error("lost") });
    await settle();
    expect(scene.engines[1]?.live).toEqual([true]);
  });

  it("is not followed by any when it is too late", async () => {
    await asks();
    scene.clock.advance(2001);
    scene.engines[0]!.tell({ is: "fault", error: new Error("lost") });
    await settle();
    expect(scene.engines).toHaveLength(1);
  });
});

describe("a screen at rest", () => {
  it("sleeps 10 s after its last use, and wakes for who looks", async () => {
    scene.prints("x");
    await settle();
    scene.clock.advance(22_000);
    await settle();
    expect(scene.engines[0]?.isClosed).toBe(true);
    await scene.snapshot();
    expect(scene.engines).toHaveLength(2);
  });

  it("stays awake for who comes while it keeps its snapshot", async () => {
    scene.prints("x");
    await settle();
    const sleeping = scene.screen.sleep();
    scene.clock.advance(1);
    scene.prints("y");
    await sleeping;
    expect(scene.engines[0]?.isClosed).toBe(false);
  });
});

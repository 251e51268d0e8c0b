import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { ReadResult, Store, StreamRecord } from "../store/store.ts";
import { settle } from "../testing/fake-clock.ts";
import type { Batch } from "./records.ts";
import { Viewer, type ViewerSink } from "./viewer.ts";

const KIB = 1024;
const KEY = { session: "s", stream: "terminal" } as const;

/** A log in memory, and everything a viewer is told, in order. */
class Scene implements ViewerSink {
  log = new Uint8Array(0);
  readonly told: ({ is: "output"; offset: number; bytes: number } | { is: "snapshot"; offset: number } | { is: "resized" })[] = [];
  shown = new Uint8Array(0);
  readonly failures: unknown[] = [];

  viewer(mode: "screen" | "log"): Viewer {
    const store = { read: (_key: unknown, from: number, maxBytes: number) => Promise.resolve(this.#read(from, maxBytes)) };
    return new Viewer(mode, this, {
      key: KEY,
      store: store as unknown as Store,
      tail: () => this.log.length,
      size: () => ({ cols: 80, rows: 24 }),
      takeSnapshot: () => Promise.resolve({ offset: this.log.length, cols: 80, rows: 24, data: new Uint8Array(1) }),
      onFailure: (error) => this.failures.push(error),
    });
  }

  /** The program prints; the commit is shown to the viewer. */
  print(viewer: Viewer, length: number): void {
    const start = this.log.length;
    const data = new Uint8Array(length).map((_, at) => (start + at) % 251);
    this.log = concat(this.log, data);
    const batch: Batch = {
      start,
      end: this.log.length,
      records: [],
      nextRecord: 0,
      runEnd: null,
      pieces: [{ is: "data", offset: start, time: 0, data }],
    };
    viewer.committed(batch);
  }

  output(offset: number, parts: readonly Uint8Array[]): void {
    const data = concat(...parts);
    this.told.push({ is: "output", offset, bytes: data.length });
    this.shown = concat(this.shown, data);
  }

  snapshot(snapshot: { readonly offset: number }): void {
    this.told.push({ is: "snapshot", offset: snapshot.offset });
  }

  resized(): void {
    this.told.push({ is: "resized" });
  }

  get lastOffset(): number {
    const last = this.told.findLast((each) => each.is !== "resized");
    if (!last) return 0;
    return last.is === "output" ? last.offset + last.bytes : last.offset;
  }

  #read(from: number, maxBytes: number): ReadResult {
    const data = this.log.subarray(from, from + maxBytes);
    const records: StreamRecord[] = data.length === 0 ? [] : [{ kind: "output", offset: from, time: 0, data }];
    return { ok: true, records, state: { ...KEY, incarnation: 1, trimmed: 0, tail: this.log.length } };
  }
}

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

describe("a viewer that is up to date", () => {
  it("is sent what is committed, at once", async () => {
    const viewer = scene.viewer("screen");
    viewer.startAt(0);
    await settle();
    scene.print(viewer, 10);
    expect(scene.shown).toEqual(scene.log);
  });

  it("reads only what it missed", async () => {
    const viewer = scene.viewer("screen");
    scene.print(viewer, 1000);
    viewer.startAt(900);
    await settle();
    expect(scene.shown).toEqual(scene.log.subarray(900));
  });
});

describe("a viewer that does not acknowledge", () => {
  it("is sent at most 1 MiB, however much is printed", async () => {
    const viewer = scene.viewer("screen");
    viewer.startAt(0);
    await settle();
    for (let i = 0; i < 100; i += 1) scene.print(viewer, 64 * KIB);
    await settle();
    expect(scene.shown.length).toBeLessThanOrEqual(1024 * KIB);
  });

  it("gets a snapshot once it has drawn what it was sent, and is live again", async () => {
    const viewer = scene.viewer("screen");
    viewer.startAt(0);
    await settle();
    for (let i = 0; i < 100; i += 1) scene.print(viewer, 64 * KIB);
    viewer.acknowledge(scene.lastOffset);
    await settle();
    expect(scene.told.filter((each) => each.is === "snapshot")).toEqual([{ is: "snapshot", offset: scene.log.length }]);
    viewer.acknowledge(scene.lastOffset);
    await settle();
    scene.print(viewer, 5);
    expect(scene.told.at(-1)).toEqual({ is: "output", offset: scene.log.length - 5, bytes: 5 });
  });

  it("in log mode gets every byte instead, at its own pace", async () => {
    const viewer = scene.viewer("log");
    viewer.startAt(0);
    await settle();
    for (let i = 0; i < 40; i += 1) scene.print(viewer, 64 * KIB);
    while (scene.shown.length < scene.log.length) {
      viewer.acknowledge(scene.lastOffset);
      await settle();
    }
    expect(scene.shown).toEqual(scene.log);
    expect(scene.told.some((each) => each.is === "snapshot")).toBe(false);
  });
});

describe("acknowledgements", () => {
  it("of bytes that were never sent are ignored", async () => {
    const viewer = scene.viewer("screen");
    viewer.startAt(0);
    scene.print(viewer, 10);
    await settle();
    viewer.acknowledge(1_000_000);
    expect(viewer.acked).toBe(0);
  });
});

describe("whatever the schedule of printing and acknowledging", () => {
  it("a log viewer is shown the log, and a screen viewer never a byte out of order", async () => {
    const step = fc.oneof(
      fc.record({ print: fc.integer({ min: 1, max: 300 * KIB }) }),
      fc.record({ ack: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.constant("wait" as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("log" as const, "screen" as const), fc.array(step, { maxLength: 40 }), async (mode, steps) => {
        const run = new Scene();
        const viewer = run.viewer(mode);
        viewer.startAt(0);
        for (const each of steps) {
          if (each === "wait") await settle();
          else if ("print" in each) run.print(viewer, each.print);
          else viewer.acknowledge(viewer.acked + Math.floor((run.lastOffset - viewer.acked) * each.ack));
        }
        for (let i = 0; i < 200 && run.lastOffset < run.log.length; i += 1) {
          viewer.acknowledge(run.lastOffset);
          await settle();
        }
        expect(run.failures).toEqual([]);
        expect(run.lastOffset).toBe(run.log.length);
        const everyByte = mode === "screen" || Buffer.compare(run.shown, run.log) === 0;
        expect(everyByte).toBe(true);
        expectInOrder(run);
      }),
      { numRuns: 60, seed: 7 },
    );
  });
});

/** Each output continues the one before, or a snapshot; its bytes are the log's. */
function expectInOrder(run: Scene): void {
  let at = 0;
  let shownAt = 0;
  for (const each of run.told) {
    if (each.is === "resized") continue;
    if (each.is === "snapshot") {
      at = each.offset;
      continue;
    }
    expect(each.offset).toBe(at);
    expect(run.shown.subarray(shownAt, shownAt + each.bytes)).toEqual(run.log.subarray(at, at + each.bytes));
    at += each.bytes;
    shownAt += each.bytes;
  }
}

function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

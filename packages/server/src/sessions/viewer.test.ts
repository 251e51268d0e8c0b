import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { ReadResult, Store, StreamRecord } from "../store/store.ts";
import { FakeClock, settle } from "../testing/fake-clock.ts";
import type { Batch } from "./records.ts";
import { Viewer, type ViewerSink } from "./viewer.ts";

const KIB = 1024;
const KEY = { session: "s", stream: "terminal" } as const;

/** What any log here begins with: its byte at an offset tells the offset, modulo 251. */
const PATTERN = new Uint8Array(16 * 1024 * KIB).map((_, at) => at % 251);

/** A log in memory, and everything a viewer is told, in order. Each byte it is shown is compared with the log. */
class Scene implements ViewerSink {
  length = 0;
  readonly clock = new FakeClock();
  readonly told: ({ is: "output"; offset: number; bytes: number } | { is: "snapshot"; offset: number })[] = [];
  readonly failures: unknown[] = [];
  readonly sizes: string[] = [];

  viewer(mode: "screen" | "log"): Viewer {
    const store = { read: (_key: unknown, from: number, maxBytes: number) => Promise.resolve(this.#read(from, maxBytes)) };
    return new Viewer(mode, this, {
      key: KEY,
      store: store as unknown as Store,
      clock: this.clock,
      tail: () => this.length,
      size: () => ({ cols: 80, rows: 24 }),
      takeSnapshot: () => Promise.resolve({ offset: this.length, cols: 80, rows: 24, data: new Uint8Array(1) }),
      onFailure: (error) => this.failures.push(error),
    });
  }

  /** The program prints; the commit is shown to the viewer. */
  print(viewer: Viewer, length: number): void {
    this.commit(viewer, this.spool(length));
  }

  /** The program printed so much more, and it is not committed yet. */
  spool(length: number): Batch {
    const [start, end] = [this.length, this.length + length];
    const data = PATTERN.subarray(start, end);
    return { start, end, records: [], nextRecord: 0, runEnd: null, pieces: [{ is: "data", offset: start, time: 0, data }] };
  }

  commit(viewer: Viewer, batch: Batch): void {
    this.length = batch.end;
    viewer.committed(batch);
  }

  output(offset: number, parts: readonly Uint8Array[]): void {
    const data = Buffer.concat(parts);
    if (data.compare(PATTERN.subarray(offset, offset + data.length)) !== 0) this.failures.push(`wrong bytes at ${offset}`);
    this.told.push({ is: "output", offset, bytes: data.length });
  }

  snapshot(snapshot: { readonly offset: number }): void {
    this.told.push({ is: "snapshot", offset: snapshot.offset });
  }

  resized(offset: number, cols: number, rows: number): void {
    this.sizes.push(`${cols}x${rows} at ${offset}`);
  }

  get shownBytes(): number {
    return this.told.reduce((sum, each) => sum + (each.is === "output" ? each.bytes : 0), 0);
  }

  get hasSnapshot(): boolean {
    return this.told.some((each) => each.is === "snapshot");
  }

  get lastOffset(): number {
    const last = this.told.at(-1);
    if (!last) return 0;
    return last.is === "output" ? last.offset + last.bytes : last.offset;
  }

  /** Does each output continue the one before, or a snapshot? */
  get isInOrder(): boolean {
    let at = 0;
    for (const each of this.told) {
      if (each.is === "output" && each.offset !== at) return false;
      at = each.is === "output" ? each.offset + each.bytes : each.offset;
    }
    return true;
  }

  #read(from: number, maxBytes: number): ReadResult {
    const data = PATTERN.subarray(from, Math.min(this.length, from + maxBytes));
    const records: StreamRecord[] = data.length === 0 ? [] : [{ kind: "output", offset: from, time: 0, data }];
    return { ok: true, records, state: { ...KEY, incarnation: 1, trimmed: 0, tail: this.length } };
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
    expect(scene.told).toEqual([{ is: "output", offset: 0, bytes: 10 }]);
  });

  it("reads only what it missed", async () => {
    const viewer = scene.viewer("screen");
    scene.print(viewer, 1000);
    viewer.startAt(900);
    await settle();
    expect(scene.told).toEqual([{ is: "output", offset: 900, bytes: 100 }]);
  });
});

describe("output that is about to be committed", () => {
  it("is sent to a viewer that has all the rest, and not again when it is committed", async () => {
    const viewer = scene.viewer("screen");
    viewer.startAt(0);
    await settle();
    const batch = scene.spool(10);
    expect(viewer.ahead(batch)).toBe(true);
    scene.commit(viewer, batch);
    scene.print(viewer, 5);
    await settle();
    expect(scene.told).toEqual([
      { is: "output", offset: 0, bytes: 10 },
      { is: "output", offset: 10, bytes: 5 },
    ]);
  });

  it("is not sent to one that lacks more than that, which gets all of it from the log", async () => {
    scene.length = 100;
    const viewer = scene.viewer("screen");
    viewer.startAt(0);
    const batch = scene.spool(10);
    expect(viewer.ahead(batch)).toBe(false);
    expect(scene.told).toEqual([]);
    scene.commit(viewer, batch);
    await settle();
    expect([scene.shownBytes, scene.isInOrder]).toEqual([110, true]);
  });

  it("and goes with another batch than it was seen in, as behind a full disk, is shown once", async () => {
    const viewer = scene.viewer("log");
    viewer.startAt(0);
    await settle();
    viewer.ahead(scene.spool(10));
    scene.commit(viewer, scene.spool(4));
    scene.commit(viewer, scene.spool(16));
    await settle();
    expect([scene.shownBytes, scene.isInOrder, scene.failures]).toEqual([20, true, []]);
  });

  it("and has a new size behind it when it is committed: that is told", async () => {
    const viewer = scene.viewer("screen");
    viewer.startAt(0);
    await settle();
    const batch = scene.spool(10);
    viewer.ahead(batch);
    const resize = { is: "resize", offset: 10, time: 0, cols: 132, rows: 50 } as const;
    scene.commit(viewer, { ...batch, pieces: [...batch.pieces, resize] });
    expect([scene.shownBytes, scene.sizes]).toEqual([10, ["80x24 at 0", "132x50 at 10"]]);
    expect([viewer.isBeyond(10), viewer.isBeyond(9)]).toEqual([false, true]);
  });

  it("is not sent to one that has not acknowledged a megabyte", async () => {
    const viewer = scene.viewer("log");
    viewer.startAt(0);
    await settle();
    scene.print(viewer, 1024 * KIB);
    expect(viewer.ahead(scene.spool(1))).toBe(false);
  });
});

describe("a viewer that acknowledges many frames at once", () => {
  it("gets the rest, also when all acknowledgements come in one turn", async () => {
    const viewer = scene.viewer("log");
    scene.print(viewer, 4096 * KIB);
    viewer.startAt(0);
    await settle();
    for (let round = 0; round < 40; round += 1) {
      const frames = scene.told.filter((each) => each.is === "output");
      for (const { offset, bytes } of frames) viewer.acknowledge(offset + bytes);
      await settle();
    }
    expect(scene.shownBytes).toBe(4096 * KIB);
  });
});

describe("a viewer that does not acknowledge", () => {
  it("is sent at most 1 MiB, however much is printed", async () => {
    const viewer = scene.viewer("screen");
    viewer.startAt(0);
    await settle();
    for (let i = 0; i < 100; i += 1) scene.print(viewer, 64 * KIB);
    await settle();
    expect(scene.shownBytes).toBeLessThanOrEqual(1024 * KIB);
  });

  it("gets a snapshot once it has drawn what it was sent, and is live again", async () => {
    const viewer = scene.viewer("screen");
    viewer.startAt(0);
    await settle();
    for (let i = 0; i < 100; i += 1) scene.print(viewer, 64 * KIB);
    viewer.acknowledge(scene.lastOffset);
    await settle();
    expect(scene.told.filter((each) => each.is === "snapshot")).toEqual([{ is: "snapshot", offset: scene.length }]);
    viewer.acknowledge(scene.lastOffset);
    await settle();
    scene.print(viewer, 5);
    expect(scene.told.at(-1)).toEqual({ is: "output", offset: scene.length - 5, bytes: 5 });
  });

  it("gets thirty snapshots a second and no more, and at last what is there in the end", async () => {
    const viewer = scene.viewer("screen");
    viewer.startAt(0);
    await settle();
    const step = async (): Promise<void> => {
      viewer.acknowledge(scene.lastOffset);
      scene.clock.advance(2);
      await settle();
    };
    for (let turn = 0; turn < 10; turn += 1) {
      for (let each = 0; each < 5; each += 1) scene.print(viewer, 300 * KIB);
      await step();
    }
    expect(scene.told.filter((each) => each.is === "snapshot")).toHaveLength(1);
    for (let turn = 0; turn < 50; turn += 1) await step();
    expect(scene.lastOffset).toBe(scene.length);
  });

  it("in log mode gets every byte instead, at its own pace", async () => {
    const viewer = scene.viewer("log");
    viewer.startAt(0);
    await settle();
    for (let i = 0; i < 40; i += 1) scene.print(viewer, 64 * KIB);
    while (scene.lastOffset < scene.length) {
      viewer.acknowledge(scene.lastOffset);
      await settle();
    }
    expect(scene.shownBytes).toBe(scene.length);
    expect(scene.hasSnapshot).toBe(false);
    expect(scene.failures).toEqual([]);
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
        for (let i = 0; i < 200 && run.lastOffset < run.length; i += 1) {
          viewer.acknowledge(run.lastOffset);
          run.clock.advance(50);
          await settle();
        }
        expect(run.failures).toEqual([]);
        expect([run.isInOrder, run.lastOffset]).toEqual([true, run.length]);
        expect(mode === "screen" || run.shownBytes === run.length).toBe(true);
      }),
      { numRuns: 100, seed: 7 },
    );
  });
});

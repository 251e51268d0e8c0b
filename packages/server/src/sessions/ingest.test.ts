import { PerdureError } from "@perdure/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import type { HostRecord } from "../host/wire.ts";
import { FakeClock, settle } from "../testing/fake-clock.ts";
import { Ingest, type IngestTarget } from "./ingest.ts";
import type { Batch } from "./records.ts";

/** A session that commits when the test says so. */
class Target implements IngestTarget {
  readonly commits: { readonly batch: Batch; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  readonly shown: Batch[] = [];
  readonly ahead: Batch[] = [];
  isLookedAt = false;
  readonly fatals: unknown[] = [];
  readonly full: boolean[] = [];
  readonly readAgainFrom: number[] = [];
  held = 0;
  end = 0;
  gate: Promise<void> | null = null;
  isTypedElsewhere = false;

  tail(): number {
    return this.end;
  }

  showAhead(batch: Batch): boolean {
    this.ahead.push(batch);
    return this.isLookedAt;
  }

  commit(batch: Batch): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.commits.push({
      batch,
      reject,
      resolve: () => {
        this.end = batch.end;
        resolve();
      },
    });
    return promise;
  }

  committed(batch: Batch): void {
    this.shown.push(batch);
  }

  ready(): Promise<void> | null {
    return this.gate;
  }

  yields(): boolean {
    return this.isTypedElsewhere;
  }

  storageFull(isFull: boolean): void {
    this.full.push(isFull);
  }

  holds(bytes: number): void {
    this.held += bytes;
  }

  readAgain(from: number): void {
    this.readAgainFrom.push(from);
  }

  fatal(error: unknown): void {
    this.fatals.push(error);
  }
}

let clock: FakeClock;
let target: Target;
let ingest: Ingest;
let index: number;
let offset: number;

beforeEach(() => {
  clock = new FakeClock();
  target = new Target();
  ingest = new Ingest(target, clock, 0);
  [index, offset] = [0, 0];
});

function data(length: number): HostRecord {
  const record: HostRecord = {
    index,
    offset,
    time: clock.now(),
    is: "data",
    channel: "output",
    data: new Uint8Array(length).fill(index % 256),
  };
  index += 1;
  offset += length;
  return record;
}

function ended(): HostRecord {
  index += 1;
  return { index: index - 1, offset, time: clock.now(), is: "end", end: { is: "exited", code: 0, signal: null } };
}

function adopted(): HostRecord {
  index += 1;
  return { index: index - 1, offset, time: clock.now(), is: "adopted", quietMs: 1 };
}

async function finish(at: number): Promise<void> {
  target.commits[at]?.resolve();
  await settle();
}

describe("what a program prints", () => {
  it("is committed at once when nothing came before", () => {
    ingest.take([data(1)]);
    expect(target.commits).toHaveLength(1);
  });

  it("is shown at once, as the host has it on its disk, and counts when it is committed", async () => {
    ingest.take([data(5)]);
    await settle();
    expect(target.ahead.map((batch) => [batch.start, batch.end])).toEqual([[0, 5]]);
    expect(target.shown).toHaveLength(0);
    await finish(0);
    expect(target.shown.map((batch) => [batch.start, batch.end])).toEqual([[0, 5]]);
  });

  it("is not shown before the commit if there is more in it than output", async () => {
    ingest.take([data(1), ended()]);
    target.end = 0;
    ingest = new Ingest(target, clock, index);
    ingest.take([data(1), { ...adopted(), is: "resize", cols: 80, rows: 24 }]);
    ingest = new Ingest(target, clock, index);
    ingest.take([adopted(), data(1)]);
    await settle();
    expect(target.commits).toHaveLength(3);
    expect(target.ahead).toEqual([]);
  });

  it("is committed a moment after somebody saw it, if it is as little as the echo of a key", () => {
    target.isLookedAt = true;
    ingest.take([data(256)]);
    expect(target.commits).toHaveLength(0);
    clock.advance(1);
    expect(target.ahead).toHaveLength(1);
    expect(target.commits).toHaveLength(0);
  });

  it("is committed 2 ms after it was seen, and goes on 4 ms after it", async () => {
    target.isLookedAt = true;
    ingest.take([data(256)]);
    clock.advance(2);
    await settle();
    ingest.take([data(1)]);
    await finish(0);
    clock.advance(1);
    expect(target.ahead).toHaveLength(1);
    clock.advance(1);
    expect(target.ahead.map((batch) => [batch.start, batch.end])).toEqual([
      [0, 256],
      [256, 257],
    ]);
  });

  it("is committed at once if it is more than that", () => {
    target.isLookedAt = true;
    ingest.take([data(257)]);
    expect(target.commits).toHaveLength(1);
  });

  it("has a batch of its own behind a host that was killed: what was committed before it decides what is said", async () => {
    ingest.take([data(1)]);
    ingest.take([data(2), adopted(), data(3), adopted()]);
    for (let at = 0; at < 4; at += 1) {
      await finish(at);
      clock.advance(4);
      await settle();
    }
    expect(target.shown.map(({ start, end, adopted: mark }) => [start, end, mark?.index])).toEqual([
      [0, 1, undefined],
      [1, 3, undefined],
      [3, 6, 2],
      [6, 6, 4],
    ]);
  });

  it("is gathered while a commit is under way, and until 4 ms after the batch before", async () => {
    ingest.take([data(1)]);
    ingest.take([data(2)]);
    ingest.take([data(3)]);
    expect(target.commits).toHaveLength(1);
    await finish(0);
    expect(target.commits).toHaveLength(1);
    clock.advance(4);
    await settle();
    expect(target.commits[1]?.batch.end).toBe(6);
  });

  it("is committed without waiting once 64 KiB are there", async () => {
    ingest.take([data(1)]);
    ingest.take([data(64 * 1024)]);
    await finish(0);
    expect(target.commits).toHaveLength(2);
  });

  it("is committed as soon as 64 KiB are there, also in the 4 ms", async () => {
    ingest.take([data(1)]);
    await finish(0);
    ingest.take([data(1)]);
    expect(target.commits).toHaveLength(1);
    ingest.take([data(64 * 1024)]);
    expect(target.commits).toHaveLength(2);
  });

  it("makes room while somebody types elsewhere: 16 KiB each 32 ms", async () => {
    target.isTypedElsewhere = true;
    ingest.take([data(1)]);
    ingest.take(Array.from({ length: 20 }, () => data(16 * 1024)));
    await finish(0);
    clock.advance(31);
    expect(target.commits).toHaveLength(1);
    clock.advance(1);
    expect(target.commits[1]?.batch.end).toBe(1 + 16 * 1024);
  });

  it("makes none once the program has ended", async () => {
    target.isTypedElsewhere = true;
    ingest.take([data(1)]);
    ingest.take([...Array.from({ length: 8 }, () => data(16 * 1024)), ended()]);
    await finish(0);
    expect(target.commits[1]?.batch.runEnd).not.toBeNull();
  });

  it("is committed in batches of at most 256 KiB", async () => {
    ingest.take([data(1)]);
    ingest.take(Array.from({ length: 20 }, () => data(64 * 1024)));
    await finish(0);
    expect(target.commits[1]?.batch.end).toBe(1 + 256 * 1024);
  });

  it("waits for the screen engine when that is far behind", async () => {
    const gate = Promise.withResolvers<void>();
    target.gate = gate.promise;
    ingest.take([data(1)]);
    await settle();
    expect(target.commits).toHaveLength(0);
    gate.resolve();
    await settle();
    expect(target.commits).toHaveLength(1);
  });
});

describe("records that came before", () => {
  it("are left out", async () => {
    const [first, second] = [data(3), data(4)];
    ingest.take([first, second]);
    await finish(0);
    clock.advance(10);
    ingest.take([first, second, data(5)]);
    await finish(1);
    expect(target.shown.map((batch) => [batch.start, batch.end])).toEqual([
      [0, 7],
      [7, 12],
    ]);
  });

  it("may be named by the row that the last server left", () => {
    ingest = new Ingest(target, clock, 2);
    ingest.take([data(3), data(4), data(5)]);
    expect(target.commits[0]?.batch.end).toBe(5);
  });
});

describe("a gap in the records", () => {
  it("is fatal: a log with a hole must not be written", () => {
    data(1);
    ingest.take([data(1)]);
    expect(target.fatals).toHaveLength(1);
    expect(target.commits).toHaveLength(0);
  });

  it("is accepted where the host says that the records are gone", () => {
    data(1);
    ingest.skipTo(1);
    ingest.take([data(1)]);
    expect(target.fatals).toEqual([]);
    expect(target.commits).toHaveLength(1);
  });
});

describe("a full disk", () => {
  it("keeps what could not be committed and tries again, in order and once", async () => {
    ingest.take([data(3)]);
    target.commits[0]?.reject(new PerdureError("storage-full"));
    await settle();
    ingest.take([data(4)]);
    expect(target.full).toEqual([true]);
    clock.advance(1000);
    await settle();
    expect(target.ahead).toHaveLength(1); // before it was known; from then on nothing, until there is room
    expect(target.commits[1]?.batch).toMatchObject({ start: 0, end: 7, nextRecord: 2 });
    await finish(1);
    expect(target.full).toEqual([true, false]);
    expect(target.shown).toHaveLength(1);
  });
});

describe("a disk that stays full", () => {
  it("keeps little in memory; the rest is asked of the host again when there is room, once and in order", async () => {
    const all = Array.from({ length: 40 }, () => data(64 * 1024));
    ingest.take(all.slice(0, 1));
    target.commits[0]?.reject(new PerdureError("storage-full"));
    await settle();
    for (const record of all.slice(1)) ingest.take([record]);
    expect(target.held).toBeLessThanOrEqual(320 * 1024);
    clock.advance(1000);
    await settle();
    await finish(1);
    expect(target.readAgainFrom).toEqual([4]);
    ingest.take(all.slice(30)); // still on its way from before
    ingest.take(all.slice(4));
    for (let at = 2; target.commits.length > at; at += 1) await finish(at);
    expect(target.fatals).toEqual([]);
    expect(target.end).toBe(40 * 64 * 1024);
    expect(target.held).toBe(0);
  });
});

describe("an end below the records that were committed", () => {
  it("is taken: the host lost its last records with the power, and numbered the end anew", async () => {
    ingest = new Ingest(target, clock, 100);
    ingest.take([{ index: 42, offset: 0, time: 0, is: "end", end: { is: "lost", reason: "rebooted" } }]);
    expect(target.commits[0]?.batch.runEnd?.end).toEqual({ is: "lost", reason: "rebooted" });
  });
});

describe("an epoch that is no longer this server's", () => {
  it("is fatal, and nothing counts as committed", async () => {
    ingest.take([data(3)]);
    target.commits[0]?.reject(new PerdureError("stale-epoch"));
    await settle();
    expect(target.fatals).toHaveLength(1);
    expect(target.shown).toHaveLength(0);
    ingest.take([data(1)]);
    expect(target.commits).toHaveLength(1);
  });
});

describe("stopping", () => {
  it("waits for the commit under way and shows it, then takes nothing more", async () => {
    ingest.take([data(3)]);
    let isStopped = false;
    const stopping = async (): Promise<void> => {
      await ingest.stop();
      isStopped = true;
    };
    void stopping();
    await settle();
    expect(isStopped).toBe(false);
    await finish(0);
    expect(isStopped).toBe(true);
    expect(target.shown).toHaveLength(1);
    ingest.take([data(3)]);
    expect(target.commits).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("does not wait for the moment in which a viewer draws", async () => {
    target.isLookedAt = true;
    ingest.take([data(3)]);
    const stopped = ingest.stop();
    await settle();
    await finish(0);
    await stopped;
    expect(target.shown).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("while the screen engine is waited for commits nothing: an empty batch would begin the run's records anew", async () => {
    ingest.take([data(3)]);
    await finish(0);
    const gate = Promise.withResolvers<void>();
    target.gate = gate.promise;
    clock.advance(10);
    ingest.take([data(4)]);
    const stopped = ingest.stop();
    gate.resolve();
    await stopped;
    expect(target.commits).toHaveLength(1);
    expect(target.fatals).toEqual([]);
  });
});

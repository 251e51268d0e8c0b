/**
 * The suite that every engine must pass: `storeAcceptance(name, setup)` inside a test file. It knows nothing but the interface.
 * The property test against a model in memory is in model.ts.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { modelProperty } from "./model.ts";
import type { NewRecord, RunRow, SessionRow, Snapshot, Store, StreamKey, Write } from "./store.ts";

/** One place that a store can be opened at again and again. */
export interface AcceptancePlace {
  /** Opens the store; an earlier one that was not closed is then replaced. */
  open(bootId?: string): Promise<Store>;
  /** Closes what is open and removes everything. */
  remove(): Promise<void>;
}

const TERMINAL: StreamKey = { session: "s", stream: "terminal" };
const EVENTS: StreamKey = { session: "s", stream: "events" };
const SESSION: SessionRow = { id: "s", name: "first", createdAt: 1, lastActivityAt: 2, details: '{"a":1}' };
const RUN: RunRow = {
  id: "r",
  session: "s",
  number: 1,
  kind: "pty",
  baseOffset: 0,
  appliedRecord: 0,
  appliedOffset: 0,
  state: "{}",
  isOpen: true,
};

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function append(text: string, time = 1_000, key = TERMINAL): Write {
  return { op: "append", ...key, records: [{ kind: key.stream === "events" ? "event" : "output", time, data: bytes(text) }] };
}

function appendRecords(records: readonly NewRecord[], key = TERMINAL): Write {
  return { op: "append", ...key, records };
}

function resize(cols: number): NewRecord {
  return { kind: "resize", time: 1_000, data: bytes(""), size: { cols, rows: 24 } };
}

function snapshot(offset: number, text: string, kind = "screen"): Snapshot {
  return { ...TERMINAL, kind, version: 3, offset, cols: 80, rows: 24, data: bytes(text) };
}

function putSnapshot(offset: number, text: string, kind = "screen"): Write {
  return { op: "put-snapshot", snapshot: snapshot(offset, text, kind) };
}

async function textFrom(store: Store, from: number, maxBytes = 1_000_000, key = TERMINAL): Promise<string> {
  const result = await store.read(key, from, maxBytes);
  if (!result.ok) return result.reason;
  return result.records.map((record) => new TextDecoder().decode(record.data)).join("");
}

/** Declares the suite. `setup` gives an empty place for each test. */
export function storeAcceptance(name: string, setup: () => Promise<AcceptancePlace>): void {
  describe(name, () => {
    let place: AcceptancePlace;
    let store: Store;

    beforeEach(async () => {
      place = await setup();
      store = await place.open();
      await store.commit(
        [
          { op: "put-session", session: SESSION },
          { op: "put-run", run: RUN },
        ],
        "full",
      );
    });

    afterEach(() => place.remove());

    const parts: Parts = { place: () => place, store: () => store };
    streams(parts);
    commits(parts);
    numbers(parts);
    registry(parts);
    snapshots(parts);
    retention(parts);
    lives(parts);
    describe("compared with a model in memory", () => modelProperty(() => place));
  });
}

interface Parts {
  readonly place: () => AcceptancePlace;
  readonly store: () => Store;
}

function streams({ store }: Parts): void {
  describe("a stream", () => {
    test("gives back what was appended, with offsets, kinds and times", async () => {
      await store().commit([appendRecords([resize(80), { kind: "output", time: 5, data: bytes("ab") }]), append("c", 7)], "full");
      const result = await store().read(TERMINAL, 0, 100);
      expect(result).toMatchObject({
        ok: true,
        state: { incarnation: 1, trimmed: 0, tail: 3 },
        records: [
          { kind: "resize", offset: 0, size: { cols: 80, rows: 24 } },
          { kind: "output", offset: 0, time: 5, data: bytes("ab") },
          { kind: "output", offset: 2, time: 7, data: bytes("c") },
        ],
      });
    });

    test("is read from any byte on, cut there", async () => {
      await store().commit([append("hello "), append("world")], "normal");
      for (let from = 0; from <= 11; from += 1) expect(await textFrom(store(), from)).toBe("hello world".slice(from));
    });

    test("is read in pages of the size asked for", async () => {
      await store().commit([append("x".repeat(200_000))], "normal");
      const page = await store().read(TERMINAL, 1_000, 70_000);
      expect(page.ok && page.records.reduce((sum, record) => sum + record.data.length, 0)).toBe(70_000);
    });

    test("leaves resizes at the end of a page to the next page, and gives those at the tail", async () => {
      await store().commit(
        [appendRecords([{ kind: "output", time: 1, data: bytes("ab") }, resize(10)]), append("cd"), appendRecords([resize(20)])],
        "full",
      );
      const kinds = async (from: number, maxBytes: number) => {
        const page = await store().read(TERMINAL, from, maxBytes);
        return page.ok ? page.records.map((record) => record.size?.cols ?? record.kind) : page.reason;
      };
      expect(await kinds(0, 2)).toEqual(["output"]);
      expect(await kinds(2, 100)).toEqual([10, "output", 20]);
      expect(await kinds(4, 100)).toEqual([20]);
    });

    test("keeps events whole, however large and however small the page", async () => {
      const events = ["{}", "x".repeat(150_000), "[1]"];
      await store().commit(
        events.map((event) => append(event, 1_000, EVENTS)),
        "full",
      );
      const all = await store().read(EVENTS, 0, 1_000_000);
      expect(all.ok && all.records.map((record) => record.data.length)).toEqual([2, 150_000, 3]);
      const page = await store().read(EVENTS, 2, 10);
      expect(page.ok && page.records.map((record) => record.data.length)).toEqual([150_000]);
    });

    test("says when the offset is beyond its tail, and when it does not exist", async () => {
      expect(await store().read(TERMINAL, 0, 10)).toEqual({ ok: false, reason: "unknown-stream" });
      expect(await store().streamState(TERMINAL)).toBeNull();
      await store().commit([append("abc")], "full");
      expect(await store().read(TERMINAL, 4, 10)).toMatchObject({ ok: false, reason: "beyond-tail", state: { tail: 3 } });
      expect(await textFrom(store(), 3)).toBe("");
    });

    test("keeps nothing of an empty record", async () => {
      await store().commit([append(""), append("a")], "full");
      const all = await store().read(TERMINAL, 0, 10);
      expect(all.ok && all.records).toHaveLength(1);
    });
  });
}

function commits({ store }: Parts): void {
  describe("a commit", () => {
    test("that expects another tail is refused and says where the stream stands", async () => {
      await store().commit([append("abc")], "full");
      const refused = await store().commit([{ ...append("d"), expectedTail: 2 } as Write], "full");
      expect(refused).toEqual({ ok: false, reason: "tail-mismatch", at: 0, expected: 3 });
      expect(await store().commit([{ ...append("d"), expectedTail: 3 } as Write], "full")).toEqual({ ok: true });
    });

    test("that is refused changes nothing, while those beside it are kept", async () => {
      const results = await Promise.all([
        store().commit([append("a")], "normal"),
        store().commit(
          [append("LOST"), { op: "apply", run: "r", record: 9, offset: 9 }, { op: "apply", run: "none", record: 1, offset: 1 }],
          "normal",
        ),
        store().commit([append("b")], "normal"),
      ]);
      expect(results).toEqual([{ ok: true }, { ok: false, reason: "unknown-run", at: 2 }, { ok: true }]);
      expect(await textFrom(store(), 0)).toBe("ab");
      expect(await store().runs("s")).toEqual([RUN]);
    });

    test("that cannot be carried out rejects alone", async () => {
      const [first, second, third] = await Promise.allSettled([
        store().commit([append("a")], "normal"),
        store().commit([append("LOST"), { op: "put-run", run: { ...RUN, id: "other" } }], "normal"),
        store().commit([append("b")], "normal"),
      ]);
      expect([first.status, second.status, third.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(await textFrom(store(), 0)).toBe("ab");
    });

    test("leaves the caller's bytes as they are", async () => {
      const data = bytes("hello");
      await store().commit([appendRecords([{ kind: "output", time: 1, data }])], "full");
      expect(data).toEqual(bytes("hello"));
    });

    test("moves a run's applied marks together with the append", async () => {
      await store().commit([append("abc"), { op: "apply", run: "r", record: 4, offset: 3 }], "normal");
      expect(await store().runs("s")).toEqual([{ ...RUN, appliedRecord: 4, appliedOffset: 3 }]);
    });

    test("for an unknown session is refused", async () => {
      const key: StreamKey = { session: "none", stream: "terminal" };
      expect(await store().commit([append("a", 1, key)], "full")).toMatchObject({ reason: "unknown-session" });
      expect(await store().commit([{ op: "put-run", run: { ...RUN, id: "x", session: "none" } }], "full")).toMatchObject({
        reason: "unknown-session",
      });
      expect(await store().commit([{ op: "take-number", ...key, writer: "w", seq: 1, numbering: "contiguous" }], "full")).toMatchObject({
        reason: "unknown-session",
      });
      expect(await store().commit([{ op: "put-snapshot", snapshot: { ...snapshot(0, "x"), ...key } }], "full")).toMatchObject({
        reason: "unknown-session",
      });
    });

    test("keeps the order of commits that were not waited for", async () => {
      await Promise.all(
        Array.from({ length: 300 }, (_, index) => store().commit([append(String.fromCodePoint(97 + (index % 26)))], "normal")),
      );
      expect(await textFrom(store(), 0)).toBe(Array.from({ length: 300 }, (_, index) => String.fromCodePoint(97 + (index % 26))).join(""));
    });
  });
}

function numbers({ store }: Parts): void {
  describe("a writer's number", () => {
    const take = (seq: number, numbering: "contiguous" | "increasing", writer = "w") =>
      store().commit([{ op: "take-number", ...TERMINAL, writer, seq, numbering }], "full");

    test("that is contiguous refuses duplicates and gaps, saying what it expects", async () => {
      expect(await take(2, "contiguous")).toEqual({ ok: false, reason: "gap", at: 0, expected: 1 });
      expect(await take(1, "contiguous")).toEqual({ ok: true });
      expect(await take(1, "contiguous")).toEqual({ ok: false, reason: "duplicate", at: 0, expected: 2 });
      expect(await take(2, "contiguous")).toEqual({ ok: true });
      expect(await store().writerNumber(TERMINAL, "w")).toBe(2);
    });

    test("that is increasing may jump, never repeat or fall back", async () => {
      expect(await take(7, "increasing")).toEqual({ ok: true });
      expect(await take(100, "increasing")).toEqual({ ok: true });
      expect(await take(100, "increasing")).toMatchObject({ reason: "duplicate" });
      expect(await take(8, "increasing")).toMatchObject({ reason: "duplicate" });
    });

    test("counts for each writer and stream by itself", async () => {
      await take(1, "contiguous", "a");
      expect(await take(1, "contiguous", "b")).toEqual({ ok: true });
      expect(await store().writerNumber(EVENTS, "a")).toBe(0);
    });
  });

  test("the ledger of sends takes the next number only", async () => {
    const send = (seq: number, run = "r") =>
      store().commit([{ op: "append-send", send: { run, seq, bytes: bytes(`${seq}`), cause: "c" } }], "full");
    expect(await send(1)).toEqual({ ok: true });
    expect(await send(1)).toEqual({ ok: false, reason: "duplicate", at: 0, expected: 2 });
    expect(await send(3)).toEqual({ ok: false, reason: "gap", at: 0, expected: 2 });
    expect(await send(2)).toEqual({ ok: true });
    expect(await send(1, "none")).toMatchObject({ reason: "unknown-run" });
    expect(await store().sends("r", 1)).toEqual([{ run: "r", seq: 2, bytes: bytes("2"), cause: "c" }]);
  });
}

function registry({ store }: Parts): void {
  describe("the registry", () => {
    test("replaces a session's row and lists sessions in the order of their making", async () => {
      await store().commit(
        [
          { op: "put-session", session: { ...SESSION, id: "t", createdAt: 9 } },
          { op: "put-session", session: { ...SESSION, name: "new" } },
        ],
        "full",
      );
      expect(await store().sessions()).toEqual([
        { ...SESSION, name: "new" },
        { ...SESSION, id: "t", createdAt: 9 },
      ]);
    });

    test("lists the runs of a session by number, and the open ones of all", async () => {
      const closed: RunRow = { ...RUN, id: "r2", number: 2, kind: "pipe", isOpen: false };
      await store().commit(
        [
          { op: "put-run", run: { ...RUN, id: "r3", number: 3 } },
          { op: "put-run", run: closed },
        ],
        "full",
      );
      expect((await store().runs("s")).map((run) => run.id)).toEqual(["r", "r2", "r3"]);
      expect((await store().runs()).map((run) => run.id)).toEqual(["r", "r3"]);
    });

    test("deletes a session with all that belongs to it", async () => {
      await store().commit(
        [append("abc"), putSnapshot(3, "x"), { op: "append-send", send: { run: "r", seq: 1, bytes: bytes("a"), cause: "" } }],
        "full",
      );
      expect(await store().commit([{ op: "delete-session", session: "s" }], "full")).toEqual({ ok: true });
      expect(await store().sessions()).toEqual([]);
      expect(await store().runs("s")).toEqual([]);
      expect(await store().sends("r", 0)).toEqual([]);
      expect(await store().streamState(TERMINAL)).toBeNull();
      expect(await store().snapshot(TERMINAL, "screen", 10)).toBeNull();
      expect(await store().commit([append("d")], "full")).toMatchObject({ reason: "unknown-session" });
    });

    test("remembers an idempotency key for 24 hours", async () => {
      const take = (at: number) => store().commit([{ op: "take-key", key: "k", request: "q", result: "s", at }], "full");
      const hour = 3_600_000;
      expect(await take(0)).toEqual({ ok: true });
      expect(await take(23 * hour)).toMatchObject({ reason: "duplicate" });
      expect(await store().keyResult("k")).toEqual({ request: "q", result: "s" });
      expect(await take(24 * hour)).toEqual({ ok: true });
      expect(await store().keyResult("other")).toBeNull();
    });

    test("lets a code be used once, and not after its end", async () => {
      await store().commit(
        [
          { op: "put-code", codeHash: "a", expiresAt: 100 },
          { op: "put-code", codeHash: "b", expiresAt: 100 },
        ],
        "full",
      );
      const use = (codeHash: string, now: number) => store().commit([{ op: "use-code", codeHash, now }], "full");
      expect(await use("a", 99)).toEqual({ ok: true });
      expect(await use("a", 99)).toMatchObject({ reason: "unknown-code" });
      expect(await use("b", 100)).toMatchObject({ reason: "unknown-code" });
    });

    test("keeps devices and settings", async () => {
      const device = { id: "d", name: "phone", tokenHash: "h", createdAt: 1, lastSeenAt: 2 };
      await store().commit(
        [
          { op: "put-device", device },
          { op: "put-setting", name: "n", value: "1" },
        ],
        "full",
      );
      await store().commit(
        [
          { op: "put-device", device: { ...device, lastSeenAt: 5 } },
          { op: "put-setting", name: "n", value: "2" },
        ],
        "full",
      );
      expect(await store().devices()).toEqual([{ ...device, lastSeenAt: 5 }]);
      expect(await store().setting("n")).toBe("2");
      expect(await store().setting("none")).toBeNull();
      await store().commit([{ op: "delete-device", device: "d" }], "full");
      expect(await store().devices()).toEqual([]);
    });
  });
}

function snapshots({ store }: Parts): void {
  describe("a snapshot", () => {
    test("is found as the newest of its kind at or before an offset", async () => {
      await store().commit(
        [append("x".repeat(100)), putSnapshot(10, "ten"), putSnapshot(50, "fifty"), putSnapshot(20, "other", "state")],
        "full",
      );
      expect(await store().snapshot(TERMINAL, "screen", 100)).toEqual(snapshot(50, "fifty"));
      expect(await store().snapshot(TERMINAL, "screen", 49)).toEqual(snapshot(10, "ten"));
      expect(await store().snapshot(TERMINAL, "screen", 9)).toBeNull();
      expect(await store().snapshot(TERMINAL, "state", 100)).toEqual(snapshot(20, "other", "state"));
    });

    test("takes the place of one at the same offset", async () => {
      await store().commit([putSnapshot(0, "old"), putSnapshot(0, "new")], "full");
      expect(await store().snapshot(TERMINAL, "screen", 0)).toEqual(snapshot(0, "new"));
    });

    test("beyond the tail is refused", async () => {
      await store().commit([append("abc")], "full");
      expect(await store().commit([putSnapshot(4, "x")], "full")).toEqual({ ok: false, reason: "tail-mismatch", at: 0, expected: 3 });
    });

    test("may be large", async () => {
      const text = "abc".repeat(100_000);
      await store().commit([putSnapshot(0, text)], "full");
      expect(await store().snapshot(TERMINAL, "screen", 0)).toEqual(snapshot(0, text));
    });

    test("that is the newest is always kept, while older ones are thinned out", async () => {
      for (let index = 1; index <= 200; index += 1)
        await store().commit([append("x".repeat(10)), putSnapshot(index * 10, `${index}`)], "normal");
      expect(await store().snapshot(TERMINAL, "screen", 2_000)).toEqual(snapshot(2_000, "200"));
      expect(await store().snapshot(TERMINAL, "screen", 1_999)).toEqual(snapshot(10, "1"));
    });
  });
}

function retention({ store }: Parts): void {
  describe("trimming", () => {
    const DAY = 86_400_000;
    const trim = (maxBytes: number, maxAgeMs: number, now: number) => store().trim(TERMINAL, { maxBytes, maxAgeMs }, now);

    test("by bytes drops up to the newest screen that leaves enough, and answers `gone` with it", async () => {
      await store().commit(
        [append("a".repeat(100)), putSnapshot(100, "one"), append("b".repeat(100)), putSnapshot(200, "two"), append("c".repeat(100))],
        "full",
      );
      expect(await trim(150, DAY, 1_000)).toBe(100);
      expect(await store().streamState(TERMINAL)).toMatchObject({ trimmed: 100, tail: 300 });
      expect(await store().read(TERMINAL, 99, 10)).toMatchObject({
        ok: false,
        reason: "gone",
        snapshot: snapshot(100, "one"),
        state: { trimmed: 100 },
      });
      expect(await textFrom(store(), 100)).toBe("b".repeat(100) + "c".repeat(100));
      expect(await trim(150, DAY, 1_000)).toBe(0);
    });

    test("by age drops what is older", async () => {
      await store().commit(
        [append("old", 1_000), putSnapshot(3, "one"), appendRecords([resize(80)]), append("new", 5_000), append("newer", 9_000)],
        "full",
      );
      expect(await trim(1_000_000, 3_000, 9_000)).toBe(3);
      expect(await textFrom(store(), 3)).toBe("newnewer");
    });

    test("in the middle of a row keeps the rest of it", async () => {
      await store().commit([append("x".repeat(40_000) + "y".repeat(60_000))], "full");
      await store().commit([putSnapshot(30_000, "mid")], "full");
      expect(await trim(10_000, DAY, 1_000)).toBe(30_000);
      expect(await textFrom(store(), 30_000)).toBe("x".repeat(10_000) + "y".repeat(60_000));
      await store().commit([append("z".repeat(70_000))], "full");
      expect(await textFrom(store(), 95_000)).toBe("y".repeat(5_000) + "z".repeat(70_000));
    });

    test("without a screen to start from drops nothing", async () => {
      await store().commit([append("x".repeat(1_000)), putSnapshot(900, "s", "state")], "full");
      expect(await trim(10, 0, DAY)).toBe(0);
      expect(await textFrom(store(), 0)).toBe("x".repeat(1_000));
      expect(await store().trim({ session: "none", stream: "terminal" }, { maxBytes: 0, maxAgeMs: 0 }, DAY)).toBe(0);
    });
  });
}

function lives({ place, store }: Parts): void {
  describe("a store that is opened again", () => {
    const fill = () =>
      store().commit(
        [append("abc"), putSnapshot(2, "s"), { op: "take-number", ...TERMINAL, writer: "w", seq: 1, numbering: "contiguous" }],
        "normal",
      );

    test("has everything, and a higher epoch", async () => {
      await fill();
      await store().close();
      const again = await place().open();
      expect(again.epoch).toBe(store().epoch + 1);
      expect(again.report).toMatchObject({ migrated: null, powerCut: false, recovered: null });
      expect(await textFrom(again, 0)).toBe("abc");
      expect(await again.sessions()).toEqual([SESSION]);
      expect(await again.runs()).toEqual([RUN]);
      expect(await again.snapshot(TERMINAL, "screen", 3)).toEqual(snapshot(2, "s"));
      expect(await again.writerNumber(TERMINAL, "w")).toBe(1);
    });

    test("refuses every call of the one before", async () => {
      await fill();
      await place().open();
      const calls = [
        store().commit([append("d")], "normal"),
        store().read(TERMINAL, 0, 1),
        store().streamState(TERMINAL),
        store().snapshot(TERMINAL, "screen", 1),
        store().sessions(),
        store().runs(),
        store().sends("r", 0),
        store().writerNumber(TERMINAL, "w"),
        store().keyResult("k"),
        store().devices(),
        store().setting("n"),
        store().trim(TERMINAL, { maxBytes: 0, maxAgeMs: 0 }, 0),
        store().stats(),
      ];
      for (const result of await Promise.allSettled(calls))
        expect(result).toMatchObject({ status: "rejected", reason: { code: "stale-epoch" } });
      await store().close();
    });

    test("has new incarnations after another boot without a clean end, and only then", async () => {
      await fill();
      const sameBoot = await place().open();
      expect((await sameBoot.streamState(TERMINAL))?.incarnation).toBe(1);
      const otherBoot = await place().open("boot-2");
      expect(otherBoot.report.powerCut).toBe(true);
      expect((await otherBoot.streamState(TERMINAL))?.incarnation).toBe(2);
      await otherBoot.close();
      const afterClose = await place().open("boot-3");
      expect(afterClose.report.powerCut).toBe(false);
      expect((await afterClose.streamState(TERMINAL))?.incarnation).toBe(2);
    });

    test("has all that was committed and not waited for before the close", async () => {
      const waiting = Array.from({ length: 50 }, () => store().commit([append("x")], "normal"));
      await store().close();
      expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ ok: true })));
      expect(await textFrom(await place().open(), 0)).toBe("x".repeat(50));
    });

    test("rejects what comes after its close", async () => {
      await store().close();
      await expect(store().commit([append("x")], "full")).rejects.toMatchObject({ name: "PerdureError" });
      await expect(store().sessions()).rejects.toMatchObject({ name: "PerdureError" });
      await store().close();
    });
  });
}

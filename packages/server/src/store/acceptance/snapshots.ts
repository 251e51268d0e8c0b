/** Situations of snapshots and of trimming at them. */
import { describe, expect, test } from "vitest";
import { type Parts, TERMINAL, append, appendRecords, putSnapshot, resize, snapshot, textFrom } from "./rows.ts";

export function snapshots({ store }: Parts): void {
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

    test("of a screen keeps its place in the count of lines, and is listed with it", async () => {
      const place = { line: 7, columns: 16_400 };
      const placed = { op: "put-snapshot", snapshot: { ...snapshot(10, "ten"), place } } as const;
      await store().commit([append("x".repeat(20)), placed, putSnapshot(5, "five")], "full");
      expect(await store().snapshot(TERMINAL, "screen", 10)).toEqual({ ...snapshot(10, "ten"), place });
      const { version, cols, rows } = snapshot(5, "five");
      expect(await store().snapshotMarks(TERMINAL, "screen")).toEqual([
        { version, cols, rows, offset: 5, place: null },
        { version, cols, rows, offset: 10, place },
      ]);
      expect(await store().snapshotMarks(TERMINAL, "state")).toEqual([]);
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

    test("may say how many of its kind are kept, and others are not touched", async () => {
      await store().commit([append("x".repeat(100)), putSnapshot(5, "other", "state")], "full");
      for (const offset of [10, 20, 30, 40]) {
        await store().commit([{ op: "put-snapshot", snapshot: { ...snapshot(offset, `${offset}`), newest: 2 } }], "full");
      }
      expect(await store().snapshot(TERMINAL, "screen", 100)).toEqual(snapshot(40, "40"));
      expect(await store().snapshot(TERMINAL, "screen", 39)).toEqual(snapshot(30, "30"));
      expect(await store().snapshot(TERMINAL, "screen", 29)).toBeNull();
      expect(await store().snapshot(TERMINAL, "state", 100)).toEqual(snapshot(5, "other", "state"));
    });

    test("that is the newest is always kept, while older ones are thinned out", async () => {
      for (let index = 1; index <= 200; index += 1)
        await store().commit([append("x".repeat(10)), putSnapshot(index * 10, `${index}`)], "normal");
      expect(await store().snapshot(TERMINAL, "screen", 2_000)).toEqual(snapshot(2_000, "200"));
      expect(await store().snapshot(TERMINAL, "screen", 1_999)).toEqual(snapshot(10, "1"));
    });
  });
}

export function retention({ store }: Parts): void {
  const DAY = 86_400_000;
  const trim = (maxBytes: number, maxAgeMs: number, now: number) => store().trim(TERMINAL, { maxBytes, maxAgeMs }, now);

  describe("trimming", () => {
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

    test("of a whole stream keeps its tail, and what comes later stands there", async () => {
      await store().commit([append("old"), putSnapshot(3, "s", "state")], "full");
      await store().commit([append("x".repeat(100_000)), append("end"), { op: "drop-stream", ...TERMINAL }], "full");
      expect(await store().streamState(TERMINAL)).toMatchObject({ trimmed: 100_006, tail: 100_006 });
      expect(await store().snapshot(TERMINAL, "state", 100_006)).toBeNull();
      await store().commit([append("new"), { op: "drop-stream", session: "none", stream: "wire" }], "full");
      expect(await textFrom(store(), 100_006)).toBe("new");
    });

    test("without a screen to start from drops nothing", async () => {
      await store().commit([append("x".repeat(1_000)), putSnapshot(900, "s", "state")], "full");
      expect(await trim(10, 0, DAY)).toBe(0);
      expect(await textFrom(store(), 0)).toBe("x".repeat(1_000));
      expect(await store().trim({ session: "none", stream: "terminal" }, { maxBytes: 0, maxAgeMs: 0 }, DAY)).toBe(0);
    });
  });
}

/** Situations of a stream: appending and reading. */
import { describe, expect, test } from "vitest";
import { type Parts, EVENTS, TERMINAL, append, appendRecords, bytes, resize, textFrom } from "./rows.ts";

export function streams({ store }: Parts): void {
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

    test("leaves a resize behind a row that the page ends in to the page behind that row", async () => {
      await store().commit([append("x".repeat(100)), appendRecords([resize(20)])], "full");
      const page = await store().read(TERMINAL, 0, 60);
      expect(page.ok && page.records.map(({ offset, size, data }) => [offset, size?.cols ?? data.length])).toEqual([[0, 60]]);
      const rest = await store().read(TERMINAL, 60, 60);
      expect(rest.ok && rest.records.map(({ offset, size, data }) => [offset, size?.cols ?? data.length])).toEqual([
        [60, 40],
        [100, 20],
      ]);
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
  });
}

export function edges({ store }: Parts): void {
  describe("at its edges, a stream", () => {
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

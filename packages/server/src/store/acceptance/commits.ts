/** Situations of commits: what happens whole or not at all. */
import { describe, expect, test } from "vitest";
import { type Parts, RUN, append, appendRecords, bytes, snapshot, textFrom } from "./rows.ts";
import type { StreamKey, Write } from "../store.ts";

export function commits({ store }: Parts): void {
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

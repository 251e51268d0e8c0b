/** Situations of the registry: sessions, runs, numbers, keys, codes, devices, settings. */
import { describe, expect, test } from "vitest";
import { type Parts, RUN, SESSION, EVENTS, TERMINAL, append, bytes, putSnapshot } from "./rows.ts";
import type { RunRow } from "../store.ts";

export function numbers({ store }: Parts): void {
  const take = (seq: number, numbering: "contiguous" | "increasing", writer = "w") =>
    store().commit([{ op: "take-number", ...TERMINAL, writer, seq, numbering }], "full");

  describe("a writer's number", () => {
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
    expect(await store().commit([{ op: "drop-sends", run: "r" }], "full")).toEqual({ ok: true });
    expect(await store().sends("r", 0)).toEqual([]);
  });
}

export function registry({ store }: Parts): void {
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

    test("lists sessions with their newest runs and their streams", async () => {
      await store().commit(
        [
          { op: "put-session", session: { ...SESSION, id: "t", createdAt: 9 } },
          { op: "put-run", run: { ...RUN, id: "r2", number: 2, isOpen: false } },
          append("abc"),
          append("{}\n", 1_000, EVENTS),
        ],
        "full",
      );
      const [first, second, ...more] = await store().keptSessions();
      expect(first?.session).toEqual(SESSION);
      expect(first?.run).toMatchObject({ id: "r2", number: 2, isOpen: false });
      expect(first?.streams).toHaveLength(2);
      expect(first?.streams).toEqual(expect.arrayContaining([await store().streamState(TERMINAL), await store().streamState(EVENTS)]));
      expect(second).toMatchObject({ session: { id: "t" }, run: null, streams: [] });
      expect(more).toEqual([]);
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
  });
}

export function credentials({ store }: Parts): void {
  describe("what lets somebody in", () => {
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

/** Situations over several lives of a store. */
import { describe, expect, test } from "vitest";
import { type Parts, RUN, SESSION, TERMINAL, append, putSnapshot, snapshot, textFrom } from "./rows.ts";

export function lives({ place, store }: Parts): void {
  const fill = () =>
    store().commit(
      [append("abc"), putSnapshot(2, "s"), { op: "take-number", ...TERMINAL, writer: "w", seq: 1, numbering: "contiguous" }],
      "normal",
    );

  describe("a store that is opened again", () => {
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

export function boots({ place, store }: Parts): void {
  test("streams have new incarnations after another boot without a clean end, and only then", async () => {
    await store().commit([append("abc")], "normal");
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
}

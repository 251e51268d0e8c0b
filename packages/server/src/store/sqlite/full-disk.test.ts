import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { lengthsOf, openEngine, print } from "./engine-fixture.ts";
import { TERMINAL, append, noise, output, putRun, putSession, readText, storeDirectory } from "./fixture.ts";

/** A real file system of 16 MB, or why there is none. */
let mounted: { readonly directory: string } | { readonly reason: string };

beforeAll(() => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", directory], { stdio: "pipe" });
    mounted = { directory };
  } catch (error) {
    fs.rmdirSync(directory);
    mounted = { reason: `no file system of 16 MB could be mounted (it takes root): ${String(error)}` };
  }
});

afterAll(() => {
  if (!("directory" in mounted)) return;
  execFileSync("umount", [mounted.directory]);
  fs.rmdirSync(mounted.directory);
});

/** Takes all space but `spare` bytes. */
function fillDisk(directory: string, spare: number): string {
  const ballast = path.join(directory, "ballast");
  const { bavail, bsize } = fs.statfsSync(directory);
  fs.writeFileSync(ballast, new Uint8Array(Math.max(bavail * bsize - spare, 0)));
  return ballast;
}

/** Appends until one is refused; says with what code, and how many bytes were acknowledged before. */
async function appendUntilRefused(store: Store, bytes: number): Promise<{ readonly written: number; readonly code: unknown }> {
  for (let written = 0; ; written += bytes) {
    const writes = [append([output(noise(written, bytes))]), { op: "apply", run: "r", record: 1, offset: written + bytes } as const];
    const code = await store.commit(writes, "normal").then(
      () => null,
      (error: { readonly code: unknown }) => error.code,
    );
    if (code !== null) return { written, code };
  }
}

describe("on a full disk", () => {
  test.for([300, 9_000, 120_000])(
    "appends of %i bytes are refused whole, and go on once there is space",
    { timeout: 30_000 },
    async (bytes, { skip }) => {
      if ("reason" in mounted) return skip(mounted.reason);
      await using directory = storeDirectory(mounted.directory);
      const store = await directory.open();
      await store.commit([putSession(), putRun()], "full");
      const ballast = fillDisk(mounted.directory, 1_500_000);
      const { written, code } = await appendUntilRefused(store, bytes);
      expect(code).toBe("storage-full");
      expect(written).toBeGreaterThan(0);
      expect(await store.streamState(TERMINAL)).toMatchObject({ tail: written });
      expect((await store.runs("s"))[0]?.appliedOffset).toBe(written);
      await expect(store.commit([append([output(noise(1, 300_000))])], "full")).rejects.toMatchObject({ code: "storage-full" });
      fs.rmSync(ballast);
      expect(await store.commit([append([output("!")])], "full")).toEqual({ ok: true });
      const text = await readText(store);
      expect([text.length, text.at(-1)]).toEqual([written + 1, "!"]);
      await store.close();
      const again = await directory.open();
      expect(again.report.recovered).toBeNull();
      expect((await readText(again)) === text).toBe(true);
    },
  );

  test("compaction gives up, and goes on once the stream does", async ({ skip }) => {
    if ("reason" in mounted) return skip(mounted.reason);
    await using directory = storeDirectory(mounted.directory);
    const clock = new FakeClock();
    const store = openEngine(directory, clock);
    await store.commit([putSession()], "full");
    const text = await print(store, 100, 10_000);
    const lengths = lengthsOf(directory.file);
    const ballast = fillDisk(mounted.directory, 0);
    clock.advance(60_000);
    expect(lengthsOf(directory.file)).toEqual(lengths);
    expect(clock.pending).toBe(0);
    fs.rmSync(ballast);
    expect((await readText(store)) === text).toBe(true);
    const more = await print(store, 1, 10_000, 100);
    clock.advance(60_000);
    expect(lengthsOf(directory.file).length).toBeLessThan(7);
    expect((await readText(store)) === text + more).toBe(true);
    await store.close();
    const again = await directory.open();
    expect(again.report.recovered).toBeNull();
    expect((await readText(again)) === text + more).toBe(true);
  });

  test("opening says that the disk is full", async ({ skip }) => {
    if ("reason" in mounted) return skip(mounted.reason);
    await using directory = storeDirectory(mounted.directory);
    const ballast = fillDisk(mounted.directory, 0);
    await expect(directory.open()).rejects.toMatchObject({ code: "storage-full" });
    fs.rmSync(ballast);
    expect((await directory.open()).report.recovered).toBeNull();
  });
});

import { PerdureError } from "@perdure/protocol";
import { expect, it } from "vitest";
import { FakeClock, settle } from "../testing/fake-clock.ts";
import { FullDisk } from "./full-disk.ts";

it("a commit that met a full disk is tried again each second, and both is said once", async () => {
  const clock = new FakeClock();
  const said: boolean[] = [];
  const disk = new FullDisk(clock, (isFull) => said.push(isFull));
  let tries = 0;
  const kept = disk.untilKept(() => {
    tries += 1;
    return tries < 3 ? Promise.reject(new PerdureError("storage-full")) : Promise.resolve("kept");
  });
  for (let second = 0; second < 2; second += 1) {
    await settle();
    clock.advance(1000);
  }
  expect(await kept).toBe("kept");
  expect([tries, said]).toEqual([3, [true, false]]);
});

it("what else goes wrong is not tried again", async () => {
  const disk = new FullDisk(new FakeClock(), () => undefined);
  await expect(disk.untilKept(() => Promise.reject(new PerdureError("stale-epoch")))).rejects.toThrow(PerdureError);
});

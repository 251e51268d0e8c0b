import { expect, test } from "vitest";
import type { HostRecord } from "../host/wire.ts";
import { FakeClock, settle } from "../testing/fake-clock.ts";
import { InProcessLines } from "./in-process-lines.ts";

const LINE = "x".repeat(1023);

function lines(): { readonly lines: InProcessLines; readonly emitted: HostRecord[] } {
  const emitted: HostRecord[] = [];
  return { emitted, lines: new InProcessLines(new FakeClock(), (records) => emitted.push(...records)) };
}

test("records are numbered, with the place of each in the output, and begin when somebody reads", () => {
  const { lines: made, emitted } = lines();
  void made.write("one");
  expect(emitted).toEqual([]);
  made.read(0);
  void made.write("two");
  made.end({ is: "exited", code: 0, signal: null });
  expect(emitted.map((record) => [record.index, record.offset, record.is])).toEqual([
    [0, 0, "data"],
    [1, 4, "data"],
    [2, 8, "end"],
  ]);
});

test("who writes waits while more than 64 KiB are not committed, and goes on as soon as they are", async () => {
  const { lines: made } = lines();
  made.read(0);
  for (let n = 0; n < 64; n += 1) await made.write(LINE);
  let hasRoom = false;
  const waiting = made.write(LINE).then(() => (hasRoom = true));
  await settle();
  expect(hasRoom).toBe(false);
  made.ack(1);
  await waiting;
  expect(hasRoom).toBe(true);
});

test("what is not committed can be read again from any record, and what is committed is gone", () => {
  const { lines: made, emitted } = lines();
  for (const line of ["a", "b", "c", "d"]) void made.write(line);
  made.ack(1);
  made.read(2);
  expect(emitted.map(({ index }) => index)).toEqual([2, 3]);
  made.read(0);
  expect(emitted.map(({ index }) => index)).toEqual([2, 3, 1, 2, 3]);
});

test("once it is closed nobody waits, and nothing more is taken but the end", async () => {
  const { lines: made, emitted } = lines();
  made.read(0);
  const waiting = Array.from({ length: 100 }, () => made.write(LINE));
  made.close();
  await Promise.all(waiting);
  await made.write("late");
  made.end({ is: "exited", code: 0, signal: null });
  expect(emitted).toHaveLength(101);
  expect(emitted.at(-1)?.is).toBe("end");
});

import { beforeEach, expect, test } from "vitest";
import { FakeClock } from "../../testing/fake-clock.ts";
import { Ledger } from "./ledger.ts";

let clock: FakeClock;
let ledger: Ledger;
let sent: number[];
let hasRoom: boolean;

const rows = (...seqs: readonly number[]) => seqs.map((seq) => ({ run: "r", seq, bytes: Buffer.from(`${seq}\n`), cause: `c${seq}` }));

beforeEach(() => {
  clock = new FakeClock();
  sent = [];
  hasRoom = true;
  ledger = new Ledger(clock, (_run, seq) => {
    if (hasRoom) sent.push(seq);
    return hasRoom;
  });
});

test("rows wait until the host has the run, then go in order, once", () => {
  ledger.add(rows(1, 2));
  expect(sent).toEqual([]);
  ledger.open();
  ledger.add(rows(3));
  expect(sent).toEqual([1, 2, 3]);
});

test("what is acknowledged says what it was for, and is not sent to another host", () => {
  ledger.open();
  ledger.add(rows(1, 2, 3));
  expect(ledger.acked(2)).toEqual(["c1", "c2"]);
  expect(ledger.acked(2)).toEqual([]);
  ledger.open();
  expect(sent).toEqual([1, 2, 3, 3]);
});

test("a refused row is sent again after a while, with those behind it", () => {
  ledger.open();
  ledger.add(rows(1, 2, 3));
  ledger.rewind(2);
  clock.advance(200);
  expect(sent).toEqual([1, 2, 3, 2, 3]);
});

test("a host that is full or away is asked again", () => {
  hasRoom = false;
  ledger.open();
  ledger.add(rows(1));
  hasRoom = true;
  clock.advance(200);
  expect(sent).toEqual([1]);
  expect(clock.pending).toBe(0);
});

test("nothing is left to happen after the end of the run", () => {
  hasRoom = false;
  ledger.open();
  ledger.add(rows(1));
  ledger.close();
  hasRoom = true;
  clock.advance(1000);
  expect(sent).toEqual([]);
});

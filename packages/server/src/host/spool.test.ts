import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RECORDS_ROOM } from "./frames.ts";
import { type RecordDraft, decodeRecords, endDraft } from "./records.ts";
import { Spool } from "./spool.ts";
import type { HostRecord } from "./wire.ts";

const MIB = 1024 * 1024;
let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-spool-"));
});

afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

function output(text: string): RecordDraft {
  return { kind: "output", time: 1, parts: [Buffer.from(text)] };
}

function readFrom(spool: Spool, index: number): HostRecord[] {
  const records: HostRecord[] = [];
  const cursor = spool.cursor(index);
  for (let framed = spool.read(cursor); framed; framed = spool.read(cursor))
    records.push(...(decodeRecords(framed.subarray(RECORDS_ROOM)) ?? []));
  return records;
}

function segments(): string[] {
  return fs.readdirSync(directory).toSorted();
}

test("what is appended is read from any index, also by the next host", () => {
  const spool = new Spool(directory, MIB);
  const texts = Array.from({ length: 300 }, (_, n) => `${n} `.repeat(1000));
  for (const text of texts) spool.append(output(text));
  spool.close();
  for (const each of [spool, new Spool(directory, MIB)]) {
    const records = readFrom(each, 123);
    expect(records.map((record) => record.index)).toEqual(texts.slice(123).map((_, n) => n + 123));
    expect(records.map((record) => record.is === "data" && Buffer.from(record.data).toString())).toEqual(texts.slice(123));
    expect(each.nextRecord).toBe(300);
    each.close();
  }
});

test("a torn tail is cut, and numbering goes on before it", () => {
  const spool = new Spool(directory, MIB);
  spool.append(output("kept"));
  spool.append(output("torn away"));
  spool.close();
  const file = path.join(directory, segments()[0] ?? "");
  for (const keep of [fs.statSync(file).size - 1, fs.statSync(file).size - 20, 32]) {
    fs.truncateSync(file, keep);
    const next = new Spool(directory, MIB);
    expect(next.nextRecord).toBe(1);
    expect(readFrom(next, 0)).toMatchObject([{ index: 0, offset: 0 }]);
    expect(next.append(output("again")).length).toBeGreaterThan(0);
    expect(readFrom(next, 0)).toMatchObject([{ index: 0 }, { index: 1, offset: 4 }]);
    next.close();
  }
});

test("a record whose bytes have changed is cut with all behind it", () => {
  const spool = new Spool(directory, MIB);
  for (const text of ["one", "two", "three"]) spool.append(output(text));
  spool.close();
  const file = path.join(directory, segments()[0] ?? "");
  const bytes = fs.readFileSync(file);
  bytes[bytes.indexOf("two")] = 0;
  fs.writeFileSync(file, bytes);
  expect(new Spool(directory, MIB).nextRecord).toBe(1);
});

test("acknowledged segments are removed, the newest stays with the end", () => {
  const spool = new Spool(directory, MIB);
  for (let n = 0; n < 100; n += 1) spool.append(output("x".repeat(10_000)));
  spool.append(endDraft(2, { is: "exited", code: 3, signal: null }));
  const before = segments().length;
  expect(before).toBeGreaterThan(3);
  spool.ack(50);
  expect(spool.firstRecord).toBeLessThanOrEqual(50);
  expect(spool.firstRecord).toBeGreaterThan(20);
  expect(readFrom(spool, 50)).toHaveLength(51);
  expect(spool.unackedBytes).toBeGreaterThanOrEqual(50 * 10_000);
  spool.ack(spool.nextRecord);
  expect(segments()).toHaveLength(1);
  expect(spool.unackedBytes).toBe(0);
  spool.close();
  expect(new Spool(directory, MIB).end).toEqual({ is: "exited", code: 3, signal: null });
});

test("an acknowledgement of what was never made is ignored", () => {
  const spool = new Spool(directory, MIB);
  spool.append(output("x"));
  spool.ack(7);
  expect(spool.unackedBytes).toBeGreaterThan(0);
});

// The disk really full is among the situations of test/, on a small file system of its own.
test("a write that fails, also in the middle of a record, changes nothing", () => {
  let room = 100;
  const spool = new Spool(directory, MIB, {
    writeSync(fd, buffer, offset, length, position) {
      if (room === 0) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      const taken = Math.min(length, room);
      room -= taken;
      return fs.writeSync(fd, buffer, offset, taken, position);
    },
  });
  spool.append(output("first"));
  const record = output("second, which is longer than there is room for on this disk by far");
  expect(() => spool.append(record)).toThrow("no space");
  expect(() => spool.append(record)).toThrow("no space");
  expect(spool.nextRecord).toBe(1);
  expect(fs.statSync(path.join(directory, segments()[0] ?? "")).size).toBe(spool.bytes);
  room = 1000;
  spool.append(record);
  expect(readFrom(spool, 0)).toMatchObject([{ index: 0 }, { index: 1, offset: 5 }]);
});

test("what is damaged is passed over, and what lies in later segments is read", () => {
  const spool = new Spool(directory, MIB);
  for (let n = 0; n < 40; n += 1) spool.append(output(`${n} `.repeat(4000)));
  const [, second] = segments();
  const file = path.join(directory, segments()[0] ?? "");
  fs.truncateSync(file, 20_000);
  fs.appendFileSync(file, Buffer.alloc(200_000));
  const records = readFrom(spool, 0);
  const found = records.map((record) => record.index);
  const next = Number(second?.slice(0, 16));
  expect(found).toEqual([0, 1, ...Array.from({ length: 40 - next }, (_, n) => n + next)]);
  spool.close();
});

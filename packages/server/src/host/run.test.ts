import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RECORDS_ROOM } from "./frames.ts";
import type { Program } from "./program.ts";
import { decodeRecords } from "./records.ts";
import { Run, type SpoolState } from "./run.ts";
import type { HostRecord } from "./wire.ts";

let directory: string;
let run: Run;
let program: FakeProgram;
let isFull: boolean;
let states: SpoolState[];
let records: HostRecord[];

class FakeProgram implements Program {
  readonly pid = 1;
  waitingBytes = 0;
  isReading = true;
  readonly written: string[] = [];

  write(data: Uint8Array): void {
    this.written.push(Buffer.from(data).toString());
  }

  resize(): void {}

  setReading(isReading: boolean): void {
    this.isReading = isReading;
  }

  close(): void {}
}

beforeEach(() => {
  vi.useFakeTimers();
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-run-"));
  isFull = false;
  states = [];
  records = [];
  const facts = { run: "r1", kind: "pty", command: ["x"], cwd: "/", cols: 80, rows: 24, bootId: "b" } as const;
  const events = {
    appended: (_: Run, framed: Buffer) => void records.push(...(decodeRecords(framed.subarray(RECORDS_ROOM)) ?? [])),
    spoolChanged: (_: Run, state: SpoolState) => void states.push(state),
  };
  run = new Run(directory, facts, 1, 1024 * 1024, events, { writeSync });
  program = new FakeProgram();
  run.started(program);
});

afterEach(() => {
  run.close();
  vi.useRealTimers();
  fs.rmSync(directory, { recursive: true, force: true });
});

function writeSync(fd: number, buffer: Buffer, offset: number, length: number, position: number): number {
  if (isFull) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  return fs.writeSync(fd, buffer, offset, length, position);
}

function print(text: string): void {
  run.output("output", Buffer.from(text));
  vi.advanceTimersByTime(5);
}

function type(seq: number, text: string): ReturnType<Run["input"]> {
  return run.input({ handle: 1, numbering: "contiguous", writer: "w", seq, data: Buffer.from(text) });
}

function printed(): string {
  return records.map((record) => (record.is === "data" ? Buffer.from(record.data).toString() : record.is)).join("|");
}

// A real file system that is full at every write belongs to test/.
test("while the disk is full the program is not read; all comes, in order, when there is room", () => {
  print("before");
  isFull = true;
  print("pending");
  expect(program.isReading).toBe(false);
  expect(states).toEqual(["disk-full"]);
  run.resize(100, 30);
  run.resize(90, 20);
  vi.advanceTimersByTime(3000);
  expect(printed()).toBe("before");
  run.ended({ is: "exited", code: 0, signal: null });
  isFull = false;
  vi.advanceTimersByTime(1000);
  expect(printed()).toBe("before|pending|resize|end");
  expect(records.map((record) => record.index)).toEqual([0, 1, 2, 3]);
  expect(records[2]).toMatchObject({ cols: 90, rows: 20 });
  expect(states).toEqual(["disk-full", "ok"]);
});

test("output that comes together is one record, and is not held back for longer than a moment", () => {
  for (const text of ["a", "b", "c"]) run.output("output", Buffer.from(text));
  vi.advanceTimersByTime(3);
  expect(printed()).toBe("abc");
});

test("a server that falls silent does not hold the program; one that acknowledges does", () => {
  run.readBegun();
  const chunk = "x".repeat(60_000);
  const big = new Run(path.join(directory, "big"), { ...run.facts, run: "r2" }, 2, 64 * 1024 * 1024, {
    appended: () => {},
    spoolChanged: () => {},
  });
  const read = new FakeProgram();
  big.started(read);
  big.readBegun();
  for (let n = 0; n < 80; n += 1) {
    big.output("output", Buffer.from(chunk));
    vi.advanceTimersByTime(3);
  }
  expect(read.isReading).toBe(false);
  big.ack(1);
  vi.advanceTimersByTime(900);
  expect(read.isReading).toBe(false);
  vi.advanceTimersByTime(200);
  expect(read.isReading).toBe(true);
  big.ack(2);
  expect(read.isReading).toBe(false);
  big.ack(70);
  expect(read.isReading).toBe(true);
  big.close();
});

test("what does not fit into the queue is refused whole, and its number stays free", () => {
  program.waitingBytes = 1024 * 1024 - 1;
  expect(type(1, "ab")).toEqual({ ok: false, reason: "queue-full" });
  program.waitingBytes = 0;
  expect(type(1, "ab")).toEqual({ ok: true });
  expect(type(1, "ab")).toEqual({ ok: true });
  expect(program.written).toEqual(["ab"]);
});

test("a clock that is set back does not hold the program", () => {
  const big = new Run(path.join(directory, "big"), { ...run.facts, run: "r2" }, 2, 64 * 1024 * 1024, {
    appended: () => {},
    spoolChanged: () => {},
  });
  const read = new FakeProgram();
  big.started(read);
  big.readBegun();
  vi.setSystemTime(Date.now() - 3_600_000);
  for (let n = 0; n < 80; n += 1) big.output("output", Buffer.from("x".repeat(60_000)));
  vi.advanceTimersByTime(10);
  expect(read.isReading).toBe(false);
  vi.advanceTimersByTime(1100);
  expect(read.isReading).toBe(true);
  big.close();
});

test("what a host that exits has in memory is in the spool of the next one", () => {
  isFull = true;
  print("one ");
  run.output("output", Buffer.from("two"));
  isFull = false;
  run.close();
  run = new Run(directory, run.facts, 1, 1024 * 1024, { appended: () => {}, spoolChanged: () => {} });
  expect(run.spool.nextRecord).toBe(2);
});

test("a run that has lost records to a power cut ends for a server that has committed them", () => {
  print("x");
  run.ended({ is: "lost", reason: "rebooted" });
  run.committedBefore(40);
  expect(records.map(({ index, is }) => [index, is])).toEqual([
    [0, "data"],
    [1, "end"],
    [40, "end"],
  ]);
  run.committedBefore(41);
  expect(records).toHaveLength(3);
});

test("a run whose newest segment is larger than a new limit is read again when all is acknowledged", () => {
  for (let n = 0; n < 3; n += 1) print("x".repeat(30_000));
  run.close();
  const events = { appended: () => {}, spoolChanged: (_: Run, state: SpoolState) => void states.push(state) };
  run = new Run(directory, run.facts, 1, 64 * 1024, events);
  run.started(program);
  expect(program.isReading).toBe(false);
  run.ack(run.spool.nextRecord);
  expect(program.isReading).toBe(true);
});

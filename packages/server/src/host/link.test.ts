import * as fs from "node:fs";
import type { Socket } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { Duplex } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FrameReader } from "./frames.ts";
import { Link } from "./link.ts";
import { decodeRecords } from "./records.ts";
import { Run } from "./run.ts";
import { HOST_FRAME } from "./wire.ts";

const MIB = 1024 * 1024;
let directory: string;
let runs: Run[];

/** A peer that takes what was written when the test says so. */
class SlowSocket extends Duplex {
  readonly #frames = new FrameReader();
  #take = () => {};
  /** Handles of the runs whose records came, and `gone` messages, in order. */
  readonly came: (number | string)[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.#take = () => {
      this.#frames.push(chunk, (type, body) => this.#frame(type, body));
      done();
    };
  }

  takeAll(): void {
    for (let left = this.writableLength; left > 0; left = this.writableLength) this.#take();
  }

  #frame(type: number, body: Buffer): void {
    if (type === HOST_FRAME.control) this.came.push((JSON.parse(body.toString()) as { type: string }).type);
    else if (decodeRecords(body.subarray(4))) this.came.push(body.readUInt32BE(0));
  }
}

let socket: SlowSocket;
let unreadable: number[];
let link: Link;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-link-"));
  runs = [];
  unreadable = [];
  socket = new SlowSocket();
  link = new Link(socket as unknown as Socket, {
    request: () => {},
    input: () => {},
    closed: () => {},
    unreadable: (run) => void unreadable.push(run.handle),
  });
});

afterEach(() => {
  vi.useRealTimers();
  socket.destroy();
  for (const run of runs) run.close();
  fs.rmSync(directory, { recursive: true, force: true });
});

/** A run with so many bytes in its spool, in records of 50 KB. */
function spooled(handle: number, bytes: number): Run {
  const facts = { run: `r${handle}`, kind: "pty", command: ["x"], cwd: "/", cols: 80, rows: 24, bootId: "b" } as const;
  const events = { appended: (run: Run, framed: Buffer) => link.offer(run, framed), spoolChanged: () => {} };
  const run = new Run(path.join(directory, String(handle)), facts, handle, 64 * MIB, events);
  runs.push(run);
  for (let left = bytes; left > 0; left -= 50_000) run.spool.append({ kind: "output", time: 1, parts: [Buffer.alloc(50_000)] });
  return run;
}

test("a run far behind does not hold up the others", () => {
  const [flood, quiet] = [spooled(1, 20 * MIB), spooled(2, 50_000)];
  link.read(flood, 0);
  link.read(quiet, 0);
  socket.takeAll();
  expect(socket.came.length).toBeGreaterThan(80);
  expect(socket.came.indexOf(2)).toBeLessThan(12);
});

test("a spool that cannot be read is tried again, and the other runs go on", () => {
  vi.useFakeTimers();
  const [bad, good] = [spooled(1, 50_000), spooled(2, 50_000)];
  const segment = path.join(directory, "1", "spool", fs.readdirSync(path.join(directory, "1", "spool"))[0] ?? "");
  fs.renameSync(segment, `${segment}.away`);
  link.read(bad, 0);
  link.read(good, 0);
  socket.takeAll();
  expect(socket.came).toEqual([2]);
  expect(unreadable).toContain(1);
  fs.renameSync(`${segment}.away`, segment);
  vi.advanceTimersByTime(1000);
  socket.takeAll();
  expect(socket.came).toEqual([2, 1]);
});

test("records that are damaged are said to be gone, and what comes later is sent", () => {
  const run = spooled(1, 100_000);
  const segment = path.join(directory, "1", "spool", fs.readdirSync(path.join(directory, "1", "spool"))[0] ?? "");
  fs.writeFileSync(segment, Buffer.alloc(fs.statSync(segment).size));
  link.read(run, 0);
  run.ended({ is: "exited", code: 0, signal: null });
  socket.takeAll();
  expect(socket.came).toEqual(["gone", 1]);
});

/** Conversations of tens of thousands of events, and of tens of megabytes: what a viewer is sent of them, and what is written for them. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import {
  decodeServerFrame,
  EMPTY_CONVERSATION,
  MAX_DATA_BYTES,
  partBefore,
  withEarlier,
  type ChatEvent,
  type Conversation,
  type DriverEvent,
} from "@perdure/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EventLog } from "../sessions/chat/event-log.ts";
import { EngineStore } from "../store/sqlite/engine-fixture.ts";
import type { Write } from "../store/store.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { Channel } from "./channel.ts";

let directory: string;
let clock: FakeClock;
let store: EngineStore;
beforeEach(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-long-"));
  clock = new FakeClock();
  store = new EngineStore({ file: path.join(directory, "perdure.db"), bootId: "boot", version: "0" }, clock, () => undefined);
  const session = { id: "s", name: "s", createdAt: 0, lastActivityAt: 0, details: "{}" };
  await store.commit([{ op: "put-session", session }], "full");
});
afterEach(async () => {
  await store.close();
  fs.rmSync(directory, { recursive: true, force: true });
});

function turnEvents(number: number, text: string, deltas: number): ChatEvent[] {
  const [input, turn, message, part] = [`i${number}`, `t${number}`, `m${number}`, `p${number}`];
  const events: DriverEvent[] = [
    { type: "input.accepted", input, text: `question ${number}` },
    { type: "input.dispatched", input, run: "r" },
    { type: "turn.started", turn, run: "r", input },
    { type: "message.started", message, turn },
    { type: "part.started", message, part, kind: "text" },
    ...Array.from({ length: deltas }, (): DriverEvent => ({ type: "part.delta", message, part, text })),
    { type: "message.ended", message },
    { type: "turn.ended", turn, end: "completed" },
  ];
  return events.map((event) => ({ ...event, at: number }));
}

interface Filled {
  readonly log: EventLog;
  /** Bytes of events, and of the snapshots that were written with them. */
  readonly eventBytes: number;
  readonly snapshotBytes: number;
}

function snapshotSize(write: Write): number {
  return write.op === "put-snapshot" ? write.snapshot.data.length : 0;
}

async function filled(turns: number, text: string, deltas: number): Promise<Filled> {
  const log = new EventLog(store, "s");
  await log.load();
  let snapshotBytes = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    const prepared = log.prepare(turnEvents(turn, text, deltas));
    snapshotBytes += prepared.writes.reduce((sum, write) => sum + snapshotSize(write), 0);
    expect(await store.commit(prepared.writes, "normal")).toEqual({ ok: true });
    prepared.done();
  }
  return { log, eventBytes: log.stream.tail, snapshotBytes };
}

/** The conversation as the frames of a snapshot bring it, to a socket that always sends at once. */
function shown(log: EventLog, isNewest: boolean): { readonly conversation: Conversation; readonly frames: readonly number[] } {
  const frames: Uint8Array[] = [];
  const write = (frame: Uint8Array): void => void frames.push(frame);
  const channel = new Channel({ channel: 1, clock, bufferedBytes: () => 0, write, takesParts: true });
  channel.snapshot({ cols: 1, rows: 1, ...log.snapshot(isNewest) });
  const data = frames.map((frame) => decodeServerFrame(frame)).flatMap((frame) => ("data" in frame ? [frame.data] : []));
  return { conversation: JSON.parse(Buffer.concat(data).toString()) as Conversation, frames: frames.map(({ length }) => length) };
}

function readBack(
  newest: Conversation,
  whole: Conversation,
): { readonly all: Conversation; readonly most: number; readonly parts: number } {
  let [all, most, parts] = [newest, 0, 0];
  while ((all.earlier ?? 0) > 0) {
    const part = partBefore(whole, all.earlier ?? 0);
    [all, most, parts] = [withEarlier(all, part), Math.max(most, JSON.stringify(part).length), parts + 1];
  }
  return { all, most, parts };
}

test("20,000 events open with two frames at most, and are read back in parts", async () => {
  const { log } = await filled(1000, "some words of an answer ", 13);
  const newest = shown(log, true);
  expect(newest.frames.length).toBeLessThanOrEqual(2);
  expect(newest.conversation.entries.at(-1)).toEqual({ is: "message", id: "m999" });
  const { all, most } = readBack(newest.conversation, log.conversation);
  expect(all.entries).toEqual(log.conversation.entries);
  expect(all.messages).toEqual(log.conversation.messages);
  expect(most).toBeLessThan(MAX_DATA_BYTES);
});

test("50 MB come in frames of bounded size, newest first or whole, and their snapshots stay in proportion", async () => {
  const { log, eventBytes, snapshotBytes } = await filled(1000, "some words ".repeat(1200), 4);
  expect(eventBytes).toBeGreaterThan(50_000_000);
  expect(snapshotBytes).toBeLessThan(6 * eventBytes);
  const newest = shown(log, true);
  expect(newest.frames.reduce((sum, size) => sum + size, 0)).toBeLessThan(2 * MAX_DATA_BYTES);
  const whole = shown(log, false);
  expect(Math.max(...newest.frames, ...whole.frames)).toBeLessThanOrEqual(MAX_DATA_BYTES + 17);
  expect(whole.conversation.entries).toEqual(log.conversation.entries);
  const { all, parts } = readBack(newest.conversation, log.conversation);
  expect(all.entries).toEqual(log.conversation.entries);
  expect(parts).toBeGreaterThan(300);

  const opened = new EventLog(store, "s");
  await opened.load();
  expect(opened.conversation.entries).toEqual(log.conversation.entries);
  log.unload();
  expect(log.conversation).toBe(EMPTY_CONVERSATION);
}, 60_000);

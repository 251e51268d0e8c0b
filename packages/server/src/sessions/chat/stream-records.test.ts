import { MAX_STREAM_RECORDS, type ChatEvent, type TurnEnd, type TurnEndCause } from "@perdure/protocol";
import { beforeEach, describe, expect, it, test } from "vitest";
import { FakeClock } from "../../testing/fake-clock.ts";
import { StreamRecords } from "./stream-records.ts";

let clock: FakeClock;
let lines: string[];
let records: StreamRecords;

beforeEach(() => {
  clock = new FakeClock();
  lines = [];
  const write = (_: object, line: string): void => void lines.push(line);
  records = new StreamRecords(clock, { info: write, warn: write, error: write });
});

const all = { windowMinutes: null, limit: 500 };

describe("a turn that ends is recorded by its end and cause", () => {
  test.each<[TurnEnd, TurnEndCause | undefined, string]>([
    ["completed", undefined, "stream.completed"],
    ["interrupted", "stopped", "stream.aborted.signal"],
    ["interrupted", "session-ended", "stream.aborted.signal"],
    ["interrupted", "agent-ended", "stream.abandoned"],
    ["interrupted", "host-died", "stream.abandoned"],
    ["interrupted", "rebooted", "stream.abandoned"],
    ["interrupted", undefined, "stream.abandoned"],
    ["interrupted", "server-cannot-know", "stream.reconciled.stale"],
    ["failed", "limit", "stream.finalized.error"],
  ])("%s %s is %s", (end, cause, code) => {
    records.committed("s", [{ type: "turn.ended", turn: "t", end, at: 1, ...(cause ? { cause } : {}) }]);
    expect(records.diagnostics(all).records).toEqual([{ at: clock.now(), code, session: "s", turn: "t", ...(cause ? { cause } : {}) }]);
    expect(lines).toEqual([`[chat-stream] ${code}`]);
  });
});

it("records what became of each rung, and no other event", () => {
  const recovery = { type: "recovery", rung: "resume", reason: "resumed", at: 1 } as const;
  const events: ChatEvent[] = [
    { ...recovery, outcome: "ok" },
    { ...recovery, outcome: "failed", reason: "auth" },
    { type: "message.ended", message: "m", at: 1 },
  ];
  records.committed("s", events);
  expect(records.diagnostics(all).records.map(({ code, cause }) => [code, cause])).toEqual([
    ["stream.recovery.failed", "resume:auth"],
    ["stream.recovered", "resume:resumed"],
  ]);
});

it("keeps the newest 500, and counts all", () => {
  for (let turn = 0; turn < MAX_STREAM_RECORDS + 7; turn += 1) records.note({ code: "stream.completed", session: "s", turn: `${turn}` });
  const { records: kept, counts, totals } = records.diagnostics(all);
  expect(kept).toHaveLength(MAX_STREAM_RECORDS);
  expect(kept[0]?.turn).toBe(`${MAX_STREAM_RECORDS + 6}`);
  expect(kept.at(-1)?.turn).toBe("7");
  expect(counts).toEqual({ "stream.completed": MAX_STREAM_RECORDS });
  expect(totals).toEqual({ "stream.completed": MAX_STREAM_RECORDS + 7 });
});

it("shows a window and a limit, newest first; the counts are of the whole window", () => {
  records.note({ code: "stream.abandoned", session: "old" });
  clock.advance(5 * 60_000 + 1);
  records.note({ code: "stream.attached", session: "a" });
  records.note({ code: "stream.completed", session: "a" });
  const { records: shown, counts } = records.diagnostics({ windowMinutes: 5, limit: 1 });
  expect(shown.map(({ code }) => code)).toEqual(["stream.completed"]);
  expect(counts).toEqual({ "stream.attached": 1, "stream.completed": 1 });
});

it("keeps no secret of a detail, and nothing longer than allowed", () => {
  records.note({ code: "client.stream.reader-error", session: "s", detail: `Bearer ${"Ab3".repeat(9)} ${"x".repeat(500)}` });
  const detail = records.diagnostics(all).records[0]?.detail ?? "";
  expect(detail).toHaveLength(200);
  expect(detail.startsWith("Bearer [secret] xxx")).toBe(true);
});

test("the newest 500 are kept, as it is promised", () => {
  expect(MAX_STREAM_RECORDS).toBe(500);
});

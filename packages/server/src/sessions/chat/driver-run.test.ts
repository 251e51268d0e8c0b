import type { ChatEvent } from "@perdure/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Driver, DriverInput, DriverState } from "../../agents/driver.ts";
import { LineSplitter } from "../../agents/line-splitter.ts";
import { claudeDriver } from "../../agents/claude/driver.ts";
import { codexDriver } from "../../agents/codex/driver.ts";
import { FIRST_RUN } from "../../agents/recordings.ts";
import type { Batch } from "../records.ts";
import { DriverRun, joinDeltas, type KeptDriver } from "./driver-run.ts";

interface Counting extends DriverState {
  readonly lines: number;
}

/** Tells each input as a notice, and answers each line with a send. */
const echo: Driver<Counting> = {
  version: 1,
  begin: () => ({ state: { sent: 1, lines: 0 }, events: [], sends: [{ text: "hello", cause: "hello" }] }),
  step: (state, input) => ({
    state: { sent: state.sent + 1, lines: state.lines + 1 },
    events: [{ type: "notice", notice: `${state.lines}`, level: "info", code: "told", text: told(input) }],
    sends: [{ text: `p${state.sent + 1}`, cause: "answer" }],
  }),
  timers: () => [],
};

function told(input: DriverInput): string {
  if (input.is === "line") return `${input.from}-${input.to} ${input.text}`;
  return input.is === "stderr" ? `stderr ${input.text}` : input.is;
}

function begun(): DriverRun {
  return new DriverRun(echo, DriverRun.begin(echo, FIRST_RUN, 1000, 0).kept);
}

interface Wrote {
  readonly channel: "output" | "error";
  readonly data: string;
}

function batchOf(wrote: readonly Wrote[], start: number): Batch {
  let offset = start;
  const pieces = wrote.map(({ data }) => {
    const piece = { is: "data", offset, time: 5, data: Buffer.from(data) } as const;
    offset += piece.data.length;
    return piece;
  });
  const records = wrote.map(({ channel, data }) => ({ kind: channel, time: 5, data: Buffer.from(data) }));
  return { start, end: offset, pieces, records, nextRecord: 0, runEnd: null };
}

const texts = (events: readonly ChatEvent[]): string[] => events.flatMap((event) => (event.type === "notice" ? [event.text] : []));

describe("a driver at work", () => {
  test("is begun with the first sends, numbered from one", () => {
    expect(DriverRun.begin(echo, FIRST_RUN, 0, 7).sends).toEqual([{ run: "run-1", seq: 1, bytes: Buffer.from("hello\n"), cause: "hello" }]);
  });

  test("gets lines when they are complete, and what stands on the error channel at once", () => {
    const run = begun();
    const folded = run.fold(
      batchOf(
        [
          { channel: "output", data: "one\ntw" },
          { channel: "error", data: "oh" },
          { channel: "output", data: "o\n" },
        ],
        1000,
      ),
    );
    expect(texts(folded.events)).toEqual(["0-4 one", "stderr oh", "4-8 two"]);
    expect(folded.sends.map(({ seq }) => seq)).toEqual([2, 3, 4]);
  });

  test("gets what is left at the end of the program, then the end", () => {
    const run = begun();
    const runEnd = { end: { is: "exited", code: 0, signal: null }, at: 9 } as const;
    expect(texts(run.fold({ ...batchOf([{ channel: "output", data: "cut" }], 1000), runEnd }).events)).toEqual(["0-3 cut", "exit"]);
  });

  test("goes on in another server as if it had never changed, wherever that is cut", () => {
    const wrote = fc.array(
      fc.record({
        channel: fc.constantFrom("output" as const, "error" as const),
        data: fc.string({ unit: fc.constantFrom("a", "é", "\n"), minLength: 1 }),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(wrote, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (all, restarts) => {
        const whole = begun();
        let run = begun();
        const expected: string[] = [];
        const got: string[] = [];
        let wire = 1000;
        for (const [index, one] of all.entries()) {
          const batch = batchOf([one], wire);
          wire = batch.end;
          const [a, b] = [whole.fold(batch), run.fold(batch)];
          whole.committed(a);
          run.committed(b);
          expected.push(...texts(a.events), ...a.sends.map(({ seq }) => `${seq}`));
          got.push(...texts(b.events), ...b.sends.map(({ seq }) => `${seq}`));
          if (restarts[index]) run = anew(b.kept, all.slice(0, index + 1));
        }
        expect(got).toEqual(expected);
      }),
    );
  });
});

/** As another server does it: the state from the store, and the program's output behind it from the log. */
function anew(kept: KeptDriver, written: readonly Wrote[]): DriverRun {
  let offset = 1000;
  const rest: Buffer[] = [];
  for (const { channel, data } of written) {
    const bytes = Buffer.from(data);
    if (channel === "output" && offset + bytes.length > kept.wire) rest.push(bytes.subarray(Math.max(0, kept.wire - offset)));
    offset += bytes.length;
  }
  const splitter = new LineSplitter(kept.folded);
  expect(splitter.push(Buffer.concat(rest))).toEqual([]);
  return new DriverRun(echo, JSON.parse(JSON.stringify(kept)) as KeptDriver, splitter);
}

const delta = (part: string, text: string): ChatEvent => ({ type: "part.delta", message: "m", part, text, at: 1 });

test("neighbouring deltas of a part are one event, up to a bound", () => {
  expect(joinDeltas([delta("a", "1"), delta("a", "2"), delta("b", "3"), delta("a", "4")])).toEqual([
    delta("a", "12"),
    delta("b", "3"),
    delta("a", "4"),
  ]);
  expect(joinDeltas([delta("a", "x".repeat(4000)), delta("a", "y".repeat(100))])).toHaveLength(2);
});

test("a program that prints nothing but ends of lines holds nobody up", () => {
  const size = 160 * 1024; // more than a call takes arguments
  const data = Buffer.alloc(size, "\n");
  for (const driver of [claudeDriver, codexDriver]) {
    const run = new DriverRun(driver, DriverRun.begin(driver, FIRST_RUN, 0, 0).kept);
    const pieces = [{ is: "data", offset: 0, time: 1, data }] as const;
    const began = performance.now();
    const folded = run.fold({ start: 0, end: size, pieces, records: [{ kind: "output", time: 1, data }], nextRecord: 0, runEnd: null });
    expect(folded.kept.folded).toBe(size);
    expect(folded.events).toEqual([]);
    expect(performance.now() - began).toBeLessThan(5000);
  }
});

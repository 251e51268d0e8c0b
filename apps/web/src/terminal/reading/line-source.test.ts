import { type EmulatedTerminal, type HistoryLines, lineText } from "@perdure/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LineSource } from "./line-source.ts";

interface Ask {
  readonly from: number;
  readonly signal: AbortSignal;
  readonly answer: (change?: Partial<HistoryLines>) => void;
  readonly fail: () => void;
}

let asks: Ask[];
let changes: number;
let source: LineSource;

/** The page's own terminal begins with line 5,000 and holds nothing that is asked for here. */
const numbers = { first: { line: 5_000, columns: 0 }, end: 5_040, rowCount: 0, *rows() {} };
const terminal = { buffer: { active: { getNullCell: () => ({}) } } } as unknown as EmulatedTerminal;

beforeEach(() => {
  vi.useFakeTimers();
  asks = [];
  changes = 0;
  source = new LineSource({ terminal, numbers, fetch: ask, changed: () => (changes += 1) });
});

afterEach(() => {
  source.close();
  vi.useRealTimers();
});

function ask(from: number, count: number, signal: AbortSignal): Promise<HistoryLines> {
  return new Promise((resolve, reject) => {
    const lines = Array.from({ length: count }, (_, at) => [`line ${from + at}`]);
    const whole = { from, lines, styles: [{}], continued: [from + 1], first: 0, settled: 5_000, incarnation: 1 };
    asks.push({ from, signal, answer: (change = {}) => resolve({ ...whole, ...change }), fail: () => reject(new Error("no connection")) });
  });
}

const textOf = (number: number): string | undefined => {
  const found = source.find(number);
  return found && lineText(found.line);
};

test("a line that is wanted comes with its page, and is asked for once", async () => {
  source.want(1_234);
  source.want(1_234);
  expect(asks.map(({ from }) => from)).toEqual([1_000]);
  asks[0]?.answer();
  await vi.runAllTimersAsync();
  expect([textOf(1_000), textOf(1_234), textOf(1_999), textOf(2_000)]).toEqual(["line 1000", "line 1234", "line 1999", undefined]);
  expect(source.find(1_001)?.isContinued).toBe(true);
  expect(changes).toBe(1);
  source.want(1_500);
  expect(asks).toHaveLength(1);
});

test("what was wanted before and has not come is given up", async () => {
  source.want(1_000);
  source.want(3_000);
  expect(asks.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  asks[0]?.answer();
  asks[1]?.answer();
  await vi.runAllTimersAsync();
  expect(textOf(3_000)).toBe("line 3000");
});

test("lines that the terminal has, or that are no longer kept, are not asked for", () => {
  source.setFirst(2_000);
  source.want(1_999);
  source.want(5_000);
  expect(asks).toEqual([]);
  expect(source.first).toBe(2_000);
});

test("after a failure it is looked at again two seconds later", async () => {
  source.want(1_000);
  asks[0]?.fail();
  await vi.advanceTimersByTimeAsync(0);
  source.want(1_000);
  expect(asks).toHaveLength(1);
  const before = changes;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(changes).toBe(before + 1);
  source.want(1_000);
  expect(asks).toHaveLength(2);
});

test("of another incarnation nothing that was read counts", async () => {
  source.want(1_000);
  asks[0]?.answer();
  await vi.runAllTimersAsync();
  source.want(3_000);
  asks[1]?.answer({ incarnation: 2 });
  await vi.runAllTimersAsync();
  expect([textOf(1_000), textOf(3_000)]).toEqual([undefined, "line 3000"]);
});

// Real store, real engines in their worker: what was printed is read again by number, from whichever kept screen lies before it.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { lineText } from "@perdure/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../platform/clock.ts";
import { openSqliteStore } from "../../store/sqlite-store.ts";
import type { Store, Write } from "../../store/store.ts";
import type { Engines } from "../../terminal/engine.ts";
import { openEngines } from "../../terminal/engines.ts";
import { CommandLog } from "../commands/command-log.ts";
import { sizeRecord } from "../records.ts";
import { Screen } from "../screen.ts";
import { History, historyServices } from "./history.ts";

const KEY = { session: "s", stream: "terminal" } as const;
const SIZE = { cols: 80, rows: 24 } as const;
const WHOLE_DAY = 86_400_000;

let directory: string;
let store: Store;
let engines: Engines;
let screen: Screen;
let history: History;
let tail: number;
let trimmed: number;

const signal = (): AbortSignal => AbortSignal.timeout(20_000);

beforeEach(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-history-"));
  const worker = new URL("../../store/store-worker.ts", import.meta.url);
  store = await openSqliteStore({ file: path.join(directory, "perdure.db"), worker, bootId: "boot", version: "0" });
  tail = 0;
  trimmed = 0;
  wake();
  const session = { id: "s", name: "s", createdAt: 0, lastActivityAt: 0, details: "{}" };
  await store.commit(
    [
      { op: "put-session", session },
      { op: "append", ...KEY, records: [sizeRecord(SIZE, 0)] },
    ],
    "normal",
  );
});

afterEach(async () => {
  screen.close();
  await engines.close();
  await store.close();
  fs.rmSync(directory, { recursive: true, force: true });
});

/** As a server that has just started. */
function wake(): void {
  engines = openEngines({ worker: new URL("../../terminal/engine-worker.ts", import.meta.url) });
  screen = new Screen({
    key: KEY,
    store,
    engines,
    clock: systemClock,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    tail: () => tail,
    start: () => ({ offset: trimmed, ...SIZE }),
    maxBehindBytes: 32 * 1024 * 1024,
    isWatched: () => false,
    commands: new CommandLog(),
    onEvent: () => undefined,
  });
  const stream = () => ({ ...KEY, incarnation: 1, trimmed, tail });
  history = new History({ key: KEY, store, engines, stream, reaches: () => Promise.resolve() }, historyServices(), systemClock);
}

async function restart(): Promise<void> {
  screen.close();
  await engines.close();
  wake();
}

async function print(text: string): Promise<void> {
  const data = Buffer.from(text);
  const write: Write = { op: "append", ...KEY, records: [{ kind: "output", time: 0, data }] };
  await store.commit([write], "normal");
  tail += data.length;
}

async function resize(cols: number, rows: number): Promise<void> {
  await store.commit([{ op: "append", ...KEY, records: [sizeRecord({ cols, rows }, 0)] }], "normal");
}

/** The screen looks at what was printed, keeps it and goes to sleep. */
async function sleep(): Promise<void> {
  await screen.snapshot(signal());
  await screen.sleep();
}

const row = (number: number): string => `line ${number} ${"abcdefghij".repeat(number % 13)}`;
const rows = (from: number, to: number): string => Array.from({ length: to - from }, (_, at) => `${row(from + at)}\r\n`).join("");

async function texts(from: number, count: number): Promise<string[]> {
  return (await history.lines(from, count, signal())).lines.map(lineText);
}

describe("the lines of a history", () => {
  test("are found by number, before and after a restart, whatever sizes the terminal had", async () => {
    for (let part = 0; part < 10; part += 1) {
      await print(rows(part * 2_000, (part + 1) * 2_000));
      if (part % 3 === 1) await resize(40 + part * 7, 20 + part);
      if (part % 2 === 0) await sleep();
      if (part === 5) await restart();
    }
    for (const from of [0, 1, 999, 3_456, 12_345, 17_999, 19_990]) {
      const found = await texts(from, 10);
      expect(found).toEqual(Array.from({ length: found.length }, (_, at) => (from + at < 20_000 ? row(from + at) : "")));
      expect(found.length).toBeGreaterThan(0);
    }
    expect((await store.snapshotMarks(KEY, "screen")).at(-1)?.place?.line).toBeGreaterThan(15_000);
    await restart();
    expect(await texts(12_345, 2)).toEqual([row(12_345), row(12_346)]);
  });

  test("of a line end where the next page begins, and say what is settled", async () => {
    await print(rows(0, 5_000));
    await sleep();
    const page = await history.lines(990, 1_000, signal());
    expect(page).toMatchObject({ from: 990, first: 0, incarnation: 1 });
    expect(page.lines).toHaveLength(10);
    expect(page.settled).toBeGreaterThanOrEqual(1_000);
    const last = await history.lines(4_999, 10, signal());
    expect(last.lines.map(lineText)).toEqual([row(4_999)]);
    expect(last.settled).toBeLessThan(4_999);
    expect((await history.lines(5_000, 10, signal())).lines).toEqual([[]]);
    expect((await history.lines(6_000, 10, signal())).lines).toEqual([]);
  });

  test("stay where they are when the oldest are dropped", async () => {
    for (let part = 0; part < 6; part += 1) {
      await print(rows(part * 10_000, (part + 1) * 10_000));
      await sleep();
    }
    expect(await store.trim(KEY, { maxBytes: tail / 2, maxAgeMs: WHOLE_DAY * 365 * 100 }, 0)).toBeGreaterThan(0);
    trimmed = (await store.streamState(KEY))?.trimmed ?? 0;
    const first = await history.first();
    expect(first).toBeGreaterThan(1_000);
    const oldest = await history.lines(0, 2, signal());
    expect(oldest).toMatchObject({ first, from: first });
    expect(oldest.lines.map(lineText)).toEqual([row(first), row(first + 1)]);
    await restart();
    expect(await texts(50_000, 1)).toEqual([row(50_000)]);
  });

  test("that a program cleared are still there", async () => {
    const before = Array.from({ length: 60 }, (_, at) => `line ${at}`);
    await print(`${before.join("\r\n")}\x1b[H\x1b[2J\x1b[3J${rows(200, 210)}`);
    await print(`\x1bc${rows(300, 305)}`);
    const all = await texts(0, 1_000);
    // What stood on the screen as it was erased is lost, as in every terminal: 24 rows.
    expect(all.slice(0, 36)).toEqual(before.slice(0, 36));
    const rest = all.slice(36).filter((text) => text !== "");
    expect(rest).toEqual([...Array.from({ length: 10 }, (_, at) => row(200 + at)), ...Array.from({ length: 5 }, (_, at) => row(300 + at))]);
  });

  test("have their colours, attributes and links", async () => {
    await print("\x1b[1;31mred\x1b[0m plain \x1b]8;;https://example.com/\x1b\\link\x1b]8;;\x1b\\ \x1b[48;2;1;2;3m漢字\x1b[0m\r\n");
    const { lines, styles } = await history.lines(0, 1, signal());
    expect(lines[0]).toEqual([["red", 1], " plain ", ["link", 2], " ", [["漢", "字"], 3]]);
    expect(styles).toEqual([{}, { fg: 1, bold: true }, { link: "https://example.com/" }, { bg: "#010203" }]);
  });

  test("are not read for somebody who has gone", async () => {
    await print(rows(0, 5_000));
    await expect(history.lines(0, 10, AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
    expect(await texts(4_000, 1)).toEqual([row(4_000)]);
  });
});

describe("searching", () => {
  test("finds the newest lines first, and goes on where it stopped", async () => {
    for (let part = 0; part < 4; part += 1) {
      await print(`${rows(part * 1_000, (part + 1) * 1_000)}here is a Needle ${part}\r\n`);
      await sleep();
    }
    const first = await history.search({ query: "needle", limit: 3 }, signal());
    expect(first.matches.map(({ excerpt, at }) => excerpt.slice(at))).toEqual(["Needle 3", "Needle 2", "Needle 1"]);
    expect(first.matches[0]?.line).toBe(4_003);
    const rest = await history.search({ query: "needle", before: first.next ?? -1, limit: 3 }, signal());
    expect(rest.matches.map(({ line }) => line)).toEqual([1_000]);
    expect(await history.search({ query: "needle", before: rest.next ?? 0, limit: 3 }, signal())).toEqual({ matches: [], next: null });
  });

  test("finds a text that is wrapped in the terminal", async () => {
    await print(`${"x".repeat(75)}needle${"y".repeat(75)}\r\n`);
    expect((await history.search({ query: "NEEDLE", limit: 1 }, signal())).matches).toMatchObject([{ line: 0, at: 60 }]);
  });
});

describe("a screen of the past", () => {
  test("is what was there at that place in the output", async () => {
    await print(rows(0, 3_000));
    await sleep();
    const middle = tail;
    await print("\x1b[2J\x1b[Hanother screen");
    await sleep();
    await restart();
    const last = row(2_999).slice(80);
    expect((await history.textAt(middle, signal())).at(-1)).toBe(last);
    expect((await history.textAt(tail, signal())).at(-1)).toBe("another screen");
    expect((await history.textAt(middle + 6, signal())).at(-1)).not.toBe(last);
    const { offset, cols, rows: height, place } = await history.screenAt(middle, signal());
    expect({ offset, cols, rows: height }).toEqual({ offset: middle, ...SIZE });
    expect(place?.line).toBeGreaterThan(1_000);
    await expect(history.textAt(tail + 1, signal())).rejects.toMatchObject({ code: "cursor-gone" });
  });
});

import { PerdureError, type StreamReport } from "@perdure/protocol";
import { beforeEach, expect, test } from "vitest";
import { settled } from "../testing/client-bench.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { FakeSurroundings } from "../testing/fake-surroundings.ts";
import { GATHER_MS, MAX_REPORT_TRIES, MAX_WAITING_REPORTS, StreamReporter } from "./stream-reporter.ts";

let clock: FakeClock;
let surroundings: FakeSurroundings;
let noted: string[];
/** The turns of each call, with whether it outlives the page. */
let calls: (readonly [turns: readonly string[], outlivesPage: boolean | undefined])[];
let answer: () => Promise<void>;
let reporter: StreamReporter;

beforeEach(() => {
  clock = new FakeClock();
  surroundings = new FakeSurroundings();
  noted = [];
  calls = [];
  answer = () => Promise.resolve();
  reporter = new StreamReporter({
    calls: {
      reportStreams: (reports, options) => {
        calls.push([reports.map(({ turn = "" }) => turn), options?.outlivesPage]);
        return answer();
      },
    },
    clock,
    surroundings,
    noted: ({ turn = "" }) => noted.push(turn),
  });
});

const report = (turn: string, session = "s1"): StreamReport => ({ code: "client.stream.done", session, turn });
const turns = (): string[] => calls.flatMap(([each]) => each);
const unreachable = (): Promise<never> => Promise.reject(new PerdureError("server-unreachable"));

async function gathered(): Promise<void> {
  clock.advance(GATHER_MS);
  await settled();
}

test("what comes together is sent together, each session's in a call of its own, at most 20 at once", async () => {
  reporter.connection(true);
  reporter.note(report("a"));
  reporter.note(report("other", "s2"));
  reporter.note(report("b"));
  expect([noted, calls]).toEqual([["a", "other", "b"], []]);
  await gathered();
  expect(calls).toEqual([[["a", "b"], true]]);
  await gathered();
  expect(calls.slice(1)).toEqual([[["other"], true]]);
  for (let n = 0; n < 25; n += 1) reporter.note(report(`n${n}`));
  await gathered();
  await gathered();
  expect(calls.slice(2).map(([each]) => each.length)).toEqual([20, 5]);
});

test("without a connection nothing is asked for, and only the newest are kept for the next one", async () => {
  for (let n = 0; n < MAX_WAITING_REPORTS + 10; n += 1) reporter.note(report(`n${n}`));
  await gathered();
  expect(calls).toEqual([]);
  reporter.connection(true);
  for (let n = 0; n < 10; n += 1) await gathered();
  expect(turns()).toEqual(Array.from({ length: MAX_WAITING_REPORTS }, (_, n) => `n${n + 10}`));
});

test("a call that nobody heard is tried again, not for ever; an answer of any kind is the end of it", async () => {
  reporter.connection(true);
  answer = unreachable;
  reporter.note(report("a"));
  for (let n = 0; n < MAX_REPORT_TRIES + 5; n += 1) await gathered();
  expect(turns()).toEqual(Array.from({ length: MAX_REPORT_TRIES }, () => "a"));
  answer = () => Promise.reject(new PerdureError("rate-limited"));
  reporter.note(report("b"));
  for (let n = 0; n < 5; n += 1) await gathered();
  expect(turns().slice(MAX_REPORT_TRIES)).toEqual(["b"]);
});

test("while a call is under way the rest waits, also where it never ends", async () => {
  reporter.connection(true);
  answer = () => new Promise(() => undefined);
  reporter.note(report("a"));
  await gathered();
  reporter.note(report("b"));
  for (let n = 0; n < 5; n += 1) await gathered();
  expect(turns()).toEqual(["a"]);
});

test("a page that stops running says at once what it has", () => {
  reporter.connection(true);
  for (const [turn, session] of [["a"], ["b", "s2"], ["c"]] as const) reporter.note(report(turn, session));
  surroundings.happen("focus");
  expect(calls).toEqual([]);
  surroundings.happen("pagehide");
  expect(calls).toEqual([[["a", "c"], true], [["b"], true]]); // prettier-ignore
});

test("closed, it says what is left, once, and nothing later", async () => {
  reporter.connection(true);
  answer = unreachable;
  reporter.note(report("a"));
  reporter.close();
  reporter.note(report("b"));
  for (let n = 0; n < 5; n += 1) await gathered();
  expect(turns()).toEqual(["a"]);
  expect(surroundings.listeners).toBe(0);
});

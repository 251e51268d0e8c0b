import { type ChatEvent, type Conversation, EMPTY_CONVERSATION, MAX_STREAM_DETAIL, reduce, type StreamReport } from "@perdure/protocol";
import { beforeEach, expect, test } from "vitest";
import { StreamWatch } from "./stream-watch.ts";

let told: StreamReport[];
let watch: StreamWatch;

beforeEach(() => {
  told = [];
  watch = new StreamWatch("s1", (report) => told.push(report));
});

const started: ChatEvent[] = [
  { type: "run.started", run: "r", number: 1, agent: "demo", view: "chat", origin: "new", at: 1 },
  { type: "agent.ready", run: "r", at: 1 },
];
const begin = (turn: string): ChatEvent => ({ type: "turn.started", turn, run: "r", at: 1 });
const end = (turn: string, how: "completed" | "interrupted" | "failed"): ChatEvent => ({ type: "turn.ended", turn, end: how, at: 1 });
const after = (...events: ChatEvent[]): Conversation => reduce(EMPTY_CONVERSATION, [...started, ...events]);

test("an answer that was seen streaming and is shown to its end is done; one that had ended before says nothing", () => {
  watch.shows(after(begin("t1"), end("t1", "completed")));
  expect(told).toEqual([]);
  watch.shows(after(begin("t1"), end("t1", "completed"), begin("t2")));
  watch.shows(after(begin("t1"), end("t1", "completed"), begin("t2"), end("t2", "completed")));
  watch.left();
  expect(told).toEqual([{ code: "client.stream.done", session: "s1", turn: "t2" }]);
});

test.each(["interrupted", "failed"] as const)("an answer that %s is not done", (how) => {
  watch.shows(after(begin("t1")));
  watch.shows(after(begin("t1"), end("t1", how)));
  expect(told).toEqual([]);
});

test("who stops it in this view aborted it; a stop that came too late did not", async () => {
  watch.shows(after(begin("t1")));
  await watch.stopping(() => Promise.resolve("completed"));
  await expect(watch.stopping(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(told).toEqual([]);
  const stopped = watch.stopping(() => Promise.resolve("interrupted"));
  watch.shows(after(begin("t1"), end("t1", "interrupted")));
  expect(await stopped).toBe("interrupted");
  expect(told).toEqual([{ code: "client.stream.user-abort", session: "s1", turn: "t1" }]);
});

test("a view that is left tells only of an answer that streams then, once", () => {
  watch.left();
  watch.shows(after());
  watch.left();
  expect(told).toEqual([]);
  watch.shows(after(begin("t1")));
  watch.left();
  watch.left();
  expect(told).toEqual([{ code: "client.stream.view-remount", session: "s1", turn: "t1" }]);
});

test("what cannot be read on is told with a bounded reason, while something streams", () => {
  watch.cannotRead("nothing streams");
  watch.shows(after(begin("t1")));
  watch.cannotRead("x".repeat(1000));
  expect(told).toEqual([{ code: "client.stream.reader-error", session: "s1", turn: "t1", detail: "x".repeat(MAX_STREAM_DETAIL) }]);
});

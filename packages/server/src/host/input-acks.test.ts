import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { InputAcks } from "./input-acks.ts";

let sent: string[];
let acks: InputAcks;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  acks = new InputAcks((gathered) => void sent.push(gathered.map(({ handle, writer, seq }) => `${handle} ${writer} ${seq}`).join(", ")));
});

afterEach(() => void vi.useRealTimers());

function add(handle: number, writer: string, seq: number): void {
  acks.add({ type: "input-acked", handle, writer, seq });
}

test("all of 5 ms are sent together, each of them, in their order", () => {
  add(1, "a", 1);
  add(1, "b", 7);
  vi.advanceTimersByTime(4);
  add(1, "a", 2);
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(sent).toEqual(["1 a 1, 1 b 7, 1 a 2"]);
});

test("what is told at once is not told again", () => {
  add(1, "a", 1);
  acks.flush();
  vi.advanceTimersByTime(5);
  expect(sent).toEqual(["1 a 1"]);
});

test("at most 64 wait", () => {
  for (let seq = 1; seq <= 64; seq += 1) add(1, "a", seq);
  expect(sent).toHaveLength(1);
});

test("nothing is sent once the connection is closed", () => {
  add(1, "a", 1);
  acks.close();
  vi.advanceTimersByTime(5);
  expect(sent).toEqual([]);
});

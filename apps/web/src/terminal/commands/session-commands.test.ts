import type { CommandPage, ShellCommand } from "@perdure/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SessionCommands } from "./session-commands.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const command = (offset: number): ShellCommand => ({
  offset,
  text: null,
  directory: null,
  exitCode: 0,
  startedAt: 0,
  endedAt: 1,
  line: offset,
  outputLine: null,
  endLine: null,
});

/** A server that answers when it is told to. */
function arrange() {
  const waiting: PromiseWithResolvers<CommandPage>[] = [];
  const rest = {
    commands: (): Promise<CommandPage> => {
      const answer = Promise.withResolvers<CommandPage>();
      waiting.push(answer);
      return answer.promise;
    },
  };
  const store = new SessionCommands({ rest, session: "s" });
  const answer = (...offsets: number[]): void =>
    waiting.at(-1)!.resolve({ commands: offsets.map(command), next: null, directory: null, incarnation: 1 });
  return { store, waiting, answer };
}

test("many marks are one question; those during it one more", async () => {
  const { store, waiting, answer } = arrange();
  for (let mark = 0; mark < 100; mark += 1) store.refresh();
  await vi.advanceTimersByTimeAsync(250);
  expect(waiting.length).toBe(1);
  for (let mark = 0; mark < 100; mark += 1) store.refresh();
  answer(1);
  await vi.advanceTimersByTimeAsync(250);
  expect(waiting.length).toBe(2);
  answer(2, 1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([waiting.length, store.commands.map(({ offset }) => offset)]).toEqual([2, [2, 1]]);
});

test("who goes to a command waits for those just marked, but no longer than a second", async () => {
  const { store, waiting, answer } = arrange();
  await store.latest();
  store.refresh();
  const known = store.latest().then(() => store.commands.length);
  expect(waiting.length).toBe(1);
  answer(1);
  expect(await known).toBe(1);
  store.refresh();
  let isOver = false;
  void store.latest().then(() => (isOver = true));
  await vi.advanceTimersByTimeAsync(999);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(isOver).toBe(true);
});

test("what failed is asked again later; nobody is asked once nobody looks", async () => {
  const { store, waiting } = arrange();
  store.refresh(0);
  await vi.advanceTimersByTimeAsync(0);
  waiting[0]!.reject(new Error("no connection"));
  await vi.advanceTimersByTimeAsync(4_999);
  expect(waiting.length).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(waiting.length).toBe(2);
  store.rest();
  waiting[1]!.reject(new Error("given up"));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(waiting.length).toBe(2);
});

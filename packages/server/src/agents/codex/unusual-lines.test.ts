// What no recording has: lines that are missing, late or twice, ids that come again, words of another release.

import type { Conversation } from "@perdure/protocol";
import { expect, test } from "vitest";
import { conversationOf, cutEverywhere, fold, output, type RecordedInput, type RecordedStep } from "../acceptance.ts";
import { FIRST_RUN } from "../recordings.ts";
import { codexDriver } from "./driver.ts";
import { endsOf, partsOf } from "./shown-turns.ts";

const THREAD = "thread-1";
const OPENED = [output({ id: "p1", result: {} }, 1), output({ id: "p3", result: { thread: { id: THREAD } } }, 2)];

function prompt(turn: string): RecordedInput {
  return { is: "command", time: 3, command: { is: "prompt", input: `i-${turn}`, turn, text: "hello" } };
}

function told(method: string, params: object, time = 4): RecordedInput {
  return output({ method, params: { threadId: THREAD, ...params } }, time);
}

function begun(id: string): RecordedInput {
  return told("turn/started", { turn: { id, status: "inProgress" } });
}

function done(id: string, turn: object = { status: "completed" }): RecordedInput {
  return told("turn/completed", { turn: { id, ...turn } });
}

function item(turnId: string, one: object): RecordedInput[] {
  return [told("item/started", { turnId, item: one }), told("item/completed", { turnId, item: one })];
}

function say(text: string): object {
  return { type: "agentMessage", id: "item_0", text };
}

function ask(itemId: string): RecordedInput {
  return output({ id: 0, method: "item/commandExecution/requestApproval", params: { itemId, command: "x" } }, 5);
}

function stepsOf(inputs: readonly RecordedInput[]): RecordedStep[] {
  return cutEverywhere(() => codexDriver, { setup: FIRST_RUN, time: 0, inputs: [...OPENED, ...inputs] });
}

function shown(...inputs: readonly (RecordedInput | readonly RecordedInput[])[]): Conversation {
  return conversationOf(stepsOf(inputs.flat()));
}

test.each([
  ["no status", {}, "completed"],
  ["a status that is null", { status: null }, "completed"],
  ["a status of tomorrow", { status: "fizzled" }, "failed: unknown"],
  ["an error without words", { status: "failed", error: {} }, "failed: unknown"],
  ["words for an error", { status: "failed", error: "usage limit" }, "failed: unknown"],
])("a turn ends that has %s", (_, turn, end) => {
  expect(endsOf(shown(prompt("t1"), begun("T"), done("T", turn)))).toEqual([end]);
});

test("a turn whose beginning was not heard ends all the same", () => {
  expect(endsOf(shown(prompt("t1"), done("T")))).toEqual(["completed"]);
});

test("what is heard again of a turn that is over neither begins nor ends one", () => {
  const conversation = shown(prompt("t1"), begun("T"), done("T"), begun("T"), prompt("t2"), begun("T"), done("T"), begun("U"));
  expect(endsOf(conversation)).toEqual(["completed", "running"]);
  expect(endsOf(shown(prompt("t1"), begun("T"), done("T"), prompt("t2"), done("T"), begun("U"), done("U")))).toEqual([
    "completed",
    "completed",
  ]);
});

test("a turn whose end was not heard is over when codex stays idle", () => {
  const idle = [prompt("t1"), begun("T"), told("thread/status/changed", { status: { type: "idle" } }, 10)];
  expect(codexDriver.timers(JSON.parse(stepsOf(idle).at(-1)!.state))).toEqual([{ id: "idle", at: 3010 }]);
  expect(endsOf(shown(idle, { is: "timer", time: 3010, id: "idle" }))).toEqual(["interrupted: protocol"]);
  const active = told("thread/status/changed", { status: { type: "active" } }, 11);
  expect(codexDriver.timers(JSON.parse(stepsOf([...idle, active]).at(-1)!.state))).toEqual([]);
  expect(codexDriver.timers(JSON.parse(stepsOf([...idle, done("T")]).at(-1)!.state))).toEqual([]);
});

test("items whose ids come again in the next turn are others", () => {
  const conversation = shown(
    prompt("t1"),
    begun("T"),
    item("T", say("one")),
    done("T"),
    prompt("t2"),
    begun("U"),
    item("U", say("two")),
    done("U"),
  );
  expect(partsOf(conversation, "t1")).toEqual([["text", "one"]]);
  expect(partsOf(conversation, "t2")).toEqual([["text", "two"]]);
});

test("an item that is told again in its turn, or late, is shown once", () => {
  const thought = { type: "reasoning", id: "r", summary: ["I think."] };
  const text = { type: "agentMessage", id: "m", text: "one" };
  const delta = told("item/agentMessage/delta", { itemId: "m", delta: "one" });
  const first = [
    prompt("t1"),
    begun("T"),
    item("T", thought),
    item("T", thought),
    item("T", text),
    delta,
    item("T", text),
    done("T"),
  ].flat();
  const expected = [
    ["reasoning", "I think."],
    ["text", "one"],
  ];
  expect(partsOf(shown(first), "t1")).toEqual(expected);
  const late = shown(first, item("T", text), prompt("t2"), begun("U"), item("T", text), done("U"));
  expect(partsOf(late, "t1")).toEqual(expected);
  expect(partsOf(late, "t2")).toEqual([]);
});

test("a message that is complete without its text keeps what was said", () => {
  const delta = told("item/agentMessage/delta", { itemId: "m", delta: "one" });
  for (const text of [undefined, null, "", 7]) {
    const end = told("item/completed", { turnId: "T", item: { type: "agentMessage", id: "m", text } });
    expect(partsOf(shown(prompt("t1"), begun("T"), delta, end, done("T")), "t1")).toEqual([["text", "one"]]);
  }
});

test("an error without an id is the answer to the only request that waits", () => {
  const models = output({ id: "p4", result: { data: [] } }, 3);
  const error = output({ id: null, error: { code: -32700, message: "Parse error" } }, 5);
  expect(endsOf(shown(models, prompt("t1"), error))).toEqual(["failed: unknown"]);
  const two = shown(prompt("t1"), error);
  expect(endsOf(two)).toEqual(["running"]);
  expect(Object.values(two.notices).map(({ text }) => text)).toEqual(["Codex could not read something: Parse error"]);
});

test("a question with the number of an earlier one is asked; one that comes twice is not", () => {
  const answer: RecordedInput = { is: "command", time: 6, command: { is: "answer", approval: "r1.ask.0", option: "accept" } };
  const resolved = told("serverRequest/resolved", { requestId: 0 });
  const first = [prompt("t1"), begun("T"), ask("a"), answer, resolved];
  expect(shown(first, ask("a")).openApprovals).toEqual([]);
  expect(shown(first, ask("b")).openApprovals).toEqual(["r1.ask.0~1"]);
});

test.each([
  ["no rollout found for thread id old (code -32600)", "unknown-conversation"],
  ["\u001b[31mNo Rollout Found For Thread Id old\u001b[0m", "unknown-conversation"],
  ["the thread old does not exist", "unknown-conversation"],
  ["thread old already has an active writer", "locked"],
  ["tool server session not found", "unknown"],
  ["could not open old: Permission denied", "permission"],
])("an opening that is refused with %j is %s", (message, reason) => {
  const refused = [output({ id: "p1", result: {} }, 1), output({ id: "p3", error: { code: -32600, message } }, 2)];
  const setup = { ...FIRST_RUN, conversation: { is: "resume", resumeId: "old" } } as const;
  const steps = cutEverywhere(() => codexDriver, { setup, time: 0, inputs: refused });
  expect(steps.at(-1)?.events).toMatchObject([{ type: "agent.failed", reason }]);
});

test("what is never completed does not make the state grow for ever", () => {
  const items = Array.from({ length: 1500 }, (_, index) =>
    told("item/started", { turnId: "T", item: { type: "commandExecution", id: `call_${index}`, command: "x".repeat(300) } }),
  );
  const inputs = [...OPENED, prompt("t1"), begun("T"), ...items];
  const steps = fold(() => codexDriver, { setup: FIRST_RUN, time: 0, inputs }); // which looks at the size of each state
  expect(steps.at(-1)?.state.length).toBeLessThan(128 * 1024);
});

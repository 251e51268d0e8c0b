// What no recording has: agents of another hand, which number, end and refuse in their own ways.

import type { Conversation } from "@perdure/protocol";
import { expect, test } from "vitest";
import { conversationOf, cutEverywhere, output, type RecordedInput, type RecordedStep } from "../acceptance.ts";
import type { DriverSetup } from "../driver.ts";
import { FIRST_RUN } from "../recordings.ts";
import { acpDriver } from "./driver.ts";
import { gemini } from "./gemini.ts";

const newDriver = () => acpDriver({ classify: () => null, isNoise: () => false });
const OPENED = [answer("p1", { protocolVersion: 1 }, 1), answer("p2", { sessionId: "s" }, 2)];

function answer(id: string, result: object, time = 5): RecordedInput {
  return output({ jsonrpc: "2.0", id, result }, time);
}

function prompt(turn: string): RecordedInput {
  return { is: "command", time: 3, command: { is: "prompt", input: `i-${turn}`, turn, text: "hello" } };
}

function update(sessionUpdate: string, more: object): RecordedInput {
  return output({ jsonrpc: "2.0", method: "session/update", params: { sessionId: "s", update: { sessionUpdate, ...more } } }, 4);
}

function chunk(text: string, messageId?: string): RecordedInput {
  return update("agent_message_chunk", { content: { type: "text", text }, messageId });
}

function asks(id: string | number, toolCallId: string): RecordedInput {
  const options = [{ optionId: "yes", name: "Yes", kind: "allow_once" }];
  return output({ jsonrpc: "2.0", id, method: "session/request_permission", params: { toolCall: { toolCallId }, options } }, 4);
}

function stepsOf(inputs: readonly RecordedInput[], setup: Partial<DriverSetup> = {}): RecordedStep[] {
  return cutEverywhere(newDriver, { setup: { ...FIRST_RUN, ...setup }, time: 0, inputs });
}

function shown(...inputs: readonly RecordedInput[]): Conversation {
  return conversationOf(stepsOf([...OPENED, ...inputs]));
}

function textsOf({ messages }: Conversation, of: string): string {
  const parts = Object.values(messages).flatMap(({ turn, parts: all }) => (turn === of ? all : []));
  return parts.map((part) => (part.kind === "text" ? part.text : "")).join("|");
}

function ends({ turns }: Conversation): string[] {
  return Object.values(turns).map(({ state, cause }) => cause ?? state);
}

test("messages whose ids come again in the next turn are others", () => {
  const end = { stopReason: "end_turn" };
  const conversation = shown(prompt("t1"), chunk("one", "1"), answer("p3", end), prompt("t2"), chunk("two", "1"), answer("p4", end));
  expect([textsOf(conversation, "t1"), textsOf(conversation, "t2")]).toEqual(["one", "two"]);
});

test("a piece that comes behind the end of its turn belongs to it, and begins none", () => {
  const conversation = shown(prompt("t1"), chunk("one", "1"), answer("p3", { stopReason: "end_turn" }), chunk("more", "1"));
  expect(textsOf(conversation, "t1")).toBe("one|more");
  expect(ends(conversation)).toEqual(["completed"]);
});

test.each([
  ["constructor", "completed"],
  ["of_tomorrow", "completed"],
  [null, "completed"],
  [undefined, "completed"],
  ["max_tokens", "limit"],
])("a turn that ends for the reason %j ends", (stopReason, end) => {
  const conversation = shown(prompt("t1"), chunk("x"), answer("p3", { stopReason }));
  expect(ends(conversation)).toEqual([end]);
  const isUnknown = stopReason === "constructor" || stopReason === "of_tomorrow";
  expect(Object.values(conversation.notices).some(({ text }) => text.includes(String(stopReason)))).toBe(isUnknown);
});

test("an error without an id ends the prompt that waits, and one that is words alone as well", () => {
  const error = { code: -32700, message: "Parse error" };
  expect(ends(shown(prompt("t1"), output({ jsonrpc: "2.0", id: null, error }, 5)))).toEqual(["unknown"]);
  expect(ends(shown(prompt("t1"), output({ jsonrpc: "2.0", id: "p3", error: "401 Unauthorized" }, 5)))).toEqual(["auth"]);
});

test("a request with the number of an earlier one is asked; one that comes twice is not", () => {
  const yes: RecordedInput = { is: "command", time: 5, command: { is: "answer", approval: "r1.a0", option: "yes" } };
  expect(shown(prompt("t1"), asks(0, "a"), asks(0, "a")).openApprovals).toEqual(["r1.a0"]);
  expect(shown(prompt("t1"), asks(0, "a"), yes, asks(0, "a")).openApprovals).toEqual([]);
  expect(shown(prompt("t1"), asks(0, "a"), yes, asks(0, "b")).openApprovals).toHaveLength(1);
  const next = shown(prompt("t1"), asks(0, "a"), yes, answer("p3", { stopReason: "end_turn" }), prompt("t2"), asks(0, "b"));
  expect(next.openApprovals).toHaveLength(1);
});

test.each([[1], ["1"], [null], [undefined]])("an agent that says version %j is spoken with", (protocolVersion) => {
  const steps = stepsOf([answer("p1", { protocolVersion }, 1)]);
  expect(JSON.parse(steps.at(-1)!.sends[0]!.text)).toMatchObject({ method: "session/new" });
});

test.each([[2], ["2"], ["x"], [{}]])("one that says version %j is not", (protocolVersion) => {
  const steps = stepsOf([answer("p1", { protocolVersion }, 1)]);
  expect(steps.at(-1)?.events.map((event) => event.type)).toEqual(["agent.failed"]);
});

test.each([
  [{ loadSession: true, sessionCapabilities: { resume: {} } }, "session/resume"],
  [{ loadSession: true, sessionCapabilities: { resume: true } }, "session/resume"],
  [{ loadSession: true, sessionCapabilities: { resume: null } }, "session/load"],
  [{ loadSession: true, sessionCapabilities: null }, "session/load"],
  [{ loadSession: true }, "session/load"],
])("an agent that is able to do %j goes on by %s", (agentCapabilities, method) => {
  const resume = { conversation: { is: "resume", resumeId: "old" } } as const;
  const steps = stepsOf([answer("p1", { protocolVersion: 1, agentCapabilities }, 1)], resume);
  expect(JSON.parse(steps.at(-1)!.sends[0]!.text)).toMatchObject({ method });
});

test.each([[{}], [null], [{ loadSession: false }]])("one that is able to do %j cannot, and says so", (agentCapabilities) => {
  const resume = { conversation: { is: "resume", resumeId: "old" } } as const;
  const steps = stepsOf([answer("p1", { protocolVersion: 1, agentCapabilities }, 1)], resume);
  expect(steps.at(-1)?.events).toMatchObject([{ type: "agent.failed", reason: "unknown-conversation" }]);
});

test.each([
  ["\u001b[31mPlease set an Auth method in your settings\u001b[39m", "auth"],
  ['{"error":"Invalid session identifier \\"x\\"."}', "unknown-conversation"],
  ["connect ECONNREFUSED 127.0.0.1:1", "network"],
  ["a stack trace", "crashed"],
])("a start that ends with the words %j is %s", (words, reason) => {
  const exit: RecordedInput = { is: "exit", time: 3, end: { is: "exited", code: 1, signal: null } };
  const inputs: RecordedInput[] = [answer("p1", { protocolVersion: 1 }, 1), { is: "stderr", time: 2, text: words }, exit];
  const steps = cutEverywhere(() => gemini.driver, { setup: FIRST_RUN, time: 0, inputs });
  expect(steps.at(-1)?.events).toMatchObject([{ type: "agent.failed", reason }]);
});

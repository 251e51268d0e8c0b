import type { DriverEvent } from "@perdure/protocol";
import { describe, expect, test } from "vitest";
import { type Recording, type RecordedInput, conversationOf, cutEverywhere, fold, garbageEverywhere, output } from "../acceptance.ts";
import type { Driver, DriverSetup } from "../driver.ts";
import { driverOf as driverOfRecording, FIRST_RUN, recorded as recordedOf, recordingNames } from "../recordings.ts";
import { acpDriver } from "./driver.ts";

const GARBAGE = [
  '{"jsonrpc":"2.0"}',
  '{"jsonrpc":"2.0","id":"p99","result":null}',
  '{"jsonrpc":"2.0","id":"p99","error":{"code":-1,"message":"?"}}',
  '{"jsonrpc":"2.0","method":"session/update","params":{}}',
  '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"another","update":{"sessionUpdate":"plan","entries":[]}}}',
  '{"jsonrpc":"2.0","method":"session/update","params":{"update":{"sessionUpdate":"of-tomorrow","content":{"type":"text","text":"x"}}}}',
];

function recorded(name: string): Recording {
  return recordedOf("acp", name);
}

function driverOf(name: string): () => Driver {
  return () => driverOfRecording("acp", name);
}

describe.each(recordingNames("acp"))("%s", (name) => {
  test("a server that dies anywhere has a successor that goes on as if nothing had been", () => {
    const conversation = conversationOf(cutEverywhere(driverOf(name), recorded(name)));
    expect(conversation.runningTurn).toBeNull();
  });

  test("lines that mean nothing change nothing", () => {
    expect(() => garbageEverywhere(driverOf(name), recorded(name), GARBAGE)).not.toThrow();
  });
});

test.each(["gemini-turns", "opencode-turns", "claude-agent-acp-turns"])("%s: turns, tools and stops end as they did", (name) => {
  const conversation = conversationOf(cutEverywhere(driverOf(name), recorded(name)));
  const turns = Object.values(conversation.turns).map(({ state, cause }) => cause ?? state);
  expect(turns[0]).toBe("completed");
  expect(turns).toContain("stopped");
  expect(turns.at(-1)).toBe("agent-ended");
  const parts = Object.values(conversation.messages).flatMap((message) => message.parts);
  const tools = parts.filter((part) => part.kind === "tool");
  expect(tools.some(({ status }) => status === "completed")).toBe(true);
  expect(tools.every(({ status }) => status !== "running" && status !== "pending")).toBe(true);
  expect(tools.flatMap(({ diffs }) => diffs)).toContainEqual(expect.objectContaining({ after: "one\ntwo\n" }));
  expect(parts.some((part) => part.kind === "text" && part.text.includes("chunk0003"))).toBe(true);
  expect(conversation.settings.models.length).toBeGreaterThan(0);
  expect(conversation.settings.commands.length).toBeGreaterThan(0);
});

test("what was refused did not happen, and a stop is a no", () => {
  const { approvals, messages } = conversationOf(fold(driverOf("gemini"), recorded("gemini-turns")));
  const tools = Object.values(messages).flatMap(({ parts }) => parts.filter((part) => part.kind === "tool"));
  expect(tools.map(({ status }) => status)).toEqual(["completed", "failed", "interrupted"]);
  expect(Object.values(approvals).at(-1)?.state).toMatchObject({ is: "expired", told: "no" });
});

test.each(["gemini-load", "opencode-resume", "claude-agent-acp-resume"])("%s: nothing is told twice, and it remembers", (name) => {
  const conversation = conversationOf(fold(driverOf(name), recorded(name)));
  expect(Object.keys(conversation.turns)).toEqual(["turn1"]);
  const text = Object.values(conversation.messages).flatMap(({ parts }) => parts.map((part) => (part.kind === "text" ? part.text : "")));
  expect(text.join("")).toContain("hello one");
  expect(text.join("")).toContain("after crash");
});

test.each(["gemini-unknown", "opencode-unknown", "claude-agent-acp-unknown"])("%s: the conversation is gone", (name) => {
  const events = fold(driverOf(name), recorded(name)).flatMap((step) => step.events);
  expect(events).toMatchObject([{ type: "agent.failed", reason: "unknown-conversation" }]);
});

test("errors of the model end the turn with their reason", () => {
  const { turns } = conversationOf(fold(driverOf("gemini"), recorded("gemini-errors")));
  expect(Object.values(turns).map(({ state, cause, text }) => [state, cause, text])).toEqual([
    ["failed", "auth", "model error (401)"],
    ["interrupted", "stopped", undefined],
    ["failed", "unknown", "model error (400)"],
  ]);
});

/** What an agent says in recordings that are written by hand. */
const driver = acpDriver({ classify: () => null, isNoise: () => false });
const RESUME: DriverSetup = { ...FIRST_RUN, conversation: { is: "resume", resumeId: "s1" } };

const rpc = (message: object, time = 1): RecordedInput => output({ jsonrpc: "2.0", ...message }, time);
const result = (id: string, value: unknown, time = 1): RecordedInput => rpc({ id, result: value }, time);
const error = (id: string, code: number, message: string, data?: unknown): RecordedInput => rpc({ id, error: { code, message, data } });
const update = (kind: string, fields: object, time = 1): RecordedInput =>
  rpc({ method: "session/update", params: { sessionId: "s1", update: { sessionUpdate: kind, ...fields } } }, time);
const chunk = (text: string, messageId?: string, time = 1): RecordedInput =>
  update("agent_message_chunk", { content: { type: "text", text }, ...(messageId === undefined ? {} : { messageId }) }, time);
const initialized = (sessionCapabilities: object = {}, loadSession = true): RecordedInput =>
  result("p1", { protocolVersion: 1, agentInfo: { version: "9.1" }, agentCapabilities: { loadSession, sessionCapabilities } });
const say = (text: string, more: object = {}): RecordedInput => ({
  is: "command",
  time: 2,
  command: { is: "prompt", input: "i1", turn: "turn1", text, ...more },
});
const answer = (approval: string, option: string): RecordedInput => ({
  is: "command",
  time: 3,
  command: { is: "answer", approval, option },
});
const READY: readonly RecordedInput[] = [initialized(), result("p2", { sessionId: "s1" })];

function run(
  inputs: readonly RecordedInput[],
  setup = FIRST_RUN,
): { events: DriverEvent[]; sends: Record<string, unknown>[]; timers: unknown } {
  const steps = cutEverywhere(() => driver, { setup, time: 0, inputs });
  return {
    events: steps.flatMap(({ events }) => events),
    sends: steps.flatMap(({ sends }) => sends.map(({ text }) => JSON.parse(text) as Record<string, unknown>)),
    timers: driver.timers(JSON.parse(steps.at(-1)?.state ?? "{}") as never),
  };
}

const types = (events: readonly DriverEvent[]): string[] => events.map(({ type }) => type);
const methods = (sends: readonly Record<string, unknown>[]): unknown[] => sends.map((send) => send["method"] ?? "answer");

test("a new conversation is made in the session's directory, without files and terminals of ours", () => {
  const { events, sends } = run(READY);
  expect(sends[0]).toMatchObject({
    id: "p1",
    params: { clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false } },
  });
  expect(sends[1]).toMatchObject({ id: "p2", method: "session/new", params: { cwd: "/work", mcpServers: [] } });
  expect(events).toEqual([
    { type: "session.resume-id", resumeId: "s1" },
    { type: "agent.ready", run: "run-1", version: "9.1" },
  ]);
});

test("it takes messages when the wished model and mode are chosen", () => {
  const offered = {
    sessionId: "s1",
    models: { availableModels: [{ modelId: "m1", name: "One" }], currentModelId: "m1" },
    modes: { availableModes: [{ id: "plan", name: "Plan" }], currentModeId: "plan" },
  };
  const first = run([initialized(), result("p2", offered)], { ...FIRST_RUN, model: "m1", mode: "plan" });
  expect(methods(first.sends)).toEqual(["initialize", "session/new", "session/set_model", "session/set_mode"]);
  expect(types(first.events)).not.toContain("agent.ready");
  const both = run([initialized(), result("p2", offered), result("p3", {}), error("p4", -1, "no such mode")], {
    ...FIRST_RUN,
    model: "m1",
    mode: "plan",
  });
  expect(types(both.events).slice(-3)).toEqual(["agent.settings", "notice", "agent.ready"]);
});

test("a wish that the agent does not offer is said and stops nothing", () => {
  expect(types(run(READY, { ...FIRST_RUN, model: "m1" }).events)).toEqual(["session.resume-id", "notice", "agent.ready"]);
});

describe("going on with a conversation", () => {
  test("resume comes before load, and load where there is no resume", () => {
    expect(methods(run([initialized({ resume: {} })], RESUME).sends)).toEqual(["initialize", "session/resume"]);
    expect(methods(run([initialized()], RESUME).sends)).toEqual(["initialize", "session/load"]);
    const refused = [initialized({ resume: {} }), error("p2", -32601, "Method not found")];
    expect(methods(run(refused, RESUME).sends)).toEqual(["initialize", "session/resume", "session/load"]);
  });

  test("an agent that can do neither has lost it", () => {
    expect(run([initialized({}, false)], RESUME).events).toMatchObject([{ type: "agent.failed", reason: "unknown-conversation" }]);
  });

  test.each([
    [-32603, "Internal error", { details: "No previous sessions found" }, "unknown-conversation"],
    [-32002, "Resource not found", undefined, "unknown-conversation"],
    [-32000, "Authentication required", undefined, "auth"],
    [-32600, "thread t already has an active writer", undefined, "locked"],
    [-32603, "fetch failed", { details: "ECONNREFUSED" }, "network"],
  ])("an error %i %s is told by its words", (code, message, data, reason) => {
    expect(run([initialized(), error("p2", code, message, data)], RESUME).events).toMatchObject([{ type: "agent.failed", reason }]);
  });

  test("a replay without ids is passed over, also when it comes after the answer", () => {
    const replay = [chunk("old"), update("tool_call", { toolCallId: "t1", title: "ls" }), result("p2", {}), chunk("older", undefined, 300)];
    const { events, timers } = run([initialized(), ...replay], RESUME);
    expect(types(events)).toEqual(["session.resume-id"]);
    expect(timers).toContainEqual({ id: "replayed", at: 800 });
    const whole = run([initialized(), ...replay, { is: "timer", time: 800, id: "replayed" }], RESUME);
    expect(types(whole.events)).toEqual(["session.resume-id", "agent.ready"]);
  });

  test("of a replay with ids only what nobody has read is told", () => {
    const replay = [
      chunk("known", "a"),
      chunk("new", "b"),
      chunk(" words", "b"),
      result("p2", {}),
      { is: "timer", time: 800, id: "replayed" } as const,
    ];
    const { events } = run([initialized(), ...replay], { ...RESUME, knownMessages: ["a"] });
    expect(types(events)).toEqual([
      "turn.started",
      "message.started",
      "part.started",
      "part.delta",
      "part.delta",
      "session.resume-id",
      "part.ended",
      "message.ended",
      "turn.ended",
      "agent.ready",
    ]);
    expect(events[1]).toMatchObject({ message: "r1.b" });
  });

  test("it is not loaded before its time", () => {
    const early = { ...RESUME, notBefore: 60_000 };
    expect(run([initialized()], early)).toMatchObject({
      sends: [{ method: "initialize" }],
      timers: [{ at: 150_000 }, { id: "load", at: 60_000 }],
    });
    const { sends } = run([initialized(), { is: "timer", time: 60_000, id: "load" }], early);
    expect(methods(sends)).toEqual(["initialize", "session/load"]);
  });
});

describe("a turn", () => {
  test("a preamble goes before the message, and the first sign of the agent is the evidence that it has it", () => {
    const { events, sends } = run([...READY, say("hello", { preamble: "before" }), chunk("hi"), result("p3", { stopReason: "end_turn" })]);
    expect(sends[2]).toMatchObject({ id: "p3", params: { sessionId: "s1", prompt: [{ text: "before" }, { text: "hello" }] } });
    expect(types(events).slice(2)).toEqual([
      "turn.started",
      "input.consumed",
      "message.started",
      "part.started",
      "part.delta",
      "part.ended",
      "message.ended",
      "turn.ended",
    ]);
  });

  test.each([
    ["end_turn", "completed", undefined],
    ["max_tokens", "interrupted", "limit"],
    ["refusal", "failed", "refused"],
    ["cancelled", "interrupted", "stopped"],
    ["of_tomorrow", "completed", undefined],
  ])("ends by %s as %s", (stopReason, end, cause) => {
    const { events } = run([...READY, say("hello"), result("p3", { stopReason })]);
    expect(events.at(-1)).toMatchObject({ type: "turn.ended", end, ...(cause ? { cause } : {}) });
  });

  test("an error that comes after a stop is the stop", () => {
    const { events } = run([
      ...READY,
      say("hello"),
      { is: "command", time: 3, command: { is: "interrupt" } },
      error("p3", -32603, "aborted"),
    ]);
    expect(events.at(-1)).toMatchObject({ end: "interrupted", cause: "stopped" });
  });

  test("reasoning, plan and text are parts in their order, and a plan is replaced", () => {
    const thought = update("agent_thought_chunk", { content: { type: "text", text: "hm" } });
    const plan = (status: string): RecordedInput => update("plan", { entries: [{ content: "read", status }] });
    const inputs = [...READY, say("x"), thought, plan("pending"), chunk("done"), plan("completed"), result("p3", {})];
    const steps = fold(() => driver, { setup: FIRST_RUN, time: 0, inputs });
    const [message] = Object.values(conversationOf(steps).messages);
    expect(message?.parts.map(({ kind }) => kind)).toEqual(["reasoning", "plan", "text"]);
    expect(message?.parts[1]).toMatchObject({ steps: [{ text: "read", status: "completed" }] });
  });

  test("a permission that is asked for after the stop is cancelled at once", () => {
    const ask = rpc({
      id: 7,
      method: "session/request_permission",
      params: { toolCall: { toolCallId: "t" }, options: [{ optionId: "y" }] },
    });
    const { events, sends } = run([...READY, say("x"), { is: "command", time: 3, command: { is: "interrupt" } }, ask]);
    expect(sends.at(-1)).toEqual({ jsonrpc: "2.0", id: 7, result: { outcome: { outcome: "cancelled" } } });
    expect(types(events)).not.toContain("approval.requested");
  });

  test("a permission is answered once, and only with what was offered", () => {
    const ask = rpc({
      id: "x7",
      method: "session/request_permission",
      params: { toolCall: { toolCallId: "t", title: "rm" }, options: [{ optionId: "y", name: "Yes", kind: "allow_once" }] },
    });
    const { sends } = run([...READY, say("x"), ask, answer("r1.ax7", "z"), answer("r1.ax7", "y"), answer("r1.ax7", "y")]);
    expect(sends.slice(3)).toEqual([{ jsonrpc: "2.0", id: "x7", result: { outcome: { outcome: "selected", optionId: "y" } } }]);
  });

  test("an answer that died with the agent is expired", () => {
    const ask = rpc({ id: 1, method: "session/request_permission", params: { options: [{ optionId: "y" }] } });
    const exit: RecordedInput = { is: "exit", time: 4, end: { is: "lost", reason: "the host died" } };
    expect(types(run([...READY, say("x"), ask, answer("r1.a1", "y"), exit]).events).slice(-2)).toEqual(["approval.expired", "turn.ended"]);
  });
});

test("files and terminals are refused", () => {
  const { sends } = run([...READY, rpc({ id: 5, method: "fs/read_text_file", params: { path: "/etc/passwd" } })]);
  expect(sends.at(-1)).toMatchObject({ id: 5, error: { code: -32601 } });
});

test("what the agent says by itself is a turn of its own, until it is quiet", () => {
  const quiet = run([...READY, chunk("by the way", undefined, 1000)]);
  expect(quiet.timers).toEqual([{ id: "quiet", at: 4000 }]);
  const ended = run([...READY, chunk("by the way", undefined, 1000), { is: "timer", time: 4000, id: "quiet" }]);
  expect(types(ended.events).slice(2)).toEqual([
    "turn.started",
    "message.started",
    "part.started",
    "part.delta",
    "part.ended",
    "message.ended",
    "turn.ended",
  ]);
});

test("title, mode and costs are told when the agent says them", () => {
  const cost = (amount: number): RecordedInput => update("usage_update", { cost: { amount, currency: "USD" } });
  const inputs = [...READY, update("session_info_update", { title: "A title" }), update("current_mode_update", { currentModeId: "plan" })];
  const { events } = run([
    ...inputs,
    say("x"),
    cost(0.25),
    result("p3", { usage: { inputTokens: 4, outputTokens: 2, cachedReadTokens: 1 } }),
  ]);
  expect(events).toContainEqual({ type: "session.title", title: "A title" });
  expect(events).toContainEqual({ type: "agent.settings", mode: "plan" });
  expect(events.at(-1)).toMatchObject({ usage: { inputTokens: 4, outputTokens: 2, cachedTokens: 1, costUsd: 0.25 } });
});

test("an agent that says nothing is given up, one that dies at its start is told with its words", () => {
  expect(run([]).timers).toEqual([{ id: "ready", at: 90_000 }]);
  expect(run([{ is: "timer", time: 90_000, id: "ready" }]).events).toMatchObject([{ type: "agent.failed", reason: "unknown" }]);
  const dies: readonly RecordedInput[] = [
    { is: "stderr", time: 1, text: "Cannot find module 'x'" },
    { is: "exit", time: 2, end: { is: "exited", code: 1, signal: null } },
  ];
  expect(run(dies).events).toMatchObject([
    { type: "agent.failed", reason: "crashed", text: "The agent has ended (exit code 1). Cannot find module 'x'" },
  ]);
});

test("another version of the protocol is not guessed at", () => {
  expect(run([result("p1", { protocolVersion: 2 })]).events).toMatchObject([{ type: "agent.failed", reason: "protocol" }]);
});

test("logs on its output do not fill the transcript", () => {
  const { events } = run(Array.from({ length: 50 }, () => output("a log line", 1)));
  expect(events).toHaveLength(20);
});

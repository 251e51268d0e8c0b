import type { DriverEvent } from "@perdure/protocol";
import { expect, test } from "vitest";
import { conversationOf, cutEverywhere, fold, garbageEverywhere, type Recording } from "../acceptance.ts";
import { recorded } from "../recordings.ts";
import { codexDriver } from "./driver.ts";
import { endsOf, partsOf } from "./shown-turns.ts";

const RECORDINGS = ["conversation", "approvals", "changes", "interrupts", "failures", "killed", "resumed", "locked", "unknown", "garbage"];

function eventsOf(recording: Recording): DriverEvent[] {
  return fold(() => codexDriver, recording).flatMap(({ events }) => events);
}

const GARBAGE = [
  '{"method":"turn/completed","params":{}}',
  '{"method":"item/started","params":{"threadId":"another","turnId":"t","item":{"type":"agentMessage","id":"x","text":""}}}',
  '{"method":"item/agentMessage/delta","params":{"threadId":"another","itemId":"x","delta":"no"}}',
  '{"method":"thread/tomorrow","params":{"threadId":"another"}}',
  '{"id":"p9999","result":{}}',
  '{"id":"p9999","error":{"code":1,"message":"no"}}',
  '{"method":"serverRequest/resolved","params":{"threadId":"another","requestId":"nobody"}}',
];

test.each(RECORDINGS)("%s: a server that dies anywhere is continued by the next", (name) => {
  const recording = recorded("codex", name);
  expect(cutEverywhere(() => codexDriver, recording)).toHaveLength(recording.inputs.length + 1);
});

test.each(RECORDINGS)("%s: lines that mean nothing change nothing", (name) => {
  expect(() => garbageEverywhere(() => codexDriver, recorded("codex", name), GARBAGE)).not.toThrow();
});

test("a conversation: its id, models, what was thought and said, and tokens", () => {
  const conversation = conversationOf(fold(() => codexDriver, recorded("codex", "conversation")));
  expect(conversation.resumeId).toMatch(/^01/);
  expect(conversation.runs).toEqual([]);
  expect(conversation.settings.model).toBe("gpt-5.1-codex");
  expect(conversation.settings.mode).toBe("custom");
  expect(conversation.settings.models.length).toBeGreaterThan(3);
  expect(endsOf(conversation)).toEqual(["completed", "completed"]);
  expect(partsOf(conversation, "turn-1")).toEqual([
    ["reasoning", "I think about it."],
    ["text", 'echo: hello #think | users ["hello #think"]'],
  ]);
  expect(conversation.turns["turn-2"]?.usage).toEqual({ inputTokens: 10, outputTokens: 5, cachedTokens: 0 });
  expect(eventsOf(recorded("codex", "conversation"))).toContainEqual({ type: "input.consumed", input: "input-1" });
  expect(eventsOf(recorded("codex", "conversation"))).toContainEqual({ type: "agent.ready", run: "run-1", version: "0.169.0" });
});

test("approvals: allowed, rejected with words, rejected so that the turn stops, and not asked in another mode", () => {
  const recording = recorded("codex", "approvals");
  const conversation = conversationOf(fold(() => codexDriver, recording));
  expect(endsOf(conversation)).toEqual(["completed", "completed", "interrupted: stopped", "completed"]);
  expect(partsOf(conversation, "turn-1")[1]).toEqual(["shell", "touch a && echo one; sleep 0.3; echo two", "completed", "one\ntwo\n"]);
  expect(partsOf(conversation, "turn-2")[1]).toEqual(["shell", "touch b", "failed", "Declined."]);
  expect(partsOf(conversation, "turn-2")[2]).toEqual(["text", expect.stringContaining("use c instead")]);
  expect(partsOf(conversation, "turn-4")[1]).toEqual(["shell", "echo unasked", "completed", "unasked\n"]);
  expect(Object.values(conversation.approvals).map(({ title, options }) => [title, options.map(({ id }) => id)])).toEqual([
    ["touch a && echo one; sleep 0.3; echo two", expect.arrayContaining(["accept", "acceptForSession", "decline", "cancel"])],
    ["touch b", expect.any(Array)],
    ["touch d", expect.any(Array)],
  ]);
  expect(conversation.openApprovals).toEqual([]);
});

test("changes of files are shown as they will be, and as they are", () => {
  const conversation = conversationOf(fold(() => codexDriver, recorded("codex", "changes")));
  const tools = Object.values(conversation.messages).flatMap(({ parts }) => parts.filter((part) => part.kind === "tool"));
  expect(tools.map(({ title, diffs, status }) => ({ title, diffs, status }))).toEqual([
    { title: "Change new.txt", status: "completed", diffs: [{ path: "new.txt", before: null, after: "hello\nworld\n" }] },
    { title: "Change new.txt", status: "completed", diffs: [{ path: "new.txt", before: "hello\nworld\n", after: "hello\nthere\n" }] },
  ]);
});

test("stop: while it speaks, before it has begun, and with an approval open; what was said is kept", () => {
  const conversation = conversationOf(fold(() => codexDriver, recorded("codex", "interrupts")));
  expect(endsOf(conversation)).toEqual(["interrupted: stopped", "interrupted: stopped", "interrupted: stopped", "completed"]);
  expect(partsOf(conversation, "turn-1")).toEqual([["text", expect.stringContaining("chunk0000")]]);
  expect(partsOf(conversation, "turn-3").at(-1)).toEqual(["shell", "touch a", "interrupted", ""]);
  expect(Object.values(conversation.approvals).map(({ state }) => state.is)).toEqual(["expired"]);
});

test("failures: a cut stream is said again and folded away; each failure has its cause", () => {
  const conversation = conversationOf(fold(() => codexDriver, recorded("codex", "failures")));
  expect(endsOf(conversation)).toEqual(["completed", "failed: auth", "failed: limit", "completed"]);
  expect(partsOf(conversation, "turn-1").map((part) => (part as string[])[0])).toEqual(["superseded", "text"]);
  expect(Object.values(conversation.notices).filter(({ code }) => code === "retrying")).toHaveLength(2);
  expect(conversation.turns["turn-2"]?.text).toContain("401 Unauthorized");
});

test("killed in mid-answer: the turn is interrupted, and the next run tells which messages codex has", () => {
  const killed = conversationOf(fold(() => codexDriver, recorded("codex", "killed")));
  expect(endsOf(killed)).toEqual(["completed", "interrupted: agent-ended"]);
  expect(partsOf(killed, "turn-2")).toEqual([["text", expect.stringContaining("chunk0000")]]);
  const types = eventsOf(recorded("codex", "resumed")).map((event) => [event.type, "input" in event ? event.input : null]);
  expect(types.slice(0, 5)).toEqual([
    ["session.resume-id", null],
    ["agent.settings", null],
    ["input.consumed", "input-2"],
    ["input.unseen", "input-3"],
    ["agent.ready", null],
  ]);
});

test.each([
  ["unknown", "unknown-conversation"],
  ["garbage", "unknown-conversation"],
  ["locked", "locked"],
])("a conversation that cannot go on: %s", (name, reason) => {
  expect(eventsOf(recorded("codex", name))).toEqual([
    { type: "agent.failed", run: recorded("codex", name).setup.run, reason, text: expect.any(String) },
  ]);
});

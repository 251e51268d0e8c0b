// What no recording has: services that number messages in their own way, lines that come late, other words at a start.

import type { Conversation } from "@perdure/protocol";
import { expect, test } from "vitest";
import { conversationOf, cutEverywhere, fold, output, type RecordedInput, type RecordedStep } from "../acceptance.ts";
import type { DriverCommand, DriverSetup } from "../driver.ts";
import { FIRST_RUN } from "../recordings.ts";
import { claudeDriver } from "./driver.ts";

const ID = "11111111-1111-4111-8111-111111111111";
const READY = output({ type: "control_response", response: { subtype: "success", request_id: "p1", response: {} } }, 1);

function command(is: DriverCommand, time = 2): RecordedInput {
  return { is: "command", time, command: is };
}

function prompt(turn: string): RecordedInput {
  return command({ is: "prompt", input: `i-${turn}`, turn, text: "hello" });
}

function init(session = ID): RecordedInput {
  return output({ type: "system", subtype: "init", session_id: session }, 3);
}

function result(more: object = {}): RecordedInput {
  return output({ type: "result", subtype: "success", is_error: false, session_id: ID, ...more }, 9);
}

/** A message as it is streamed and then told whole. */
function said(id: string | undefined, text: string, parent: string | null = null): RecordedInput[] {
  const event = (one: object): RecordedInput => output({ type: "stream_event", parent_tool_use_id: parent, event: one }, 4);
  return [
    event({ type: "message_start", message: { id } }),
    event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
    event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
    whole(id, [{ type: "text", text }], parent),
    event({ type: "message_stop" }),
  ];
}

function whole(id: string | undefined, content: readonly object[], parent: string | null = null, time = 4): RecordedInput {
  return output({ type: "assistant", parent_tool_use_id: parent, message: { id, content } }, time);
}

function use(id: string, name = "Bash"): object {
  return { type: "tool_use", id, name, input: { command: "x" } };
}

function asks(request: string, tool: string, toolUse: string): RecordedInput {
  const request_ = { subtype: "can_use_tool", tool_name: tool, input: { command: "x" }, tool_use_id: toolUse };
  return output({ type: "control_request", request_id: request, request: request_ }, 5);
}

function returned(id: string, parent: string | null = null): RecordedInput {
  const content = [{ type: "tool_result", tool_use_id: id, content: "done" }];
  return output({ type: "user", parent_tool_use_id: parent, message: { role: "user", content } }, 6);
}

function stepsOf(inputs: readonly RecordedInput[], setup: Partial<DriverSetup> = {}): RecordedStep[] {
  return cutEverywhere(() => claudeDriver, { setup: { ...FIRST_RUN, ...setup }, time: 0, inputs });
}

function shown(inputs: readonly RecordedInput[], setup: Partial<DriverSetup> = {}): Conversation {
  return conversationOf(stepsOf(inputs, setup));
}

function textsByTurn({ messages }: Conversation): Record<string, string[]> {
  const texts: Record<string, string[]> = {};
  for (const { turn, parts } of Object.values(messages)) {
    (texts[turn] ??= []).push(...parts.flatMap((part) => (part.kind === "text" ? [part.text] : [])));
  }
  return texts;
}

test.each([
  ["the same id to each message", "msg_1"],
  ["no id at all", undefined],
])("a service that gives %s loses nothing, and each message stands in its turn", (_, id) => {
  const first = [prompt("t1"), init(), ...said(id, "one"), ...said(id, "two"), result()];
  const second = [prompt("t2"), init(), ...said(id, "three"), result()];
  expect(textsByTurn(shown([READY, ...first, ...second]))).toEqual({ t1: ["one", "two"], t2: ["three"] });
});

test("a message that is told behind its result belongs to the turn that has ended, and begins none", () => {
  const text = [{ type: "text", text: "the answer" }];
  const conversation = shown([READY, prompt("t1"), init(), result(), whole("m1", text), whole("m1", text), prompt("t2"), init(), result()]);
  expect(textsByTurn(conversation)).toEqual({ t1: ["the answer"] });
  expect(Object.values(conversation.turns).map(({ id, state }) => [id, state])).toEqual([
    ["t1", "completed"],
    ["t2", "completed"],
  ]);
});

test("a whole block that comes twice is shown once, without an id of its own", () => {
  const tool = whole("m1", [use("u1")]);
  const conversation = shown([
    READY,
    prompt("t1"),
    init(),
    ...said("m1", "one"),
    tool,
    returned("u1"),
    tool,
    whole("m1", [{ type: "text", text: "one" }]),
    result(),
  ]);
  expect(textsByTurn(conversation)).toEqual({ t1: ["one"] });
  const tools = Object.values(conversation.messages).flatMap(({ parts }) => parts.filter((part) => part.kind === "tool"));
  expect(tools.map(({ status }) => status)).toEqual(["completed"]);
});

test("a turn that claude began by itself and never ended is over when it was quiet for long", () => {
  const own = [READY, init(), ...said("m1", "by myself")];
  const [step] = stepsOf(own).slice(-1);
  expect(claudeDriver.timers(JSON.parse(step!.state))).toContainEqual({ id: "quiet", at: 60_004 });
  const conversation = shown([...own, { is: "timer", time: 60_004, id: "quiet" }]);
  expect(conversation.runningTurn).toBeNull();
  expect(conversation.turns["r1.t1"]?.state).toBe("completed");
});

test("one with a tool at work is not, however long", () => {
  const own = [READY, init(), whole("m1", [use("u1")])];
  expect(claudeDriver.timers(JSON.parse(stepsOf(own).at(-1)!.state))).toEqual([]);
});

test("what a helper asks stays open behind the end of the turn, and closed when its tool has ended", () => {
  const helper = [whole("m1", [use("task", "Task")]), returned("task"), ...said("h1", "I help", "task"), whole("h1", [use("u2")], "task")];
  const open = [READY, prompt("t1"), init(), ...helper, asks("q1", "Bash", "u2"), result()];
  const conversation = shown(open);
  expect(conversation.runningTurn).toBeNull();
  expect(conversation.openApprovals).toEqual(["r1.q1"]);
  const answered = stepsOf([...open, command({ is: "answer", approval: "r1.q1", option: "allow" }, 10)]);
  expect(answered.at(-1)?.sends[0]?.cause).toBe("answer:r1.q1");
  expect(shown([...open, returned("u2", "task")]).approvals["r1.q1"]?.state.is).toBe("expired");
});

test("a request with the number of an earlier one is asked; one that comes twice is not", () => {
  const first = [READY, prompt("t1"), init(), whole("m1", [use("u1"), use("u2")]), asks("1", "Bash", "u1")];
  const answered = [...first, command({ is: "answer", approval: "r1.1", option: "allow" }, 6)];
  expect(shown([...answered, asks("1", "Bash", "u1")]).openApprovals).toEqual([]);
  const again = shown([...answered, asks("1", "Bash", "u2")]);
  expect(again.openApprovals).toHaveLength(1);
  const [approval = ""] = again.openApprovals;
  const steps = stepsOf([...answered, asks("1", "Bash", "u2"), command({ is: "answer", approval, option: "allow" }, 7)]);
  expect(JSON.parse(steps.at(-1)!.sends[0]!.text)).toMatchObject({ response: { request_id: "1" } });
});

test("the id of the conversation is read again when the turn has ended, but not from a failure", () => {
  const other = "22222222-2222-4222-8222-222222222222";
  const begun = [READY, prompt("t1"), init()];
  expect(shown([...begun, result({ session_id: other })]).resumeId).toBe(other);
  expect(shown([...begun, result({ session_id: other, is_error: true })]).resumeId).toBe(ID);
});

test("an input too deep to be kept is asked about all the same", () => {
  const deep = `${'{"a":'.repeat(900)}1${"}".repeat(900)}`;
  const line = `{"type":"control_request","request_id":"q","request":{"subtype":"can_use_tool","tool_name":"mcp__x","input":${deep}}}`;
  expect(shown([READY, prompt("t1"), init(), output(line, 5)]).openApprovals).toEqual(["r1.q"]);
});

const RESUME = { conversation: { is: "resume", resumeId: ID } } as const;

test.each([
  `No conversation found with session ID: ${ID}`,
  `error: no conversation found with session id: ${ID}. Use --resume to choose one.`,
  `\u001b[31mNo conversation found with session ID: ${ID}\u001b[39m`,
  JSON.stringify({ level: "error", message: `No conversation found with session ID: ${ID}` }),
  `Keine Unterhaltung mit der Sitzungs-ID ${ID} gefunden.`,
  `Session ${ID} could not be found`,
])("a start that says %j finds no conversation", (words) => {
  const exit = { is: "exit", time: 3, end: { is: "exited", code: 1, signal: null } } as const;
  for (const inputs of [
    [{ is: "stderr", time: 2, text: `${words}\n` } as const, exit],
    [output({ type: "result", subtype: "error_during_execution", is_error: true, errors: [words] }, 2), exit],
  ]) {
    const failed = stepsOf(inputs, RESUME).flatMap(({ events }) => events.filter(({ type }) => type === "agent.failed"));
    expect(failed).toMatchObject([{ reason: "unknown-conversation" }]);
  }
});

test.each([
  ["MCP session not found", "crashed"],
  ["npx: command not found", "crashed"],
  [`Could not load ${ID}: EACCES: permission denied, open '/x/${ID}.jsonl'`, "permission"],
  [`Error: Session ID ${ID} is already in use.`, "locked"],
  ["No conversation found with session ID: 33333333-3333-4333-8333-333333333333 was printed by a hook", "crashed"],
])("a start that says %j does not", (words, reason) => {
  const exit = { is: "exit", time: 3, end: { is: "exited", code: 1, signal: null } } as const;
  const steps = stepsOf([{ is: "stderr", time: 2, text: `${words}\n` }, exit], RESUME);
  expect(steps.flatMap(({ events }) => events.filter(({ type }) => type === "agent.failed"))).toMatchObject([{ reason }]);
});

test("what is never ended does not make the state grow for ever", () => {
  const many = Array.from({ length: 1500 }, (_, index) => index);
  const tools = many.map((index) => whole("m1", [use(`toolu_${index}`)]));
  const helpers = many.flatMap((index) => said(`h${index}`, "x", `toolu_${index}`).slice(0, 3));
  const blocks = many.map((index) =>
    output({ type: "stream_event", event: { type: "content_block_start", index, content_block: { type: "text", text: "x" } } }, 4),
  );
  const inputs = [READY, prompt("t1"), init(), ...tools, ...helpers, ...said("m2", "y").slice(0, 1), ...blocks];
  const steps = fold(() => claudeDriver, { setup: FIRST_RUN, time: 0, inputs }); // which looks at the size of each state
  expect(steps.at(-1)?.state.length).toBeLessThan(128 * 1024);
});

test("a stop before the turn has begun is said again when it begins, once, however often it is told", () => {
  const stop = command({ is: "interrupt" });
  const steps = stepsOf([READY, prompt("t1"), stop, init(), init(), init()]);
  expect(steps.flatMap(({ sends }) => sends.map(({ cause }) => cause))).toEqual(["initialize", "prompt:i-t1", "interrupt", "interrupt"]);
});

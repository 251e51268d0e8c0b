import { currentRun } from "@perdure/protocol";
import { expect, test } from "vitest";
import { conversationOf, cutEverywhere, type fold, output, type RecordedInput, type Recording } from "../acceptance.ts";
import type { DriverCommand, DriverSetup } from "../driver.ts";
import { FIRST_RUN } from "../recordings.ts";
import { codexDriver } from "./driver.ts";
import { READY_MS } from "./opening.ts";
import { endsOf, partsOf } from "./shown-turns.ts";

const THREAD = "01a1fc55-7a30-7d70-8999-010adc0759ef";

const OPENED = [
  output({ id: "p1", result: { userAgent: "perdure/1.2.3 (x)" } }, 1),
  output({ id: "p3", result: { thread: { id: THREAD }, model: "m", approvalPolicy: "never", sandbox: { type: "dangerFullAccess" } } }, 2),
];

function command(is: DriverCommand): RecordedInput {
  return { is: "command", time: 3, command: is };
}

const PROMPT = command({ is: "prompt", input: "i1", turn: "t1", text: "hello", preamble: "what was before" });
const BEGUN = [
  output({ id: "p5", result: { turn: { id: "T" } } }, 4),
  output({ method: "turn/started", params: { threadId: THREAD, turn: { id: "T", status: "inProgress" } } }, 4),
];

function written(inputs: readonly RecordedInput[], setup: Partial<DriverSetup> = {}): Recording {
  return { setup: { ...FIRST_RUN, ...setup }, time: 0, inputs };
}

function told(method: string, params: object): RecordedInput {
  return output({ method, params: { threadId: THREAD, turnId: "T", ...params } }, 5);
}

function completed(status: string, error?: object): RecordedInput {
  return told("turn/completed", { turn: { id: "T", status, error } });
}

function stepsOf(inputs: readonly RecordedInput[], setup: Partial<DriverSetup> = {}): ReturnType<typeof fold> {
  return cutEverywhere(() => codexDriver, written(inputs, setup));
}

function sendsOf(inputs: readonly RecordedInput[], setup: Partial<DriverSetup> = {}): unknown[] {
  return stepsOf(inputs, setup).flatMap(({ sends }) => sends.map(({ text }) => JSON.parse(text) as unknown));
}

test("a message is sent with what goes before it, its id and what was chosen", () => {
  const chosen = [
    command({ is: "set-model", model: "big" }),
    command({ is: "set-mode", mode: "auto" }),
    command({ is: "set-mode", mode: "?" }),
  ];
  expect(sendsOf([...OPENED, ...chosen, PROMPT]).at(-1)).toEqual({
    id: "p5",
    method: "turn/start",
    params: {
      threadId: THREAD,
      clientUserMessageId: "i1",
      input: [
        { type: "text", text: "what was before", text_elements: [] },
        { type: "text", text: "hello", text_elements: [] },
      ],
      model: "big",
      approvalPolicy: "on-request",
      sandboxPolicy: expect.objectContaining({ type: "workspaceWrite" }) as unknown,
    },
  });
});

test("a model and a mode of the run are part of how the conversation is opened", () => {
  expect(sendsOf(OPENED.slice(0, 1), { model: "big", mode: "read-only" }).at(-1)).toEqual({
    id: "p3",
    method: "thread/start",
    params: { cwd: "/work", model: "big", approvalPolicy: "on-request", sandbox: "read-only" },
  });
});

test("a turn that is refused has failed", () => {
  const steps = stepsOf([...OPENED, PROMPT, output({ id: "p5", error: { code: -32600, message: "thread not found: x" } }, 4)]);
  expect(endsOf(conversationOf(steps))).toEqual(["failed: unknown-conversation"]);
});

test("stop before codex has begun waits until it has", () => {
  const sends = sendsOf([...OPENED, PROMPT, command({ is: "interrupt" }), command({ is: "interrupt" }), ...BEGUN]);
  expect(sends.at(-1)).toEqual({ id: "p6", method: "turn/interrupt", params: { threadId: THREAD, turnId: "T" } });
  expect(sends).toHaveLength(6);
});

test("when codex knows of nothing to stop, the turn is over", () => {
  const refused = output({ id: "p6", error: { code: -32600, message: "no active turn to interrupt" } }, 6);
  expect(endsOf(conversationOf(stepsOf([...OPENED, PROMPT, ...BEGUN, command({ is: "interrupt" }), refused])))).toEqual([
    "interrupted: stopped",
  ]);
});

test("a turn that codex begins by itself is one, and a message that comes then begins another", () => {
  const steps = stepsOf([...OPENED, BEGUN[1]!, PROMPT, ...BEGUN, completed("completed")]);
  const conversation = conversationOf(steps);
  expect(Object.keys(conversation.turns)).toEqual(["r1.turn.T", "t1"]);
  expect(endsOf(conversation)).toEqual(["completed", "completed"]);
});

test("the end of a turn of another conversation ends nothing", () => {
  const other = output({ method: "turn/completed", params: { threadId: "other", turn: { id: "T", status: "completed" } } }, 5);
  expect(conversationOf(stepsOf([...OPENED, PROMPT, ...BEGUN, other])).runningTurn).toBe("t1");
});

function planned(status: string): RecordedInput {
  return told("turn/plan/updated", {
    plan: [
      { step: "one", status },
      { step: "two", status: "pending" },
    ],
  });
}

test("a plan changes in one place", () => {
  const steps = stepsOf([...OPENED, PROMPT, ...BEGUN, planned("inProgress"), planned("completed"), completed("completed")]);
  expect(partsOf(conversationOf(steps), "t1")).toEqual([
    [
      "plan",
      [
        { text: "one", status: "completed" },
        { text: "two", status: "pending" },
      ],
    ],
  ]);
});

test("a tool that is still open at the end is interrupted, and its late end is told", () => {
  const item = { type: "commandExecution", id: "c1", command: "sleep 9", status: "inProgress" };
  const late = told("item/completed", { item: { ...item, status: "completed", aggregatedOutput: "done\n" } });
  const begun = [...OPENED, PROMPT, ...BEGUN, told("item/started", { item }), completed("completed")];
  expect(partsOf(conversationOf(stepsOf(begun)), "t1")).toEqual([["shell", "sleep 9", "interrupted", ""]]);
  expect(partsOf(conversationOf(stepsOf([...begun, late])), "t1")).toEqual([["shell", "sleep 9", "completed", "done\n"]]);
});

test("a text whose end differs from what was streamed is corrected", () => {
  const item = { type: "agentMessage", id: "m1", text: "" };
  const steps = stepsOf([
    ...OPENED,
    PROMPT,
    ...BEGUN,
    told("item/started", { item }),
    told("item/agentMessage/delta", { itemId: "m1", delta: "Hel" }),
    told("item/completed", { item: { ...item, text: "Hello" } }),
  ]);
  expect(partsOf(conversationOf(steps), "t1")).toEqual([["text", "Hello"]]);
});

test("parts of a summary are paragraphs, and raw thoughts are not mixed in", () => {
  const steps = stepsOf([
    ...OPENED,
    PROMPT,
    ...BEGUN,
    told("item/started", { item: { type: "reasoning", id: "r" } }),
    told("item/reasoning/summaryPartAdded", { itemId: "r", summaryIndex: 0 }),
    told("item/reasoning/summaryTextDelta", { itemId: "r", delta: "One", summaryIndex: 0 }),
    told("item/reasoning/summaryPartAdded", { itemId: "r", summaryIndex: 1 }),
    told("item/reasoning/textDelta", { itemId: "r", delta: "raw", contentIndex: 0 }),
    told("item/reasoning/summaryTextDelta", { itemId: "r", delta: "Two", summaryIndex: 1 }),
    told("item/completed", { item: { type: "reasoning", id: "r", summary: ["One", "Two"] } }),
  ]);
  expect(partsOf(conversationOf(steps), "t1")).toEqual([["reasoning", "One\n\nTwo"]]);
});

const ASKS: readonly (readonly [string, object, string, unknown])[] = [
  [
    "item/commandExecution/requestApproval",
    { command: "rm x", proposedExecpolicyAmendment: ["rm"] },
    "acceptForSession",
    { decision: "acceptForSession" },
  ],
  [
    "item/commandExecution/requestApproval",
    { command: "rm x", proposedExecpolicyAmendment: ["rm"] },
    "acceptWithExecpolicyAmendment",
    { decision: { acceptWithExecpolicyAmendment: { execpolicy_amendment: ["rm"] } } },
  ],
  ["item/fileChange/requestApproval", { itemId: "c", reason: "why" }, "decline", { decision: "decline" }],
  ["execCommandApproval", { callId: "c", command: ["rm", "x"] }, "accept", { decision: "approved" }],
  ["applyPatchApproval", { callId: "c", fileChanges: { a: {} } }, "decline", { decision: "denied" }],
  [
    "item/permissions/requestApproval",
    { permissions: { network: { enabled: true }, fileSystem: null } },
    "acceptForSession",
    { permissions: { network: { enabled: true } }, scope: "session" },
  ],
  ["item/permissions/requestApproval", { permissions: { network: null } }, "decline", { permissions: {}, scope: "turn" }],
  [
    "item/tool/requestUserInput",
    { questions: [{ id: "q", question: "Which?", options: [{ label: "A" }, { label: "B" }] }] },
    "choice-2",
    { answers: { q: { answers: ["B"] } } },
  ],
  [
    "mcpServer/elicitation/request",
    { serverName: "s", message: "May I?", requestedSchema: {} },
    "decline",
    { action: "decline", content: null, _meta: null },
  ],
];

test.each(ASKS)("%s is asked and answered once", (method, params, option, result) => {
  const asked = output({ id: 7, method, params: { threadId: THREAD, ...params } }, 5);
  const answer = command({ is: "answer", approval: "r1.ask.7", option });
  const sends = sendsOf([...OPENED, PROMPT, ...BEGUN, asked, asked, answer, answer]);
  expect(sends.slice(5)).toEqual([{ id: 7, result }]);
});

test("words are an answer to a question, too", () => {
  const questions = [{ id: "q", question: "Which?", options: [{ label: "A" }] }];
  const asked = output({ id: 7, method: "item/tool/requestUserInput", params: { questions } }, 5);
  const answer = command({ is: "answer", approval: "r1.ask.7", option: "choice-1", note: "neither" });
  expect(sendsOf([...OPENED, asked, answer]).at(-1)).toEqual({ id: 7, result: { answers: { q: { answers: ["neither"] } } } });
});

test.each([
  ["item/tool/call", { tool: "x" }, 0],
  ["item/tool/requestUserInput", { questions: [] }, 1],
  ["mcpServer/elicitation/request", { serverName: "s", message: "Fill in", requestedSchema: { required: ["name"] } }, 1],
  ["item/fileChange/requestApproval", { itemId: 7 }, 1],
])("%s that cannot be asked here is refused at once", (method, params, notices) => {
  const steps = stepsOf([...OPENED, output({ id: "a", method, params }, 5)]);
  expect(steps.at(-1)?.sends.map(({ text }) => JSON.parse(text) as unknown)).toEqual([
    { id: "a", error: { code: -32601, message: `${method} is not supported here` } },
  ]);
  expect(steps.at(-1)?.events).toHaveLength(notices);
});

function expiredIn(inputs: readonly RecordedInput[]): number {
  const events = stepsOf([...OPENED, PROMPT, ...BEGUN, ...inputs]).flatMap((step) => step.events);
  return events.filter(({ type }) => type === "approval.expired").length;
}

test("a question that codex waits for no longer expires; one that was answered does not", () => {
  const asked = output({ id: 7, method: "item/fileChange/requestApproval", params: {} }, 5);
  const resolved = told("serverRequest/resolved", { requestId: 7 });
  expect(expiredIn([asked, resolved])).toBe(1);
  expect(expiredIn([asked, command({ is: "answer", approval: "r1.ask.7", option: "accept" }), resolved, completed("completed")])).toBe(0);
});

test("not ready in time: it has failed, and what comes later changes nothing", () => {
  const late: RecordedInput = { is: "timer", time: READY_MS, id: "ready" };
  const said: RecordedInput = { is: "stderr", time: 1, text: "waiting for the moon\n" };
  const steps = stepsOf([said, late, ...OPENED]);
  expect(steps[0] && codexDriver.timers(JSON.parse(steps[0].state))).toEqual([{ id: "ready", at: READY_MS }]);
  expect(steps.flatMap(({ events }) => events)).toEqual([
    { type: "agent.failed", run: "run-1", reason: "unknown", text: "Codex was not ready within 30 seconds.\nwaiting for the moon" },
  ]);
  expect(steps.flatMap(({ sends }) => sends)).toHaveLength(1);
});

test("ready in time: nothing is waited for", () => {
  expect(codexDriver.timers(JSON.parse(stepsOf(OPENED).at(-1)!.state))).toEqual([]);
});

test.each([
  ["error: missing environment variable: `KEY`", "auth"],
  ["", "crashed"],
])("an end before it was ready says why: %s", (text, reason) => {
  const inputs: RecordedInput[] = [
    ...(text === "" ? [] : [{ is: "stderr", time: 1, text } as const]),
    { is: "exit", time: 2, end: { is: "exited", code: 1, signal: null } },
  ];
  const [failed] = stepsOf(inputs).at(-1)!.events;
  expect(failed).toMatchObject({ type: "agent.failed", reason });
});

test("another conversation than the one that was asked for is not taken", () => {
  const steps = stepsOf(OPENED, { conversation: { is: "resume", resumeId: "01a1fc55-0000-7d70-8999-010adc0759ef" } });
  const events = steps.flatMap((step) => step.events);
  expect(events).toMatchObject([{ type: "agent.failed", reason: "unknown-conversation" }]);
});

test("what cannot be found out about messages on their way is left open", () => {
  const setup = { conversation: { is: "resume", resumeId: THREAD }, doubtful: ["i1"] } as const;
  const refused = output({ id: "p4", error: { code: -32601, message: "method not found" } }, 3);
  const types = stepsOf([...OPENED, refused], setup).flatMap(({ events }) => events.map(({ type }) => type));
  expect(types).toEqual(["session.resume-id", "agent.settings", "agent.ready"]);
});

test("warnings are told once, garbage a few times, a long line as one", () => {
  const warning = output({ method: "warning", params: { message: "careful" } }, 3);
  const garbage = Array.from({ length: 50 }, () => output("<html>", 4));
  const events = stepsOf([...OPENED, warning, warning, { is: "long-line", time: 4, bytes: 2 ** 25 } as never, ...garbage]).flatMap(
    (step) => step.events,
  );
  const notices = events.filter(({ type }) => type === "notice");
  expect(notices.filter((notice) => "text" in notice && notice.text === "careful")).toHaveLength(1);
  expect(notices).toHaveLength(20);
});

test("settings that codex changes are told where they are new", () => {
  const changed = told("thread/settings/updated", {
    threadSettings: { model: "m2", approvalPolicy: "untrusted", sandboxPolicy: { type: "workspaceWrite" } },
  });
  const conversation = conversationOf(stepsOf([...OPENED, changed, changed]));
  expect(conversation.settings).toMatchObject({ model: "m2", mode: "ask" });
  expect(currentRun(conversation)).toBeNull();
});

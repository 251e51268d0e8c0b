import { currentRun, type AgentMessage, type Conversation, type ToolPart } from "@perdure/protocol";
import { describe, expect, test } from "vitest";
import { conversationOf, cutEverywhere, fold, garbageEverywhere, output, type RecordedInput, type RecordedStep } from "../acceptance.ts";
import type { DriverCommand } from "../driver.ts";
import { FIRST_RUN, recorded, recordingNames } from "../recordings.ts";
import { claudeDriver } from "./driver.ts";

const newDriver = () => claudeDriver;

function messages(conversation: Conversation): AgentMessage[] {
  return conversation.entries.flatMap(({ is, id }) => (is === "message" ? [conversation.messages[id]!] : []));
}

function texts(conversation: Conversation): string[] {
  return messages(conversation)
    .filter(({ isSuperseded }) => !isSuperseded)
    .flatMap(({ parts }) => parts.flatMap((part) => (part.kind === "text" ? [part.text] : [])));
}

function tools(conversation: Conversation): ToolPart[] {
  return messages(conversation).flatMap(({ parts }) => parts.filter((part) => part.kind === "tool"));
}

function turns(conversation: Conversation): string[] {
  return Object.values(conversation.turns).map(({ state, cause }) => [state, cause].filter(Boolean).join(" "));
}

function types(steps: readonly RecordedStep[]): string[] {
  return steps.flatMap(({ events }) => events.map(({ type }) => type));
}

const GARBAGE = [
  '{"type":"stream_event"}',
  '{"type":"stream_event","event":{"type":"content_block_delta","index":99,"delta":{"type":"text_delta","text":"x"}}}',
  '{"type":"assistant"}',
  '{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"nobody"}]}}',
  '{"type":"system","subtype":"of-tomorrow","permissionMode":7}',
  '{"type":"control_response","response":{"subtype":"success","request_id":"p999","response":{}}}',
  '{"type":"control_cancel_request","request_id":"nobody"}',
  '{"type":"toString"}',
  '{"type":"__proto__"}',
];
/** Only a claude that tells of each message writes it at all. */
const GARBAGE_OF_LIFECYCLES = '{"type":"command_lifecycle","command_uuid":"nobody","state":"completed"}';

describe.each(recordingNames("claude"))("recording %s", (name) => {
  test("a server that ends at any byte or input has a successor that goes on the same", () => {
    expect(cutEverywhere(newDriver, recorded("claude", name)).length).toBeGreaterThan(1);
  });

  test("what no claude should write changes nothing", () => {
    const lines = name.startsWith("2.1.329") ? [...GARBAGE, GARBAGE_OF_LIFECYCLES] : GARBAGE;
    expect(() => garbageEverywhere(newDriver, recorded("claude", name), lines)).not.toThrow();
  });
});

describe.each(["2.1.329", "2.1.197"])("claude %s", (version) => {
  test("a conversation: text, reasoning, tools, approvals, questions", () => {
    const steps = fold(newDriver, recorded("claude", `${version}-conversation`));
    const conversation = conversationOf(steps);
    expect(turns(conversation)).toEqual(Array.from({ length: 7 }, () => "completed"));
    expect(texts(conversation)[0]).toBe('echo: hello | users ["hello"]');
    expect(messages(conversation)[1]!.parts[0]).toMatchObject({ kind: "reasoning", text: "I think about it.", isOpen: false });
    expect(tools(conversation).map(({ tool, toolKind, status }) => [tool, toolKind, status])).toEqual([
      ["Read", "read", "completed"],
      ["Edit", "edit", "completed"],
      ["Bash", "execute", "failed"],
      ["Write", "edit", "completed"],
      ["AskUserQuestion", "other", "completed"],
    ]);
    expect(tools(conversation)[1]!.diffs).toEqual([{ path: "/work/note.txt", before: "one\ntwo\nthree\n", after: "one\nzwei\nthree\n" }]);
    expect(tools(conversation)[3]!.diffs).toEqual([{ path: "/work/new.txt", before: null, after: "new\n" }]);
    expect(tools(conversation)[2]!.output).toBe("rather not");
    expect(tools(conversation)[4]!.output).toContain('"Which?"="B"');
    expect(conversation.usage.costUsd).toBeGreaterThan(0);
    expect(conversation.settings.models.length).toBeGreaterThan(0);
    expect(conversation.settings.commands[0]?.label).toMatch(/^\//);
    expect(messages(conversation).every(({ isOpen }) => !isOpen)).toBe(true);
  });

  test("allowing always passes on what claude suggested", () => {
    const sends = fold(newDriver, recorded("claude", `${version}-conversation`)).flatMap((step) => step.sends);
    const allowed = sends.find(({ text }) => text.includes("updatedPermissions"))!;
    expect(allowed.cause).toMatch(/^answer:r1\./);
    expect(JSON.parse(allowed.text)).toMatchObject({
      type: "control_response",
      response: {
        response: {
          behavior: "allow",
          updatedInput: { file_path: "/work/new.txt" },
          updatedPermissions: [{ type: "setMode", mode: "acceptEdits" }],
        },
      },
    });
  });

  test("a message that claude knows from before ends its turn without an answer", () => {
    const steps = fold(newDriver, recorded("claude", `${version}-known-message`));
    const all = steps.flatMap(({ events }) => events);
    const unseen = all.findIndex(({ type }) => type === "input.unseen");
    expect(unseen).toBeLessThan(all.findIndex(({ type }) => type === "agent.ready"));
    const conversation = conversationOf(steps);
    expect(turns(conversation)).toEqual(["completed", "completed"]);
    expect(Object.values(conversation.notices)[0]).toMatchObject({ code: "known-message", turn: "turn-2-1" });
    expect(texts(conversation)).toHaveLength(1);
  });

  test("a helper's words name the tool call that they come from", () => {
    const conversation = conversationOf(fold(newDriver, recorded("claude", `${version}-helper`)));
    const helper = messages(conversation).filter(({ parent }) => parent !== undefined);
    const [delegate] = tools(conversation);
    expect(delegate).toMatchObject({ toolKind: "delegate", title: "Task helper" });
    expect(helper.length).toBeGreaterThan(0);
    expect(helper.every(({ parent }) => parent === delegate!.id)).toBe(true);
    expect(tools(conversation)[1]).toMatchObject({ tool: "Bash", status: "completed", output: "from-helper" });
    expect(turns(conversation).every((turn) => turn === "completed")).toBe(true);
  });

  test("stopped with an approval open, while it speaks, before it begins; killed", () => {
    const steps = fold(newDriver, recorded("claude", `${version}-stopped`));
    const conversation = conversationOf(steps);
    expect(turns(conversation)).toEqual([
      "interrupted stopped",
      "interrupted stopped",
      "interrupted stopped",
      "completed",
      "interrupted agent-ended",
    ]);
    expect(Object.values(conversation.approvals).map(({ state }) => state.is)).toEqual(["expired"]);
    expect(texts(conversation).filter((text) => text.startsWith("chunk0000 "))).toHaveLength(2);
    expect(steps.flatMap(({ sends }) => sends).filter(({ cause }) => cause === "interrupt").length).toBeGreaterThanOrEqual(4);
  });

  test("a cut stream, retries, failures by their reason, changed settings, a command of claude's", () => {
    const steps = fold(newDriver, recorded("claude", `${version}-failures`));
    const conversation = conversationOf(steps);
    expect(turns(conversation)).toEqual(["completed", "completed", "failed auth", "failed unknown", "failed overloaded", "completed"]);
    const [cut, again] = messages(conversation);
    expect(cut).toMatchObject({ isSuperseded: true, isOpen: false });
    expect(again).toMatchObject({ isSuperseded: false, parts: [{ text: "chunk0000 chunk0001 chunk0002 chunk0003 chunk0004 " }] });
    expect(Object.values(conversation.notices).map(({ code }) => code)).toContain("retrying");
    expect(Object.values(conversation.turns)[2]!.text).toBe("Failed to authenticate. API Error: 401 made-up error 401");
    expect(conversation.settings).toMatchObject({ model: "sonnet", mode: "acceptEdits" });
    expect(texts(conversation).at(-1)).toContain("Context Usage");
  });

  test("an unknown conversation is told once, and its id is not stored", () => {
    const steps = fold(newDriver, recorded("claude", `${version}-unknown-conversation`));
    const failed = steps.flatMap(({ events }) => events).filter(({ type }) => type === "agent.failed");
    expect(failed).toMatchObject([{ reason: "unknown-conversation", text: expect.stringContaining("No conversation found") }]);
    expect(types(steps)).not.toContain("session.resume-id");
    expect(types(steps)).not.toContain("agent.ready");
  });
});

const INPUT = "11111111-1111-4111-8111-111111111111";
const ready = output({ type: "control_response", response: { subtype: "success", request_id: "p1", response: {} } }, 1);
const prompt = command({ is: "prompt", input: INPUT, turn: "turn-1", text: "hi" });
const init = output({ type: "system", subtype: "init", session_id: "s1", model: "m", permissionMode: "default" }, 3);
const died: RecordedInput = { is: "exit", time: 9, end: { is: "exited", code: 1, signal: null } };

function command(asked: DriverCommand, time = 2): RecordedInput {
  return { is: "command", time, command: asked };
}

function stderr(text: string): RecordedInput {
  return { is: "stderr", time: 1, text };
}

function lifecycle(state: string): RecordedInput {
  return output({ type: "command_lifecycle", command_uuid: INPUT, state }, 3);
}

function stream(event: object, parent: string | null = null): RecordedInput {
  return output({ type: "stream_event", event, parent_tool_use_id: parent }, 4);
}

function whole(id: string, text: string): RecordedInput {
  return output({ type: "assistant", message: { id, content: [{ type: "text", text }] }, parent_tool_use_id: null }, 5);
}

const messageStart = (id: string) => stream({ type: "message_start", message: { id } });
const textStart = stream({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } });
const textDelta = (text: string) => stream({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } });
const success = output({ type: "result", subtype: "success", is_error: false, result: "ok", total_cost_usd: 0.1 }, 6);

function told(...inputs: readonly RecordedInput[]): Conversation {
  return conversationOf(cutEverywhere(newDriver, { setup: FIRST_RUN, time: 0, inputs }));
}

describe("what claude may do", () => {
  test("deltas that were lost come from the whole block, changed ones are corrected", () => {
    const lost = told(ready, prompt, init, messageStart("m1"), textStart, textDelta("one "), whole("m1", "one two"), success);
    expect(texts(lost)).toEqual(["one two"]);
    const changed = told(ready, prompt, init, messageStart("m1"), textStart, textDelta("two"), whole("m1", "one two"), success);
    expect(texts(changed)).toEqual(["one two"]);
    const unstreamed = told(ready, prompt, init, whole("m1", "one two"), whole("m1", "three"), success);
    expect(texts(unstreamed)).toEqual(["one two", "three"]);
    expect(messages(unstreamed)).toHaveLength(1);
  });

  test("a list of things to do is a plan", () => {
    const todos = [
      { content: "look", status: "completed" },
      { content: "do", status: "in_progress" },
      { content: "tell", status: "pending" },
    ];
    const content = [{ type: "tool_use", id: "t1", name: "TodoWrite", input: { todos } }];
    const conversation = told(ready, prompt, init, output({ type: "assistant", message: { id: "m1", content } }, 4), success);
    expect(messages(conversation)[0]!.parts).toEqual([
      {
        id: "r1.t1",
        kind: "plan",
        steps: [
          { text: "look", status: "completed" },
          { text: "do", status: "running" },
          { text: "tell", status: "pending" },
        ],
      },
    ]);
  });

  test("it does not answer at its start", () => {
    const recording = { setup: FIRST_RUN, time: 0, inputs: [{ is: "timer", id: "ready", time: 30_000 }] } as const;
    expect(claudeDriver.timers(claudeDriver.begin(FIRST_RUN, 0).state)).toEqual([{ id: "ready", at: 30_000 }]);
    const [, late] = cutEverywhere(newDriver, recording);
    expect(late!.events).toMatchObject([{ type: "agent.failed", reason: "protocol" }]);
    expect(claudeDriver.timers(JSON.parse(late!.state))).toEqual([]);
  });

  test("it ends before it is ready, with words that come in pieces", () => {
    const crashed = cutEverywhere(newDriver, { setup: FIRST_RUN, time: 0, inputs: [stderr("Segmen"), stderr("tation fault"), died] });
    expect(crashed.at(-1)!.events).toMatchObject([
      { type: "agent.failed", reason: "crashed", text: expect.stringContaining("Segmentation fault") },
    ]);
    const words = ["No conversation found with ses", "sion ID: 95a8d0b4-9be4-4bfb-a0c8-5b0b7ed1a8ea\n"];
    const unknown = cutEverywhere(newDriver, { setup: FIRST_RUN, time: 0, inputs: [...words.map(stderr), died] });
    expect(unknown.flatMap(({ events }) => events)).toMatchObject([{ type: "agent.failed", reason: "unknown-conversation" }]);
  });

  test("a turn of its own runs before ours: its result does not end ours", () => {
    const own = output({ type: "result", subtype: "success", is_error: false, result: "", origin: { kind: "task-notification" } }, 5);
    const conversation = told(
      ready,
      prompt,
      lifecycle("queued"),
      init,
      whole("m1", "by the way"),
      own,
      lifecycle("started"),
      init,
      whole("m2", "yes?"),
      success,
    );
    expect(turns(conversation)).toEqual(["completed"]);
    expect(texts(conversation)).toEqual(["by the way", "yes?"]);
  });

  test("it speaks without being asked", () => {
    const conversation = told(ready, init, messageStart("m1"), textStart, textDelta("news"), whole("m1", "news"), success);
    expect(conversation.turns).toMatchObject({ "r1.t1": { state: "completed" } });
    expect(conversation.turns["r1.t1"]).not.toHaveProperty("input");
  });

  test("stopped before it begins, it is stopped again when it does", () => {
    const inputs = [ready, prompt, lifecycle("queued"), command({ is: "interrupt" }), lifecycle("started"), init, died];
    const sends = cutEverywhere(newDriver, { setup: FIRST_RUN, time: 0, inputs }).flatMap((step) => step.sends.map(({ cause }) => cause));
    expect(sends).toEqual(["initialize", `prompt:${INPUT}`, "interrupt", "interrupt"]);
  });

  test("a message that was cancelled in claude's queue ends its turn", () => {
    expect(turns(told(ready, prompt, lifecycle("queued"), lifecycle("cancelled")))).toEqual(["interrupted stopped"]);
  });

  test("garbage, a line of 5 MB and one that is too long", () => {
    const big = "x".repeat(5 * 1024 * 1024);
    const steps = fold(newDriver, {
      setup: FIRST_RUN,
      time: 0,
      inputs: [
        ready,
        prompt,
        init,
        output("garbage", 3),
        whole("m1", big),
        { is: "output", time: 4, text: `${"y".repeat(17 * 1024 * 1024)}\n` },
        success,
      ],
    });
    const conversation = conversationOf(steps);
    expect(turns(conversation)).toEqual(["completed"]);
    expect(texts(conversation)[0]).toHaveLength(big.length);
    expect(Object.values(conversation.notices).map(({ code }) => code)).toEqual(["agent-output", "agent-output"]);
    expect(steps.every(({ state }) => state.length < 4096)).toBe(true);
  });

  test("it ends in the middle of a line: what was said is kept, a tool and an approval are closed", () => {
    const content = [{ type: "tool_use", id: "t1", name: "Bash", input: { command: "make" } }];
    const asks = { subtype: "can_use_tool", tool_name: "Bash", tool_use_id: "t1", input: { command: "make" } };
    const conversation = told(
      ready,
      prompt,
      init,
      whole("m1", "so far"),
      output({ type: "assistant", message: { id: "m1", content } }, 5),
      output({ type: "control_request", request_id: "q1", request: asks }, 5),
      { is: "output", time: 6, text: '{"type":"assist' },
      died,
    );
    expect(turns(conversation)).toEqual(["interrupted agent-ended"]);
    expect(texts(conversation)).toEqual(["so far"]);
    expect(tools(conversation)[0]).toMatchObject({ status: "interrupted", title: "Bash make" });
    expect(conversation.approvals["r1.q1"]!.state).toMatchObject({ is: "expired" });
    expect(currentRun(conversation)).toBeNull();
  });

  test("what it asks of us and nobody here knows is refused", () => {
    const inputs = [ready, output({ type: "control_request", request_id: "q1", request: { subtype: "mcp_message" } }, 2)];
    const [send] = fold(newDriver, { setup: FIRST_RUN, time: 0, inputs }).at(-1)!.sends;
    expect(JSON.parse(send!.text)).toMatchObject({ type: "control_response", response: { subtype: "error", request_id: "q1" } });
  });

  test("a setting that it refuses is told", () => {
    const asked = command({ is: "set-mode", mode: "nonsense" });
    const refused = output({ type: "control_response", response: { subtype: "error", request_id: "p2", error: "must be one of" } }, 3);
    expect(Object.values(told(ready, asked, refused).notices)).toMatchObject([{ code: "setting-refused", text: "must be one of" }]);
  });

  test("an older claude makes another id with each resume: it is told again", () => {
    const next = output({ type: "system", subtype: "init", session_id: "s2", model: "m", permissionMode: "default" }, 7);
    const conversation = told(
      ready,
      prompt,
      init,
      success,
      command({ is: "prompt", input: "x", turn: "turn-2", text: "y" }, 6),
      next,
      success,
    );
    expect(conversation).toMatchObject({ resumeId: "s2", oldResumeId: "s1" });
  });
});

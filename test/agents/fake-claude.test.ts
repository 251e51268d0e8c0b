// The fake Claude Code on the outside: what it says, writes to disk and exits with, as it was seen of the real one.

import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../harness/until.ts";
import { FakeSituation, inside, type Message } from "./fake-situation.ts";
import type { LineProcess } from "./line-process.ts";

let situation: FakeSituation;
beforeEach(() => {
  situation = new FakeSituation();
});
afterEach(async () => situation.close());

const is = (type: string) => (message: Message) => message["type"] === type;
const flags = ["-p", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose", "--include-partial-messages"];
const asking = [...flags, "--permission-prompt-tool", "stdio"];
const say = (program: LineProcess, text: string, uuid: string = randomUUID()): string => {
  program.send({ type: "user", message: { role: "user", content: [{ type: "text", text }] }, uuid, parent_tool_use_id: null });
  return uuid;
};
const turn = async (program: LineProcess, text: string, uuid?: string): Promise<Message> => {
  const result = program.next(`the result of ${text}`, is("result"));
  say(program, text, uuid);
  return result;
};
const transcript = (id: string): string =>
  path.join(situation.home.home, ".claude/projects", situation.home.cwd.replaceAll(/[^a-zA-Z0-9]/g, "-"), `${id}.jsonl`);
const delta = (text: string) => (message: Message) => message["type"] === "stream_event" && JSON.stringify(message).includes(text);

test("says its version at once", async () => {
  const startedMs = performance.now();
  const program = situation.start("claude", ["--version"]);
  expect(await program.untilEnd()).toEqual({ code: 0, signal: null });
  expect(program.lines).toEqual(["2.1.329 (Claude Code)"]);
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});

test("is silent until it is told something, tells its pid, begins each turn with an init", async () => {
  const program = situation.start("claude", flags);
  const answer = program.next("the answer to initialize", is("control_response"));
  program.send({ type: "control_request", request_id: "p1", request: { subtype: "initialize" } });
  expect(inside(await answer, "response", "response", "pid")).toBe(program.pid);
  expect(program.messages).toHaveLength(1);
  await turn(program, "one");
  expect(inside(await turn(program, "two"), "result")).toBe('echo: two | users ["one","two"]');
  expect(program.messages.filter(({ subtype }) => subtype === "init")).toHaveLength(2);
});

test("goes on with a conversation, wherever it is started", async () => {
  const id = randomUUID();
  const first = situation.start("claude", [...flags, "--session-id", id]);
  await turn(first, "remember this");
  first.endInput();
  expect(await first.untilEnd()).toEqual({ code: 0, signal: null });
  const second = situation.start("claude", [...flags, "--resume", id], { cwd: situation.home.otherDirectory("other") });
  expect(inside(await turn(second, "and this"), "result")).toBe('echo: and this | users ["remember this","and this"]');
  expect(existsSync(transcript(id))).toBe(true);
});

test("an old version finds it only where it was begun", async () => {
  const id = randomUUID();
  const first = situation.start("claude", [...flags, "--session-id", id]);
  await turn(first, "remember this");
  first.endInput();
  await first.untilEnd();
  const second = situation.start("claude", [...flags, "--resume", id], {
    cwd: situation.home.otherDirectory("other"),
    env: { FAKE_CLAUDE_VERSION: "2.1.197" },
  });
  expect((await second.untilEnd()).code).toBe(1);
  expect(second.stderr).toBe(`No conversation found with session ID: ${id}\n`);
});

test.each([
  [
    "--resume",
    "0b9ad2ae-62c5-4c1c-b13a-90a08a2a5a1a",
    /^No conversation found with session ID: 0b9ad2ae-62c5-4c1c-b13a-90a08a2a5a1a\n$/,
    1,
  ],
  ["--resume", "garbage", /^Error: --resume requires a valid session ID or session title/, 1],
  ["--session-id", "abc", /^Error: Invalid session ID. Must be a valid UUID.\n$/, 0],
])("%s %s ends by itself with its words", async (flag, id, words, lines) => {
  const program = situation.start("claude", [...flags, flag, id]);
  expect((await program.untilEnd()).code).toBe(1);
  expect(program.stderr).toMatch(words);
  expect(program.messages).toHaveLength(lines);
});

test("refuses an id that is taken", async () => {
  const id = randomUUID();
  const first = situation.start("claude", [...flags, "--session-id", id]);
  await turn(first, "one");
  await until("the transcript", () => existsSync(transcript(id)));
  const second = situation.start("claude", [...flags, "--session-id", id]);
  expect((await second.untilEnd()).code).toBe(1);
  expect(second.stderr).toBe(`Error: Session ID ${id} is already in use.\n`);
  expect(second.lines).toEqual([]);
});

test("the same uuid counts once, also after a resume; unanswered it runs and is stored once", async () => {
  const id = randomUUID();
  const first = situation.start("claude", [...flags, "--session-id", id, "--replay-user-messages"]);
  const uuid = randomUUID();
  await turn(first, "once", uuid);
  const again = first.next("the replay", (message) => message["isReplay"] === true);
  say(first, "once", uuid);
  await again;
  const held = first.next("the second turn's text", delta("chunk0000"));
  const broken = say(first, "#slow 500 20");
  await held;
  await until("the message on disk", () => existsSync(transcript(id)) && readFileSync(transcript(id), "utf8").includes(broken));
  first.kill();
  await first.untilEnd();
  const second = situation.start("claude", [...flags, "--resume", id]);
  const known = second.next("that it knows", is("command_lifecycle"));
  say(second, "once", uuid);
  expect((await known)["state"]).toBe("completed");
  expect(inside(await turn(second, "#slow 2 1", broken), "result")).toBe("chunk0000 chunk0001 ");
  const stored = readFileSync(transcript(id), "utf8")
    .split("\n")
    .filter((line) => line.includes(`"uuid":"${broken}"`));
  expect(stored).toHaveLength(1);
  expect(second.messages.filter(is("result"))).toHaveLength(1);
});

test("asks before a tool, does what is allowed, tells the model what was denied", async () => {
  const program = situation.start("claude", asking);
  for (const [behavior, expected] of [
    ["allow", "tool said: did-it"],
    ["deny", "tool said: not today"],
  ] as const) {
    const request = program.next("a question", is("control_request"));
    const result = turn(program, '#tool Bash {"command":"echo did-it"}');
    const { request_id, request: asked } = await request;
    const response = behavior === "allow" ? { behavior, updatedInput: (asked as Message)["input"] } : { behavior, message: "not today" };
    program.send({ type: "control_response", response: { subtype: "success", request_id, response } });
    expect(inside(await result, "result")).toContain(expected);
  }
});

test("an interrupt keeps what was said; an open question is taken back", async () => {
  const program = situation.start("claude", asking);
  const heard = program.next("text", delta("chunk0000"));
  const result = turn(program, "#slow 500 20");
  await heard;
  program.send({ type: "control_request", request_id: "p2", request: { subtype: "interrupt" } });
  expect(await result).toMatchObject({ subtype: "error_during_execution", terminal_reason: "aborted_streaming", is_error: true });
  expect(program.messages.find((message) => message["aborted"] === true)).toBeDefined();
  const asked = program.next("a question", is("control_request"));
  const second = turn(program, '#tool Bash {"command":"true"}');
  const cancelled = program.next("its end", is("control_cancel_request"));
  const { request_id } = await asked;
  program.send({ type: "control_request", request_id: "p3", request: { subtype: "interrupt" } });
  expect((await cancelled)["request_id"]).toBe(request_id);
  expect((await second)["terminal_reason"]).toBe("aborted_tools");
});

test("SIGTERM loses what was said and exits with 143, SIGINT keeps it and exits with 0", async () => {
  for (const [signal, code, kept] of [
    ["SIGTERM", 143, false],
    ["SIGINT", 0, true],
  ] as const) {
    const id = randomUUID();
    const program = situation.start("claude", [...flags, "--session-id", id]);
    const heard = program.next("text", delta("chunk0001"));
    say(program, "#slow 500 20");
    await heard;
    program.kill(signal);
    expect((await program.untilEnd()).code).toBe(code);
    expect(readFileSync(transcript(id), "utf8").includes("chunk0001")).toBe(kept);
  }
});

test("the end of its input, or of whoever reads it, lets it finish the turn", async () => {
  for (const end of ["input", "pipes"] as const) {
    const id = randomUUID();
    const program = situation.start("claude", [...flags, "--session-id", id]);
    const heard = program.next("text", delta("chunk0000"));
    say(program, "#slow 8 20");
    await heard;
    if (end === "input") program.endInput();
    else program.closePipes();
    expect(await program.untilEnd()).toEqual({ code: 0, signal: null });
    await until("the answer on disk", () => existsSync(transcript(id)) && readFileSync(transcript(id), "utf8").includes("chunk0007"));
  }
});

test("API errors: retried, then a result that says success and is an error", async () => {
  const program = situation.start("claude", flags);
  expect(await turn(program, "#error 529 2")).toMatchObject({ subtype: "success", is_error: false });
  expect(program.messages.filter(({ subtype }) => subtype === "api_retry")).toHaveLength(2);
  expect(await turn(program, "#error 401")).toMatchObject({ subtype: "success", is_error: true, api_error_status: 401 });
  const cut = await turn(program, "#cut 3 1");
  expect(cut["result"]).toContain("chunk0004");
  const starts = program.messages.filter((message) => JSON.stringify(message).includes("message_start")).slice(-2);
  expect(new Set(starts.map((message) => inside(message, "event", "message", "id"))).size).toBe(2);
});

test("two writers fork the history", async () => {
  const id = randomUUID();
  const first = situation.start("claude", [...flags, "--session-id", id]);
  await turn(first, "root");
  await until("the transcript", () => existsSync(transcript(id)) && readFileSync(transcript(id), "utf8").includes("echo: root"));
  const second = situation.start("claude", [...flags, "--resume", id]);
  await turn(second, "from second");
  await turn(first, "from first");
  first.endInput();
  await first.untilEnd();
  second.endInput();
  await second.untilEnd();
  const third = situation.start("claude", [...flags, "--resume", id]);
  const seen = String((await turn(third, "who was here"))["result"]);
  expect(seen.includes("from first") && seen.includes("from second")).toBe(false);
});

test("a tool outlives a SIGKILL of the agent", async () => {
  const program = situation.start("claude", flags);
  const mark = path.join(situation.home.cwd, "made-later");
  const called = program.next("the call", (message) => JSON.stringify(message).includes("tool_use"));
  say(program, `#tool Bash ${JSON.stringify({ command: `touch ${mark}.begun; sleep 0.3; touch ${mark}` })}`);
  await called;
  await until("the tool", () => existsSync(`${mark}.begun`));
  program.kill();
  await program.untilEnd();
  expect(await until("the tool's end", () => existsSync(mark))).toBe(true);
});

test("misbehaves as it is asked to", async () => {
  const program = situation.start("claude", flags);
  await turn(program, "#garbage #slow 3 1");
  expect(program.lines).toContain("this is not a message of anything");
  await turn(program, "#huge 2000000 #slow 3 1");
  expect(program.lines.some((line) => line.length > 2_000_000)).toBe(true);
  say(program, "#exit 7 #slow 3 1");
  expect((await program.untilEnd()).code).toBe(7);
  const silent = situation.start("claude", flags, { env: { FAKE_AGENT_START: "exit 3" } });
  expect((await silent.untilEnd()).code).toBe(3);
});

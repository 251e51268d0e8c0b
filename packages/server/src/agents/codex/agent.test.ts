import { rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import { codexAgent } from "./agent.ts";
import { RECORDED_ID, ScratchCodex } from "./scratch-codex.ts";

const OTHER = "01a1fc60-0000-7000-8000-000000000001";
const THIRD = "01a1fc60-0000-7000-8000-000000000002";
const NO_SIGNAL = new AbortController().signal;
const isLinux = process.platform === "linux";

test("codex is found in PATH with its version, or missing", async () => {
  using codex = new ScratchCodex();
  expect(await codexAgent.find({ ...codex.place(), env: { PATH: codex.bin } }, NO_SIGNAL)).toEqual({ is: "missing" });
  const file = codex.addProgram("0.169.0");
  expect(await codexAgent.find(codex.place(), NO_SIGNAL)).toEqual({ is: "found", path: file, version: "0.169.0", signIn: "signed-out" });
});

test("whether one is signed in: a key, codex's own file, or a configuration that names another place", async () => {
  using codex = new ScratchCodex();
  codex.addProgram("0.169.0");
  const signIn = async (env = {}): Promise<unknown> => {
    const found = await codexAgent.find(codex.place(env), NO_SIGNAL);
    return found.is === "found" ? found.signIn : null;
  };
  expect(await signIn({ OPENAI_API_KEY: "made-up" })).toBe("signed-in");
  writeFileSync(path.join(codex.home, "config.toml"), 'model_provider = "mine"\n');
  expect(await signIn()).toBe("unknown");
  writeFileSync(path.join(codex.home, "auth.json"), '{"OPENAI_API_KEY":null,"tokens":{}}');
  expect(await signIn()).toBe("signed-in");
  expect(await signIn({ CODEX_HOME: codex.cwd })).toBe("signed-out");
});

test("a chat is codex's server, with the user's flags before the command", () => {
  using codex = new ScratchCodex();
  const request = { ...codex.place(), program: "/bin/codex", newId: OTHER, model: "m", mode: "auto", flags: ["-c", "a=1"] };
  expect(codexAgent.chat({ ...request, resumeId: null })).toEqual({
    command: ["/bin/codex", "-c", "a=1", "app-server"],
    env: {},
    pinned: null,
  });
  expect(codexAgent.chat({ ...request, resumeId: RECORDED_ID }).pinned).toBe(RECORDED_ID);
});

test("an id is good, unknown or impossible", async () => {
  using codex = new ScratchCodex();
  const file = codex.addConversation(RECORDED_ID);
  codex.addLock(RECORDED_ID);
  expect(await codexAgent.validate(RECORDED_ID, codex.place())).toEqual({ is: "ok" });
  expect(await codexAgent.validate(OTHER, codex.place())).toEqual({ is: "unknown-conversation" });
  expect(await codexAgent.validate("../../etc/passwd", codex.place())).toEqual({ is: "unknown-conversation" });
  rmSync(file);
  expect(await codexAgent.validate(RECORDED_ID, codex.place())).toEqual({ is: "unknown-conversation" });
});

test.runIf(isLinux)("a conversation that a living process writes is locked; a lock file without one is not", async () => {
  using codex = new ScratchCodex();
  codex.addConversation(RECORDED_ID);
  const lock = codex.addLock(RECORDED_ID);
  const pid = await codex.run(`exec 9<"${lock}"; flock 9; echo ready; exec cat`);
  expect(await codexAgent.validate(RECORDED_ID, codex.place())).toEqual({ is: "locked", pid: expect.any(Number) as number });
  process.kill(-pid, "SIGKILL");
  await expect.poll(async () => codexAgent.validate(RECORDED_ID, codex.place())).toEqual({ is: "ok" });
});

test("conversations are listed by their last change, with title and directory, without those of helpers", async () => {
  using codex = new ScratchCodex();
  codex.addConversation(OTHER, { day: "2026/11/20", changedAt: 2_000_000 });
  codex.addConversation(RECORDED_ID, { changedAt: 1_000_000 });
  codex.addConversation(THIRD, { cwd: "/elsewhere", changedAt: 3_000_000 });
  codex.addConversation("01a1fc60-0000-7000-8000-000000000003", { source: '{"subagent":"review"}' });
  codex.write("01a1fc60-0000-7000-8000-000000000004", "not of codex\n");
  const here = { title: "hello #think", cwd: codex.cwd, messages: null };
  expect(await codexAgent.conversations(codex.place(), { anywhere: false, limit: 10 })).toEqual([
    { ...here, resumeId: OTHER, updatedAt: 2_000_000 },
    { ...here, resumeId: RECORDED_ID, updatedAt: 1_000_000 },
  ]);
  const everywhere = await codexAgent.conversations(codex.place(), { anywhere: true, limit: 2 });
  expect(everywhere.map(({ resumeId }) => resumeId)).toEqual([THIRD, OTHER]);
});

test("no directory of codex: no conversations", async () => {
  using codex = new ScratchCodex();
  rmSync(codex.home, { recursive: true });
  expect(await codexAgent.conversations(codex.place(), { anywhere: true, limit: 10 })).toEqual([]);
});

test("the history of a conversation has what was said and done, by codex's own ids", async () => {
  using codex = new ScratchCodex();
  codex.addConversation(RECORDED_ID);
  const history = (await codexAgent.history(RECORDED_ID, codex.place()))?.messages;
  expect(history?.map(({ id, role, text, tools }) => [id, role, text.slice(0, 30), tools.length])).toEqual([
    ["in-3", "user", "hello #think", 0],
    ["msg_eeabab4b1", "assistant", 'echo: hello #think | users ["h', 0],
    ["in-4", "user", "#cut 3 1 please", 0],
    ["msg_eeabab4b3", "assistant", "chunk0000 chunk0001 chunk0002 ", 0],
    ["in-5", "user", '#tool exec_command {"cmd":"tou', 0],
    ["msg_eeabab4b4", "assistant", "Let me run that.", 4],
  ]);
  expect(history?.map(({ ends }) => ends)).toEqual([undefined, "completed", undefined, "completed", undefined, undefined]);
  expect(history?.at(-1)?.tools[0]).toEqual({
    id: "call_eeabab4b7_0",
    tool: "shell",
    title: "touch c && echo one; sleep 0.3; echo two",
    output: "one\ntwo\n",
  });
  expect(await codexAgent.history(OTHER, codex.place())).toBeNull();
});

test("a file of an older codex tells what was said without ids; a line that was cut is passed over", async () => {
  using codex = new ScratchCodex();
  const lines = [
    { type: "session_meta", payload: { id: OTHER, cwd: codex.cwd, source: "cli" } },
    { timestamp: "2026-01-01T00:00:00.000Z", type: "event_msg", payload: { type: "user_message", message: "old words" } },
    { timestamp: "2026-01-01T00:00:01.000Z", type: "event_msg", payload: { type: "agent_message", message: "old answer" } },
    { timestamp: "2026-01-01T00:00:01.000Z", type: "response_item", payload: { type: "message", role: "user", content: [] } },
  ];
  codex.write(OTHER, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n{"timestamp":"2026","type":"event_msg","payl`);
  expect((await codexAgent.history(OTHER, codex.place()))?.messages.map(({ role, text }) => [role, text])).toEqual([
    ["user", "old words"],
    ["assistant", "old answer"],
  ]);
  const [listed] = await codexAgent.conversations(codex.place(), { anywhere: false, limit: 1 });
  expect(listed?.title).toBe("old words");
  const aborted = { timestamp: "2026-01-01T00:00:02.000Z", type: "event_msg", payload: { type: "turn_aborted", reason: "interrupted" } };
  codex.write(OTHER, [...lines, aborted].map((line) => JSON.stringify(line)).join("\n") + "\n");
  expect((await codexAgent.history(OTHER, codex.place()))?.messages.at(-1)?.ends).toBe("interrupted");
});

test("codex's own words for what is wrong", () => {
  const words = {
    "Error: thread/resume failed: no rollout found for thread id 1 (code -32600)": "unknown-conversation",
    "ERROR: No saved session found with ID garbage. Run `codex resume` without an ID": "unknown-conversation",
    "invalid session id: invalid character": "unknown-conversation",
    "thread 1 already has an active writer": "locked",
    "unexpected status 401 Unauthorized: no": "auth",
    "exceeded retry limit, last status: 429 Too Many Requests": "limit",
    "stream disconnected before completion": "network",
    "all is well": null,
  };
  for (const [text, reason] of Object.entries(words)) expect(codexAgent.classify(text)).toBe(reason);
});

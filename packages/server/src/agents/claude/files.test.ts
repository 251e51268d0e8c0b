import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTimeOf } from "../../platform/processes.ts";
import { claudeAgent } from "./agent.ts";
import { projectName } from "./files.ts";

const ID = "00000000-0000-4000-8000-000000000001";
const OTHER = "00000000-0000-4000-8000-000000000002";
const WHOLE = { anywhere: false, limit: 10 };

let root: string;
let place: { readonly cwd: string; readonly env: { readonly HOME: string; readonly PATH: string } };

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "perdure-claude-")));
  place = { cwd: path.join(root, "my.work"), env: { HOME: path.join(root, "home"), PATH: path.join(root, "bin") } };
  fs.mkdirSync(place.cwd, { recursive: true });
});

afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

function transcript(id: string, lines: readonly unknown[], cwd = place.cwd): string {
  const directory = path.join(place.env.HOME, ".claude", "projects", projectName(cwd));
  fs.mkdirSync(directory, { recursive: true });
  const file = path.join(directory, `${id}.jsonl`);
  fs.writeFileSync(file, lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
  return file;
}

function says(type: "user" | "assistant", uuid: string, content: unknown, more: object = {}): object {
  const message = { role: type, content, ...(type === "assistant" ? { id: `msg_${uuid.split(".")[0]}` } : {}) };
  return { type, uuid, message, timestamp: "2026-01-02T03:04:05.000Z", cwd: place.cwd, ...more };
}

function running(pid: number, sessionId: string, procStart: string): void {
  const directory = path.join(place.env.HOME, ".claude", "sessions");
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(path.join(directory, `${pid}.json`), JSON.stringify({ pid, sessionId, procStart }));
}

const failure = {
  type: "assistant",
  uuid: "a9",
  message: { id: "x", model: "<synthetic>", content: [{ type: "text", text: "API Error" }] },
};

const talk = (): object[] => [
  { type: "queue-operation", operation: "enqueue" },
  says("user", "u1", [{ type: "text", text: "hello  there" }]),
  { type: "api-request-blob", message: { role: "user", content: "hello  there" } },
  says("assistant", "a1.0", [{ type: "text", text: "Let me look." }]),
  says("assistant", "a1.1", [{ type: "tool_use", id: "t1", name: "Bash", input: { command: "ls" } }]),
  says("user", "u2", [{ type: "tool_result", tool_use_id: "t1", content: "a\nb" }]),
  says("assistant", "a2", [{ type: "text", text: "Two." }]),
  says("assistant", "a3", [{ type: "text", text: "of a helper" }], { isSidechain: true }),
  failure,
  says("user", "u3", "<local-command-caveat>x", { isMeta: true }),
  says("user", "u4", "[Request interrupted by user]"),
  says("user", "u5", "<command-name>/context</command-name>\n<command-args></command-args>"),
];

test("a conversation that is there, is not, has nothing in it, is in another directory, is no id", async () => {
  transcript(ID, talk());
  expect(await claudeAgent.validate(ID, place)).toEqual({ is: "ok" });
  expect(await claudeAgent.validate(OTHER, place)).toEqual({ is: "unknown-conversation" });
  transcript(OTHER, [{ type: "queue-operation" }, "garbage"]);
  expect(await claudeAgent.validate(OTHER, place)).toMatchObject({ is: "unknown-conversation" });
  expect(await claudeAgent.validate(ID, { ...place, cwd: root })).toEqual({ is: "undecided" });
  expect(await claudeAgent.validate("../../x", place)).toEqual({ is: "undecided" });
});

test("a conversation that a living process writes is locked; what a dead one left behind says nothing", async () => {
  transcript(ID, talk());
  running(process.pid, ID, "1");
  expect(await claudeAgent.validate(ID, place)).toEqual({ is: "ok" });
  running(process.pid, ID, startTimeOf(process.pid)!);
  expect(await claudeAgent.validate(ID, place)).toEqual({ is: "locked", pid: process.pid });
});

test("a conversation is imported by its messages, each once", async () => {
  transcript(ID, [...talk(), talk()[1], '{"type":"user","uui']);
  const at = Date.parse("2026-01-02T03:04:05.000Z");
  expect((await claudeAgent.history(ID, place))?.messages).toEqual([
    { id: "u1", role: "user", at, text: "hello  there", tools: [] },
    { id: "msg_a1", role: "assistant", at, text: "Let me look.", tools: [{ id: "t1", tool: "Bash", title: "Bash ls", output: "a\nb" }] },
    { id: "msg_a2", role: "assistant", at, text: "Two.", tools: [], ends: "interrupted" },
    { id: "u5", role: "user", at, text: "/context", tools: [] },
  ]);
  expect(await claudeAgent.history(OTHER, place)).toBeNull();
});

const TEXT = [{ type: "text", text: "x" }];
const TOOL = [{ type: "tool_use", id: "t", name: "Bash", input: {} }];

function said(uuid: string, content: unknown, reason: string | null): object {
  return { type: "assistant", uuid, message: { id: `msg_${uuid}`, role: "assistant", content, stop_reason: reason } };
}

test("where a turn has ended is told by the model's last words, and by what claude writes behind a failure", async () => {
  transcript(ID, [
    says("user", "u1", "and?"),
    said("a1", TOOL, "tool_use"),
    said("a2", TEXT, "end_turn"),
    says("user", "u2", "and?"),
    said("a3", TEXT, null),
    says("user", "u3", "and?"),
    said("a4", TEXT, "tool_use"),
    { ...failure, isApiErrorMessage: true },
  ]);
  const history = (await claudeAgent.history(ID, place))?.messages;
  const ends = history?.map(({ id, ends: end = "-" }) => `${id} ${end}`);
  expect(ends).toEqual(["u1 -", "msg_a1 -", "msg_a2 completed", "u2 -", "msg_a3 -", "u3 -", "msg_a4 failed"]);
});

test("conversations are listed newest first, of here or of everywhere", async () => {
  fs.utimesSync(transcript(ID, talk()), 1000, 1000);
  const elsewhere = path.join(root, "other");
  fs.utimesSync(transcript(OTHER, [says("user", "u1", "more"), { type: "custom-title", customTitle: "Named" }], elsewhere), 2000, 2000);
  const here = { resumeId: ID, title: "hello there", cwd: place.cwd, updatedAt: 1_000_000, messages: 2 };
  expect(await claudeAgent.conversations(place, WHOLE)).toEqual([here]);
  expect(await claudeAgent.conversations(place, { anywhere: true, limit: 10 })).toMatchObject([{ resumeId: OTHER, title: "Named" }, here]);
  expect(await claudeAgent.conversations(place, { anywhere: true, limit: 1 })).toHaveLength(1);
  expect(await claudeAgent.conversations({ ...place, cwd: root }, WHOLE)).toEqual([]);
});

test("a terminal's conversation: what its process says, else the newest that nobody else writes", async () => {
  fs.utimesSync(transcript(ID, talk()), 1000, 1000);
  fs.utimesSync(transcript(OTHER, talk()), 2000, 2000);
  const watched = { ...place, pid: 2 ** 22 + 1, since: 500_000, title: "", taken: new Set<string>(), isAlone: true };
  expect(await claudeAgent.watchTerminal(watched)).toBe(OTHER);
  expect(await claudeAgent.watchTerminal({ ...watched, since: 3_000_000 })).toBeNull();
  running(process.pid, OTHER, startTimeOf(process.pid)!);
  expect(await claudeAgent.watchTerminal(watched)).toBe(ID);
  expect(await claudeAgent.watchTerminal({ ...watched, pid: process.pid })).toBe(OTHER);
});

test("another directory of claude's, by its variable", async () => {
  transcript(ID, talk());
  const env = { ...place.env, HOME: "/nowhere", CLAUDE_CONFIG_DIR: path.join(place.env.HOME, ".claude") };
  expect(await claudeAgent.validate(ID, { ...place, env })).toEqual({ is: "ok" });
});

test("found in PATH or where its installer puts it, with its version and whether somebody is signed in", async () => {
  const { signal } = new AbortController();
  expect(await claudeAgent.find(place, signal)).toEqual({ is: "missing" });
  const program = path.join(place.env.HOME, ".local", "bin", "claude");
  fs.mkdirSync(path.dirname(program), { recursive: true });
  fs.writeFileSync(program, "#!/bin/sh\necho '2.1.329 (Claude Code)'\n", { mode: 0o755 });
  const found = { is: "found", path: program, version: "2.1.329" };
  const signedOut = process.platform === "darwin" ? "unknown" : "signed-out";
  expect(await claudeAgent.find(place, signal)).toEqual({ ...found, signIn: signedOut });
  const env = { ...place.env, ANTHROPIC_API_KEY: "made-up" };
  expect(await claudeAgent.find({ ...place, env }, signal)).toEqual({ ...found, signIn: "signed-in" });
});

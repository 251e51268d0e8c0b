import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { TerminalRequest } from "../agent.ts";
import { gemini } from "./gemini.ts";

const ID = "0fa3a8aa-5ec4-47f9-9ad1-cdaef32e8951";
let home: string;

const place = () => ({ cwd: "/home/user/work", env: { HOME: home, PERDURE_HOME: path.join(home, "perdure"), PATH: "" } });
const message = (id: string, type: string, content: unknown, more: object = {}) => ({
  id,
  timestamp: "2026-11-21T04:33:38.000Z",
  type,
  content,
  ...more,
});

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-gemini-"));
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 21, 4, 40, 30) });
});

afterEach(() => {
  vi.useRealTimers();
  fs.rmSync(home, { recursive: true, force: true });
});

function write(lines: readonly object[], { id = ID, minute = "2026-11-21T04-33", project = "work", cwd = "/home/user/work" } = {}): string {
  const folder = path.join(home, ".gemini/tmp", project, "chats");
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "../.project_root"), cwd);
  const file = path.join(folder, `session-${minute}-${id.slice(0, 8)}.jsonl`);
  fs.writeFileSync(file, `${[{ sessionId: id, kind: "main" }, ...lines].map((line) => JSON.stringify(line)).join("\n")}\n`);
  return file;
}

const CONTEXT = message("c", "user", [{ text: "<session_context>\nwhat gemini says in the user's place" }]);
const SAID = [
  { $set: { messages: [CONTEXT] } },
  message("u1", "user", [{ text: "hello one\nand more" }]),
  { $set: { lastUpdated: "2026-11-21T04:33:38.000Z" } },
  message("g1", "gemini", "hello", { toolCalls: [{ id: "t1", name: "read_file", description: "Read a", resultDisplay: "a" }] }),
];

test("a conversation is there when a file of it holds a message of the user", async () => {
  expect(await gemini.validate(ID, place())).toEqual({ is: "unknown-conversation" });
  write([{ $set: { messages: [CONTEXT] } }]);
  expect(await gemini.validate(ID, place())).toEqual({ is: "unknown-conversation" });
  write(SAID, { minute: "2026-11-21T04-35" });
  expect(await gemini.validate(ID, place())).toEqual({ is: "ok" });
  expect(await gemini.validate(ID, { ...place(), cwd: "/elsewhere" })).toEqual({ is: "unknown-conversation" });
  expect(await gemini.validate(`${ID.slice(0, 8)}-another`, place())).toEqual({ is: "unknown-conversation" });
});

test("a conversation is the same by a link that leads to its directory", async () => {
  const work = fs.realpathSync(fs.mkdtempSync(path.join(home, "work-")));
  const link = path.join(home, "link");
  fs.symlinkSync(work, link);
  write(SAID, { cwd: work });
  expect(await gemini.validate(ID, { ...place(), cwd: link })).toEqual({ is: "ok" });
  expect(await gemini.conversations({ ...place(), cwd: link }, { anywhere: false, limit: 9 })).toHaveLength(1);
});

test("in the minute of one of its files it must not be opened", async () => {
  write(SAID, { minute: "2026-11-21T04-40" });
  expect(await gemini.validate(ID, place())).toEqual({ is: "ok", notBefore: Date.UTC(2026, 10, 21, 4, 41) });
});

test("its history is told by what the files hold, whatever was done to them", async () => {
  const kept = write(SAID);
  write([{ $set: { messages: [CONTEXT] } }, message("u2", "user", "later")], { minute: "2026-11-21T04-35" });
  const history = (await gemini.history(ID, place()))?.messages;
  expect(history?.map(({ role, text }) => [role, text])).toEqual([
    ["user", "hello one\nand more"],
    ["assistant", "hello"],
  ]);
  expect(history?.[1]?.tools).toEqual([{ id: "t1", tool: "read_file", title: "Read a", output: "a" }]);
  fs.appendFileSync(kept, '{"id":"cut in the mid');
  expect(await gemini.history(ID, place())).toMatchObject({ messages: { length: 2 }, leavesOutOlder: false, damagedLines: 0 });
  expect(await gemini.history("11111111-0000", place())).toBeNull();
});

test("a file that is too long to be read, or is none, is said, and is no conversation otherwise", async () => {
  const file = write(SAID);
  fs.truncateSync(file, 65 * 1024 * 1024);
  await expect(gemini.history(ID, place())).rejects.toThrow(`${file} is larger than 64 MiB.`);
  expect(await gemini.validate(ID, place())).toEqual({ is: "undecided" }); // gemini itself may read it
  expect(await gemini.conversations(place(), { anywhere: true, limit: 9 })).toEqual([]);
  write(SAID, { minute: "2026-11-21T04-36" });
  expect((await gemini.history(ID, place()))?.messages).toHaveLength(2);
  for (const each of fs.readdirSync(path.dirname(file))) fs.rmSync(path.join(path.dirname(file), each));
  fs.mkdirSync(file);
  await expect(gemini.history(ID, place())).rejects.toThrow("is not a file");
});

test("conversations are listed newest first, of one directory or of all, each once", async () => {
  const old = write(SAID);
  fs.utimesSync(old, 1, 1);
  write(SAID, { minute: "2026-11-21T04-36" });
  write([message("u", "user", "other")], { id: "22222222-x", project: "other", cwd: "/other" });
  expect(await gemini.conversations(place(), { anywhere: false, limit: 9 })).toMatchObject([
    { resumeId: ID, title: "hello one", cwd: "/home/user/work", messages: 1 },
  ]);
  const all = await gemini.conversations(place(), { anywhere: true, limit: 9 });
  expect(all.map(({ cwd }) => cwd).toSorted()).toEqual(["/home/user/work", "/other"]);
  expect(await gemini.conversations(place(), { anywhere: true, limit: 1 })).toHaveLength(1);
});

test("before gemini opens a file, a copy of it is kept, and not replaced by what is left of it", () => {
  const file = write(SAID);
  const asked = { ...place(), program: "/bin/gemini", resumeId: ID, newId: "n", model: "pro", mode: "autoEdit", flags: ["--debug"] };
  const launch = gemini.chat(asked);
  expect(launch.command).toEqual(["/bin/gemini", "--acp", "--debug", "--model", "pro", "--approval-mode", "auto_edit"]);
  const copy = path.join(home, "perdure/copies/gemini", path.basename(file));
  const whole = fs.readFileSync(file, "utf8");
  expect(fs.readFileSync(copy, "utf8")).toBe(whole);
  fs.writeFileSync(file, "wiped");
  gemini.chat(asked);
  expect(fs.readFileSync(copy, "utf8")).toBe(whole);
});

function request(args: readonly string[], resumeId: string | null = null): TerminalRequest {
  return { ...place(), program: "/bin/gemini", args, newId: "new", resumeId };
}

test("in a terminal it has an id that we know, unless the user chose", () => {
  expect(gemini.terminal(request(["-m", "pro", "hi"]))?.command).toEqual(["/bin/gemini", "--session-id", "new", "-m", "pro", "hi"]);
  expect(gemini.terminal(request(["-m", "pro", "hi"], ID))?.command).toEqual(["/bin/gemini", "--resume", ID, "-m", "pro"]);
  const anew = gemini.terminal({ ...request(["-m", "pro", "hi"]), isAnew: true });
  expect(anew?.command).toEqual(["/bin/gemini", "--session-id", "new", "-m", "pro"]);
  for (const args of [["--version"], ["-p", "hi"], ["mcp", "list"], ["--list-sessions"]]) expect(gemini.terminal(request(args))).toBeNull();
});

test("a conversation that was typed is the one, for the first run alone", () => {
  const pinned = (...args: string[]): string | null | undefined => gemini.terminal(request(args))?.pinned;
  expect(pinned("--resume", ID)).toBe(ID);
  expect(pinned(`--session-id=${ID}`)).toBe(ID);
  for (const args of [["--resume"], ["-r", "latest"], ["--resume=3"]]) {
    expect(gemini.terminal(request(args))).toEqual({ command: ["/bin/gemini", ...args], env: {}, pinned: null });
  }
  const later = gemini.terminal(request(["--resume", "latest", "-m", "pro", "-i", "hi", "-y"], ID));
  expect(later?.command).toEqual(["/bin/gemini", "--resume", ID, "-m", "pro", "-y"]);
  const anew = gemini.terminal({ ...request(["-r", ID]), isAnew: true });
  expect(anew?.command).toEqual(["/bin/gemini", "--session-id", "new"]);
});

const watch = async (since: number, more: object = {}): Promise<string | null> =>
  gemini.watchTerminal({ ...place(), pid: 1, since, title: "", taken: new Set(), isAlone: true, ...more });

test("a terminal's conversation is found by what was written since it began", async () => {
  const file = write(SAID);
  fs.utimesSync(file, 1000, 1000);
  expect(await watch(2_000_000)).toBeNull();
  expect(await watch(1_000_000)).toBe(ID);
  expect(await watch(1_000_000, { isAlone: false })).toBeNull();
  const other = write(SAID, { id: "22222222-x", minute: "2026-11-21T04-36" });
  fs.utimesSync(other, 2000, 2000);
  expect(await watch(1_000_000)).toBe("22222222-x");
  expect(await watch(1_000_000, { taken: new Set(["22222222-x"]) })).toBe(ID);
});

test.each([
  ['Error resuming session: Invalid session identifier "x".', "unknown-conversation"],
  ['Session ID "x" already exists. Use --resume to resume it', "locked"],
  ["Please set an Auth method in your settings.json", "auth"],
  ["429 Too Many Requests", "limit"],
  ["Ripgrep is not available. Falling back to GrepTool.", null],
])("its words: %s", (text, reason) => {
  expect(gemini.classify(text)).toBe(reason);
});

test("it is signed in when it has a key or has kept a sign-in", async () => {
  const program = path.join(home, "gemini");
  fs.writeFileSync(program, "#!/bin/sh\necho 0.61.0\n", { mode: 0o755 });
  const found = async (env: object) =>
    gemini.find({ cwd: home, env: { ...place().env, PATH: `${home}:/bin`, ...env } }, new AbortController().signal);
  expect(await found({})).toEqual({ is: "found", path: program, version: "0.61.0", signIn: "unknown" });
  expect(await found({ GEMINI_API_KEY: "k" })).toMatchObject({ signIn: "signed-in" });
  expect(await found({ PATH: "/nowhere" })).toEqual({ is: "missing" });
});

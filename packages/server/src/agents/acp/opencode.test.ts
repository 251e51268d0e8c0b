import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TerminalRequest } from "../agent.ts";
import { opencode } from "./opencode.ts";

const [ID, OTHER, THIRD] = ["ses_1", "ses_2", "ses_3"] as const;
let root: string;
let cwd: string;
let database: DatabaseSync;

const place = () => ({ cwd, env: { HOME: root, PATH: "" } });

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "perdure-opencode-")));
  cwd = path.join(root, "work");
  fs.mkdirSync(cwd);
  database = openDatabase(path.join(root, ".local/share/opencode/opencode.db"));
});

afterEach(() => {
  database.close();
  fs.rmSync(root, { recursive: true, force: true });
});

/** The tables as opencode has them, so far as they are read. It stays open, as by an opencode that runs. */
function openDatabase(file: string): DatabaseSync {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const made = new DatabaseSync(file);
  made.exec(`PRAGMA journal_mode = WAL;
    CREATE TABLE session (id TEXT PRIMARY KEY, parent_id TEXT, directory TEXT NOT NULL, title TEXT NOT NULL,
      time_created INTEGER NOT NULL, time_updated INTEGER NOT NULL, time_archived INTEGER);
    CREATE TABLE message (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, time_created INTEGER NOT NULL, data TEXT NOT NULL);
    CREATE TABLE part (id TEXT PRIMARY KEY, message_id TEXT NOT NULL, session_id TEXT NOT NULL, data TEXT NOT NULL);`);
  return made;
}

function addSession(id: string, { title = "Talk", directory = cwd, updatedAt = 1_000, parent = null as string | null } = {}): void {
  const sql = "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, NULL)";
  database.prepare(sql).run(id, parent, directory, title, updatedAt, updatedAt);
}

function addMessage(session: string, id: string, role: string, at: number, parts: readonly object[], more: object = {}): void {
  database.prepare("INSERT INTO message VALUES (?, ?, ?, ?)").run(id, session, at, JSON.stringify({ role, ...more }));
  for (const [index, part] of parts.entries()) {
    database.prepare("INSERT INTO part VALUES (?, ?, ?, ?)").run(`${id}.${index}`, id, session, JSON.stringify(part));
  }
}

const text = (words: string, more: object = {}): object => ({ type: "text", text: words, ...more });

test("a conversation is there when somebody said something in it; without its database none is", async () => {
  addSession(ID);
  expect(await opencode.validate(ID, place())).toEqual({ is: "unknown-conversation" });
  addMessage(ID, "msg_1", "user", 1, [text("hello")]);
  expect(await opencode.validate(ID, place())).toEqual({ is: "ok" });
  expect(await opencode.validate("ses_none", place())).toEqual({ is: "unknown-conversation" });
  const elsewhere = { cwd, env: { HOME: cwd, PATH: "" } };
  expect(await opencode.validate(ID, elsewhere)).toEqual({ is: "unknown-conversation" });
  expect(await opencode.conversations(elsewhere, { anywhere: true, limit: 5 })).toEqual([]);
  expect(await opencode.history(ID, elsewhere)).toBeNull();
});

test("of other tables, a file that is no database and what other releases keep nothing is known", async () => {
  database.exec("ALTER TABLE message RENAME COLUMN data TO content");
  expect(await opencode.validate(ID, place())).toEqual({ is: "undecided" });
  const file = path.join(root, "garbage.db");
  fs.writeFileSync(file, "no database at all".repeat(1000));
  const env = { ...place().env, OPENCODE_DB: file };
  expect(await opencode.validate(ID, { cwd, env })).toEqual({ is: "undecided" });
  fs.mkdirSync(path.join(cwd, "opencode", "storage"), { recursive: true });
  expect(await opencode.validate(ID, { cwd, env: { XDG_DATA_HOME: cwd } })).toEqual({ is: "undecided" });
});

test("its history is what was said, oldest first, with tools and without what opencode adds", async () => {
  addSession(ID);
  const state = { status: "completed", title: "List files", output: "a\nb" };
  addMessage(ID, "msg_2", "assistant", 2, [
    { type: "step-start" },
    text("It "),
    text("works."),
    { type: "tool", callID: "c1", tool: "bash", state },
  ]);
  addMessage(ID, "msg_1", "user", 1, [text("does it work?"), text("read by opencode", { synthetic: true })]);
  expect((await opencode.history(ID, place()))?.messages).toEqual([
    { id: "msg_1", role: "user", at: 1, text: "does it work?", tools: [] },
    { id: "msg_2", role: "assistant", at: 2, text: "It works.", tools: [{ id: "c1", tool: "bash", title: "List files", output: "a\nb" }] },
  ]);
  expect(await opencode.history("ses_none", place())).toBeNull();
});

test("an answer's last message ends its turn, as it ended", async () => {
  addSession(ID);
  const ends: readonly object[] = [
    { finish: "tool-calls", time: { completed: 1 } },
    { finish: "stop", time: { completed: 1 } },
    { time: { created: 1 } },
    { error: { name: "MessageAbortedError" }, time: { completed: 1 } },
    { error: { name: "APIError" } },
  ];
  for (const [index, end] of ends.entries()) addMessage(ID, `msg_${index}`, "assistant", index, [text("words")], end);
  const history = (await opencode.history(ID, place()))?.messages;
  expect(history?.map((message) => message.ends)).toEqual([undefined, "completed", undefined, "interrupted", "failed"]);
});

test("conversations are listed newest first, of one directory or of all, without helpers and empty ones", async () => {
  addSession(ID, { updatedAt: 1 });
  addSession(OTHER, { updatedAt: 2, directory: "/elsewhere" });
  addSession(THIRD, { updatedAt: 3, parent: ID });
  addSession("ses_empty", { updatedAt: 4 });
  for (const id of [ID, OTHER, THIRD]) addMessage(id, `msg_${id}`, "user", 1, [text("hello")]);
  const here = { resumeId: ID, title: "Talk", cwd, updatedAt: 1, messages: 1 };
  expect(await opencode.conversations(place(), { anywhere: false, limit: 5 })).toEqual([here]);
  expect(await opencode.conversations(place(), { anywhere: true, limit: 5 })).toMatchObject([{ resumeId: OTHER }, { resumeId: ID }]);
  expect(await opencode.conversations(place(), { anywhere: true, limit: 1 })).toHaveLength(1);
});

test("of a long conversation the newest turns are read, and it is said that there are older ones", async () => {
  addSession(ID);
  for (let turn = 0; turn < 8; turn += 1) {
    addMessage(ID, `msg_${turn}.u`, "user", 2 * turn, [text(`question ${turn}`)]);
    addMessage(ID, `msg_${turn}.v`, "assistant", 2 * turn + 1, [text("x".repeat(900_000))]);
  }
  const history = await opencode.history(ID, place());
  expect(history?.messages.map(({ text: words }) => words.slice(0, 10))).toEqual(
    [4, 5, 6, 7].flatMap((turn) => [`question ${turn}`, "xxxxxxxxxx"]),
  );
  expect(history).toMatchObject({ leavesOutOlder: true, damagedLines: 0 });
});

const watch = async (title: string, more: object = {}): Promise<string | null> =>
  opencode.watchTerminal({ ...place(), pid: 1, since: 500, taken: new Set(), isAlone: true, title, ...more });

test("a terminal's conversation is the one whose title the terminal has", async () => {
  addSession(ID, { title: "One", updatedAt: 1_000 });
  addSession(OTHER, { title: "Two", updatedAt: 2_000 });
  addSession(THIRD, { title: "A title that is longer than forty characters", updatedAt: 10 });
  for (const isAlone of [true, false]) {
    expect(await watch("OC | One", { isAlone })).toBe(ID);
    expect(await watch("OC | Two", { isAlone })).toBe(OTHER);
    expect(await watch("OC | A title that is longer than forty cha…", { isAlone })).toBe(THIRD);
    expect(await watch("OC | A title that is longer than forty ch…", { isAlone })).toBeNull();
    expect(await watch("OC | None of them", { isAlone })).toBeNull();
  }
  expect(await watch("OC | One", { taken: new Set([ID]) })).toBeNull();
  addSession("ses_4", { title: "Two", updatedAt: 3_000 });
  expect(await watch("OC | Two", { isAlone: true })).toBe("ses_4");
  expect(await watch("OC | Two", { isAlone: false })).toBeNull();
  expect(await watch("OC | Two", { isAlone: false, taken: new Set(["ses_4"]) })).toBe(OTHER);
});

test("before it has one it is the newest since the run began, where no other terminal can have begun it", async () => {
  addSession(ID, { updatedAt: 1_000 });
  addSession(OTHER, { updatedAt: 2_000 });
  expect(await watch("OpenCode")).toBe(OTHER);
  expect(await watch("", { taken: new Set([OTHER]) })).toBe(ID);
  expect(await watch("OpenCode", { isAlone: false })).toBeNull();
  expect(await watch("OpenCode", { since: 3_000 })).toBeNull();
  expect(await watch("OpenCode", { cwd: root })).toBeNull();
});

const line = (run: string, rest: string): string => `timestamp=2026-11-21T11:11:44.431Z level=INFO run=${run} message=${rest}`;

/** A process of opencode's that keeps its log open and has written this to it. */
async function logged(...lines: readonly string[]): Promise<{ readonly pid: number; readonly end: () => void }> {
  const log = path.join(root, ".local/share/opencode/log/opencode.log");
  fs.mkdirSync(path.dirname(log), { recursive: true });
  const script = 'exec 9>>"$0"; printf "%s\\n" "$@" >&9; echo ready; exec cat';
  const program = spawn("bash", ["-c", script, log, ...lines], { detached: true, stdio: ["pipe", "pipe", "ignore"] });
  await once(program.stdout, "data");
  const pid = program.pid!;
  return { pid, end: () => void process.kill(-pid, "SIGKILL") };
}

test.runIf(process.platform === "linux")(
  "two without a title, or of the same, are told apart by what opencode's log says of each",
  async () => {
    addSession(ID, { title: "Same", updatedAt: 1_000 });
    addSession(OTHER, { title: "Same", updatedAt: 2_000 });
    const one = await logged(line("aaaaaaaa", `created id=${ID} slug=x`));
    const two = await logged(line("bbbbbbbb", `created id=${OTHER} slug=x`));
    const idle = await logged(line("cccccccc", "bootstrapping"));
    try {
      for (const title of ["OpenCode", "OC | Same"]) {
        for (const isAlone of [true, false]) {
          const found = [one, two, idle].map(({ pid }) => watch(title, { pid, isAlone }));
          expect(await Promise.all(found)).toEqual([ID, OTHER, null]);
        }
      }
      expect(await watch("OC | Same", { pid: one.pid, taken: new Set([ID, OTHER]) })).toBeNull();
    } finally {
      for (const { end } of [one, two, idle]) end();
    }
  },
);

function request(args: readonly string[], resumeId: string | null = null): TerminalRequest {
  return { ...place(), program: "opencode", args, newId: "n", resumeId };
}

test("a conversation that was typed is the one, for the first run alone", () => {
  expect(opencode.terminal(request(["-s", ID]))).toEqual({ command: ["opencode", "-s", ID], env: {}, pinned: ID });
  expect(opencode.terminal(request([`--session=${ID}`, "-m", "a/b"]))?.pinned).toBe(ID);
  expect(opencode.terminal(request(["-s", ID, "--fork"]))?.pinned).toBeNull();
  expect(opencode.terminal(request(["--continue"]))).toEqual({ command: ["opencode", "--continue"], env: {}, pinned: null });
  expect(opencode.terminal(request(["-c", "-s", ID, "--fork", "-m", "a/b"], OTHER))?.command).toEqual([
    "opencode",
    "-s",
    OTHER,
    "-m",
    "a/b",
  ]);
  const anew = opencode.terminal({ ...request(["-s", ID, "--prompt", "hi", "--pure"]), isAnew: true });
  expect(anew).toEqual({ command: ["opencode", "--pure"], env: {}, pinned: null });
  expect(opencode.terminal(request(["--prompt", "run"]))?.command).toEqual(["opencode", "--prompt", "run"]);
  for (const words of ["Error: Session not found: ses_1", "Error: Invalid session ID: unknown error"]) {
    expect(opencode.classify(words)).toBe("unknown-conversation");
  }
});

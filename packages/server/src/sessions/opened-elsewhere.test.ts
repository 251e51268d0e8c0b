// A conversation that was begun outside perdure and is opened here, on a real store: its agent's files as they may be.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Conversation, CreateSession } from "@perdure/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ENVIRONMENT, openScratchSessions, type ScratchSessions } from "../testing/scratch-sessions.ts";
import type { Session } from "./session.ts";

const ID = "00000000-0000-4000-8000-000000000001";

let bed: ScratchSessions;
let root: string;

beforeEach(async () => {
  bed = await openScratchSessions();
  root = path.join(bed.home.directory, "user");
  fs.mkdirSync(root);
});

afterEach(() => bed.close());

/** With a directory of nobody's own as home: no agent is installed, so none could be started. */
function request(more: Partial<NonNullable<CreateSession["agent"]>> = {}): CreateSession {
  const variables = { ...ENVIRONMENT.variables, HOME: root, PATH: "/nowhere", SHELL: "/bin/sh", MY_TOKEN: "a secret" };
  return { agent: { agent: "claude", resumeId: ID, ...more }, cwd: root, environment: { variables } };
}

async function open(more: Partial<NonNullable<CreateSession["agent"]>> = {}, key: string = randomUUID()): Promise<Session> {
  return (await bed.sessions.create(request(more), key)).session;
}

function claudeFile(id = ID): string {
  const folder = path.join(root, ".claude", "projects", root.replaceAll(/[^a-zA-Z0-9]/g, "-"));
  fs.mkdirSync(folder, { recursive: true });
  return path.join(folder, `${id}.jsonl`);
}

function claudeTurn(number: number, text = `answer ${number}`): string {
  const common = { timestamp: "2026-01-02T03:04:05.000Z", cwd: root };
  const asked = { ...common, type: "user", uuid: `u${number}`, message: { role: "user", content: `question ${number}` } };
  const message = { id: `m${number}`, role: "assistant", content: [{ type: "text", text }], stop_reason: "end_turn" };
  return `${JSON.stringify(asked)}\n${JSON.stringify({ ...common, type: "assistant", uuid: `a${number}`, message })}\n`;
}

async function conversationOf(session: Session): Promise<Conversation> {
  if (!session.chat) throw new Error("it has no conversation");
  return session.chat.conversation();
}

const texts = ({ entries, inputs, messages, notices }: Conversation): string[] =>
  entries.map(({ is, id }) => {
    if (is === "input") return inputs[id]?.text ?? "?";
    if (is === "notice") return `(${notices[id]?.code ?? "?"})`;
    return (messages[id]?.parts ?? []).map((part) => (part.kind === "text" ? part.text : part.kind)).join("");
  });

/** The lines of the product in what is opened. */
async function linesOf(): Promise<string> {
  const { notices } = await conversationOf(await open());
  return Object.values(notices)
    .map(({ code, text }) => `${code}: ${text}`)
    .join("\n");
}

const demoLine = (value: object): string => `${JSON.stringify({ at: 5, ...value })}\n`;
const demoTurn = (number: number): string =>
  demoLine({ type: "user", id: `u${number}`, text: `question ${number}` }) +
  demoLine({ type: "assistant", id: `a${number}`, text: `answer ${number}`, tools: [] }) +
  demoLine({ type: "answered", id: `u${number}` });

const openDemo = (): Promise<Session> => open({ agent: "demo", flags: ["--pace", "0"] });

async function say(session: Session, text: string): Promise<void> {
  const id = randomUUID();
  await session.chat?.accept(id, text);
  await expect.poll(async () => (await conversationOf(session)).inputs[id]?.state, { timeout: 15_000 }).toBe("answered");
}

describe("a conversation of claude that was begun elsewhere", () => {
  const WHOLE = ["question 1", "answer 1", "question 2", "answer 2", "(said-elsewhere)"];

  beforeEach(() => fs.writeFileSync(claudeFile(), claudeTurn(1) + claudeTurn(2)));

  test("shows what was said there when it is opened, and nothing is started", async () => {
    const session = await open();
    expect(texts(await conversationOf(session))).toEqual(WHOLE);
    expect(session.info).toMatchObject({
      attention: null,
      run: { number: 0, state: { is: "exited" } },
      chat: { state: "asleep", resumeId: ID, messages: 4, queued: 0, title: "question 1", preview: "answer 2" },
    });
    expect(bed.sessions.streams.diagnostics({ windowMinutes: null, limit: 10 }).totals).toEqual({});
    expect(await bed.store.runs(session.id)).toMatchObject([{ number: 0, isOpen: false }]);
  });

  test("has it in the log: without the agent's file, and in the next server", async () => {
    const { id } = await open();
    fs.rmSync(path.join(root, ".claude"), { recursive: true });
    await bed.leave();
    bed = await openScratchSessions(bed.home);
    expect(texts(await conversationOf(bed.sessions.require(id)))).toEqual(WHOLE);
  });

  test("asked for again with its key it is the same session, with each word once", async () => {
    const key = randomUUID();
    const [one, two] = await Promise.all([open({}, key), open({}, key)]);
    const three = await open({}, key);
    expect([two.id, three.id]).toEqual([one.id, one.id]);
    expect(texts(await conversationOf(three))).toEqual(WHOLE);
  });

  test("a message that cannot be given to it is held, and said; what was said before stays", async () => {
    const session = await open();
    await session.chat?.accept(randomUUID(), "go on");
    await expect.poll(async () => texts(await conversationOf(session))).toEqual([...WHOLE, "(command-missing)"]);
    expect(Object.values((await conversationOf(session)).inputs).at(-1)).toMatchObject({ text: "go on", state: "held" });
  });
});

describe("a record that is not as it should be leaves the conversation open, and is said:", () => {
  test("there is none", async () => {
    expect(await linesOf()).toMatch(/^elsewhere-untold: What was said outside perdure cannot be shown\. No record of it was found/);
  });

  test.each([
    ["a directory", () => fs.mkdirSync(claudeFile())],
    ["a pipe nobody writes", () => execFileSync("mkfifo", [claudeFile()])],
    ["a link to nothing", () => fs.symlinkSync("/nowhere/at-all", claudeFile())],
    ["a link to itself", () => fs.symlinkSync(claudeFile(), claudeFile())],
    ["an endless device", () => fs.symlinkSync("/dev/zero", claudeFile())],
  ])("it is %s", async (_, make) => {
    make();
    expect(await linesOf()).toMatch(/^elsewhere-untold: What was said outside perdure cannot be shown\. No record/);
  });

  test("it is garbage", async () => {
    fs.writeFileSync(claudeFile(), '{"type":"user"\n{"type":"user" \u0000\n{"type":"assistant","uuid":"x"}\n');
    expect(await linesOf()).toContain("Its record holds no words, and 2 lines that cannot be read.");
  });

  test("a line in it is damaged", async () => {
    fs.writeFileSync(claudeFile(), `${claudeTurn(1)}{"type":"user","uuid\n${claudeTurn(2)}`);
    const session = await open();
    expect(texts(await conversationOf(session))).toEqual(["question 1", "answer 1", "question 2", "answer 2", "(said-elsewhere)"]);
    expect(Object.values((await conversationOf(session)).notices)[0]?.text).toContain("one line could not be read");
  });

  test("a codex file is no file", async () => {
    const day = path.join(root, ".codex", "sessions", "2026", "01", "02");
    fs.mkdirSync(path.join(day, `rollout-2026-01-02T03-04-05-${ID}.jsonl`), { recursive: true });
    const { notices } = await conversationOf(await open({ agent: "codex" }));
    expect(Object.values(notices)[0]?.text).toMatch(/cannot be shown\. \/.*\.jsonl is not a file\./);
  });

  test("it has 300 MB: the newest whole turns are taken, and others are served meanwhile", async () => {
    const file = claudeFile();
    fs.writeFileSync(file, claudeTurn(0));
    fs.truncateSync(file, 300 * 1024 * 1024);
    fs.appendFileSync(file, `\n${Array.from({ length: 3000 }, (_, index) => claudeTurn(index + 1, "x".repeat(3000))).join("")}`);
    let longestMs = 0;
    let last = performance.now();
    const ticks = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
    }, 1);
    const session = await open();
    clearInterval(ticks);
    const all = texts(await conversationOf(session));
    expect([all[0], all.at(-3), all.at(-1)]).toEqual(["(elsewhere-older)", "question 3000", "(said-elsewhere)"]);
    expect(all[1]).toMatch(/^question \d+$/);
    expect(all.length).toBeGreaterThan(2000);
    expect(all.length).toBeLessThan(2 * 3000);
    expect(longestMs).toBeLessThan(1000);
  });
});

describe("the first message to a conversation of the demo agent that was begun elsewhere", () => {
  let file: string;
  beforeEach(() => {
    file = path.join(bed.home.directory, "demo-agent", `${ID}.jsonl`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, demoLine({ type: "conversation", id: ID, cwd: root }) + demoTurn(1));
  });

  test("starts it, with what was said there since it was opened, each word once", async () => {
    const session = await openDemo();
    expect(texts(await conversationOf(session))).toEqual(["question 1", "answer 1", "(said-elsewhere)"]);
    fs.appendFileSync(file, demoTurn(2));
    await say(session, "what did I say first?");
    const now = await conversationOf(session);
    expect(texts(now).slice(0, -2)).toEqual(["question 1", "answer 1", "(said-elsewhere)", "question 2", "answer 2", "(said-elsewhere)"]);
    expect(texts(now).slice(-2)).toEqual(["what did I say first?", `You said first: "question 1".`]);
    expect(now).toMatchObject({ runs: [{ number: 1, origin: "continued-outside" }], resumeId: ID, oldResumeId: null });
    expect(session.run.row.number).toBe(1);
    await session.chat?.importHistory({ cwd: root, env: { HOME: root, PERDURE_HOME: bed.home.directory } });
    expect(texts(await conversationOf(session))).toEqual(texts(now));
  });

  test("gives it the secrets of who opened it, which are not stored", async () => {
    const session = await openDemo();
    expect(session.details.environment?.values).not.toHaveProperty("MY_TOKEN");
    expect(session.details.environment?.secretNames).toContain("MY_TOKEN");
    await say(session, "hello");
    expect((await conversationOf(session)).runs).toMatchObject([{ origin: "continued-outside" }]);
    expect((await conversationOf(session)).runs[0]).not.toHaveProperty("missing");
  });

  test("when the agent has lost it: a fresh conversation is told what was said there", async () => {
    const session = await openDemo();
    fs.rmSync(file);
    await say(session, "are you there?");
    const now = await conversationOf(session);
    expect(texts(now).slice(0, 4)).toEqual(["question 1", "answer 1", "(said-elsewhere)", "(restarted)"]);
    expect(now).toMatchObject({ oldResumeId: ID, runs: [{ origin: "restarted" }] });
    expect(texts(now).at(-1)).toMatch(/^I was given \d{3} characters of what was said before\./);
  });
});

test("a session that was opened and never used is ended and deleted like any other", async () => {
  fs.writeFileSync(claudeFile(), claudeTurn(1));
  const session = await open();
  await bed.sessions.end(session);
  await bed.sessions.remove(session);
  expect(bed.sessions.registry.get(session.id)).toBeUndefined();
  expect(bed.fatals).toEqual([]);
});

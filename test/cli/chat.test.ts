// `perdure ask`, `chat` and what belongs to them, with the demo agent: what scripts get, and what a person sees in a terminal.

import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CommandLine, Ended } from "../harness/command-line.ts";
import type { OuterTerminal } from "../harness/outer-terminal.ts";
import { killHard, signal } from "../harness/processes.ts";
import { commandLineForThisFile } from "../harness/set-up.ts";
import { until } from "../harness/until.ts";

let cli: CommandLine;
let made = 0;

commandLineForThisFile((line) => {
  cli = line;
});

const CTRL_C = "\x03";
const CTRL_D = "\x04";

/** A directory of its own, in which nothing was talked of yet. */
function place(): string {
  made += 1;
  const directory = cli.home.path(`place-${made}`);
  mkdirSync(directory);
  return directory;
}

/** Words for a new conversation; `paceMs`: between two words of an answer. */
function newChat(name: string, paceMs = 0): readonly string[] {
  return ["--agent", "demo", "--name", name, "--flag=--pace", "--flag", String(paceMs)];
}

async function summary(name: string): Promise<{ readonly state: string; readonly messages: number; readonly queued: number }> {
  const chat = (await cli.home.api.sessions()).find((session) => session.name === name)?.chat;
  if (!chat) throw new Error(`there is no chat "${name}"`);
  return chat;
}

async function agentPid(name: string): Promise<number> {
  const state = (await cli.home.api.sessions()).find((session) => session.name === name)?.run.state;
  if (state?.is !== "running") throw new Error(`the agent of "${name}" does not run`);
  return state.pid;
}

async function killServer(): Promise<void> {
  await killHard((await cli.status()).server.pid);
}

/** What the conversation says was said by the user, in order. */
async function saidBy(name: string): Promise<readonly string[]> {
  const id = (await cli.home.api.sessions()).find((session) => session.name === name)?.id ?? "";
  const answer = await cli.home.api.send("GET", `/api/sessions/${id}/conversation`);
  const { conversation } = JSON.parse(answer.text) as { conversation: { inputs: Record<string, { text: string; state: string }> } };
  return Object.values(conversation.inputs).map(({ text, state }) => `${text}: ${state}`);
}

function types(ended: Ended): readonly string[] {
  return ended.stdout
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { type: string }).type);
}

function chatTerminal(...args: readonly string[]): OuterTerminal {
  return cli.terminal(["chat", ...args], { cwd: place(), cols: 80, rows: 30 });
}

async function leave(terminal: OuterTerminal, name: string): Promise<void> {
  const fresh = terminal.modes;
  terminal.type(CTRL_D);
  expect(await terminal.end()).toEqual({ code: 0, signal: 0 });
  expect(terminal.text).toContain(`"${name}" goes on`);
  expect(terminal.modes).toMatchObject({ isPasteBracketed: false, isCursorHidden: false });
  expect(fresh.isPasteBracketed).toBe(true);
}

describe("ask", () => {
  test("begins a conversation, and goes on with the one of this directory", async () => {
    const cwd = place();
    const first = await cli.run(["ask", ...newChat("begun"), "hello", "there"], { cwd });
    expect({ code: first.code, stderr: first.stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^\[new session "begun" \S+\]\n$/),
    });
    expect(first.stdout).toMatch(/^You said: "hello there"\.\n\n[\s\S]*remember\n$/);
    const second = await cli.run(["ask", "what did I say first?"], { cwd });
    expect(second).toMatchObject({ code: 0, stdout: 'You said first: "hello there".\n', stderr: "" });
  });

  test("takes its words from standard input, alone or behind others", async () => {
    const cwd = place();
    await cli.run(["ask", ...newChat("piped")], { cwd, input: "from a pipe\nof two lines\n" });
    await cli.run(["ask", "look at this", "-"], { cwd, input: "a file\n" });
    expect(await saidBy("piped")).toEqual(["from a pipe\nof two lines: answered", "look at this\n\na file: answered"]);
  });

  test("never guesses: no conversation of this directory, a terminal, too many words", async () => {
    const cwd = place();
    const none = await cli.run(["ask", "hello"], { cwd });
    expect(none).toMatchObject({ code: 4, stdout: "" });
    expect(none.stderr).toContain("--agent ID begins one");
    await cli.create("plain", ["sleep", "1000"]);
    expect((await cli.run(["ask", "-s", "plain", "hello"], { cwd })).code).toBe(5);
    expect((await cli.run(["ask", "-s", "plain", "--agent", "demo", "hello"], { cwd })).code).toBe(2);
    expect((await cli.run(["ask", "--agent", "nobody", "hello"], { cwd })).code).toBe(4);
    expect((await cli.run(["ask", "-s", "plain"], { cwd })).code).toBe(2);
  });

  test("--json prints the turn's events and nothing else", async () => {
    const cwd = place();
    await cli.run(["ask", ...newChat("json"), "hello"], { cwd });
    const { code, stdout, stderr } = await cli.run(["ask", "--json", "/think"], { cwd });
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; input?: string });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(events.slice(0, 4).map(({ type }) => type)).toEqual(["asked", "input.accepted", "input.dispatched", "turn.started"]);
    expect(new Set(events.flatMap(({ input }) => input ?? [])).size).toBe(1);
    expect(events.at(-1)).toMatchObject({ type: "turn.ended", end: "completed" });
  });

  test("the exit code says what came: failed 7, interrupted 6, asked 8, waits for a decision 9", async () => {
    const cwd = place();
    const failed = await cli.run(["ask", ...newChat("codes"), "/fail", "limit"], { cwd });
    expect(failed).toMatchObject({ code: 7, stdout: "I begin, and then\n" });
    expect(failed.stderr).toContain("[the turn failed (limit: 429");
    const crashed = await cli.run(["ask", "/crash"], { cwd });
    expect(crashed).toMatchObject({ code: 6, stdout: "I was going to say something, but\n" });
    const asked = await cli.run(["ask", "/approve", "make"], { cwd });
    expect(asked.code).toBe(8);
    expect(asked.stderr).toMatch(/^Run make\?\n[\s\S]* {2}1 Allow once\n[\s\S]*`perdure approve codes \[answer\]`/);
    const behind = cli.start(["ask", "--json", "behind it"], { cwd });
    await behind.untilPrinted("input.accepted");
    expect(await summary("codes")).toMatchObject({ state: "asking", queued: 1 });
    await cli.output("reject", "codes", "--note", "not today");
    expect((await behind.end()).code).toBe(0);
    expect((await cli.run(["ask", "-s", "codes", "/history"])).stdout).toContain("4. behind it");
  });

  test("--no-wait returns when the server has it, and the same --id again is the same message", async () => {
    const cwd = place();
    const id = randomUUID();
    const words = ["ask", ...newChat("once"), "--id", id, "hello once"];
    expect((await cli.run([...words, "--no-wait"], { cwd })).code).toBe(0);
    const again = await cli.run(words, { cwd });
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('You said: "hello once"') });
    expect(types(await cli.run([...words, "--json"], { cwd }))).toEqual(["asked", "snapshot"]);
    expect(await saidBy("once")).toEqual(["hello once: answered"]);
    expect((await cli.home.api.sessions()).filter(({ name }) => name.startsWith("once"))).toHaveLength(1);
  });

  test("goes on through a SIGKILL of the server in mid-answer: every word once", async () => {
    const cwd = place();
    const asking = cli.start(["ask", ...newChat("killed", 10), "/long", "60"], { cwd });
    await asking.untilPrinted("line 10 of");
    await killServer();
    const { code, stdout } = await asking.end();
    const lines = Array.from({ length: 60 }, (_, index) => `${index + 1}. line ${index + 1} of 60`);
    expect(code).toBe(0);
    expect(stdout.split("\n").filter((line) => line !== "")).toEqual(lines);
    expect(await saidBy("killed")).toEqual(["/long 60: answered"]);
  });

  test("sent while there is no server, has one effect", async () => {
    const cwd = place();
    await cli.run(["ask", ...newChat("exactly"), "first"], { cwd });
    const { server } = await cli.status();
    signal(server.pid, "SIGSTOP");
    const asking = cli.start(["ask", "--json", "second"], { cwd });
    await killHard(server.pid);
    expect((await asking.end()).code).toBe(0);
    expect(await saidBy("exactly")).toEqual(["first: answered", "second: answered"]);
  });

  test("--wait goes on behind an approval that another terminal answers, also when its server was killed meanwhile", async () => {
    const cwd = place();
    const asking = cli.start(["ask", ...newChat("waiting"), "--wait", "/approve"], { cwd });
    await until("a question", async () =>
      ((await cli.json("approvals")) as readonly { name: string }[]).some(({ name }) => name === "waiting"),
    );
    await killServer();
    await cli.output("approve", "waiting", "2");
    const { code, stdout, stderr } = await asking.end();
    expect({ code, stdout }).toEqual({ code: 0, stdout: "You said yes (`always`).\n" });
    expect(stderr).toContain("Run rm -r build?");
    expect(await cli.json("approvals")).toEqual([]);
    expect((await cli.run(["approve", "waiting"])).code).toBe(5);
  });

  test("ended by Ctrl-C leaves the turn as it is; `stop` stops it", async () => {
    const cwd = place();
    const asking = cli.start(["ask", ...newChat("left"), "/hang"], { cwd });
    await asking.untilPrinted("I say nothing");
    asking.signal("SIGINT");
    const { code, stderr } = await asking.end();
    expect(code).toBe(130);
    expect(stderr).toContain("`perdure stop left` stops the turn");
    expect((await summary("left")).state).toBe("working");
    expect(await cli.json("stop", "left")).toEqual({ outcome: "interrupted" });
    expect((await cli.run(["stop", "left"])).code).toBe(5);
  });
});

describe("chat in a pipe", () => {
  test("asks line by line, and ends with the first line that is not answered", async () => {
    const cwd = place();
    const ended = await cli.run(["chat", ...newChat("lines")], { cwd, input: "one\n\n/history\n/fail\nnever sent\n" });
    expect(ended.code).toBe(7);
    expect(ended.stdout).toContain("1. one\n2. /history\n");
    expect(await saidBy("lines")).toEqual(["one: answered", "/history: answered", "/fail: consumed"]);
  });
});

describe("chat in a terminal", () => {
  test("answers stay, the line that is typed is below them; what was said is there again the next time", async () => {
    const terminal = chatTerminal(...newChat("talk"));
    await terminal.untilRow(/^your turn/);
    terminal.type("hello there\r");
    await terminal.untilRow('You said: "hello there".');
    await terminal.untilRow(/^your turn/);
    expect(terminal.rows.findLast((row) => row !== "")).toBe("›");
    terminal.type("/tool make\r");
    await terminal.untilRow("● make");
    await leave(terminal, "talk");
    const again = chatTerminal("talk");
    await again.untilRow("● make");
    expect(again.text).toContain("› hello there");
    await leave(again, "talk");
  });

  test("an approval is answered by its number, or in another terminal", async () => {
    const terminal = chatTerminal(...newChat("asks"));
    await terminal.untilRow(/^your turn/);
    terminal.type("/approve\r");
    await terminal.untilRow(/^press 1 to 3/);
    terminal.type("3");
    await terminal.untilRow("You said no. I leave it.");
    terminal.type("/approve make\r");
    await terminal.untilRow("Run make?");
    await cli.output("approve", "asks");
    await terminal.untilRow("You said yes (allow).");
    await terminal.until("no question any more", () => !terminal.rows.includes("Run make?"));
    expect(await saidBy("asks")).toEqual(["/approve: answered", "/approve make: answered"]);
    await leave(terminal, "asks");
  });

  test("what is said meanwhile is queued; Ctrl-C stops the turn and the next one begins; twice leaves", async () => {
    const terminal = chatTerminal(...newChat("queue"));
    await terminal.untilRow(/^your turn/);
    terminal.type("/hang\r");
    await terminal.untilRow("From here on I say nothing.");
    terminal.type("and then this\r");
    await terminal.untilRow("› and then this (queued)");
    terminal.type(CTRL_C);
    await terminal.untilRow(/interrupted \(stopped\)/);
    await terminal.untilRow('You said: "and then this".');
    await terminal.untilRow(/^your turn/);
    terminal.type(CTRL_C);
    await terminal.untilRow("Ctrl-C again leaves");
    terminal.type(CTRL_C);
    expect((await terminal.end()).code).toBe(0);
  });

  test("a SIGKILL of the server in mid-answer loses no word, and what is typed meanwhile arrives once", async () => {
    const terminal = chatTerminal(...newChat("outage", 10));
    await terminal.untilRow(/^your turn/);
    terminal.type("/long 40\r");
    await terminal.untilRow("10. line 10 of 40");
    await killServer();
    terminal.type("typed while away\r");
    await terminal.untilRow('You said: "typed while away".');
    const lines = terminal.text.split("\n").filter((row) => /^\d+\. line/.test(row));
    expect(lines).toEqual(Array.from({ length: 40 }, (_, index) => `${index + 1}. line ${index + 1} of 40`));
    await terminal.untilRow(/^your turn/);
    expect(await saidBy("outage")).toEqual(["/long 40: answered", "typed while away: answered"]);
    await leave(terminal, "outage");
  });

  test("a paste is one message; an agent that died is offered to go on", async () => {
    const terminal = chatTerminal(...newChat("paste"));
    await terminal.untilRow(/^your turn/);
    terminal.type("\x1b[200~two\rlines\x1b[201~\r");
    await terminal.untilRow(/^You said: "two$/);
    await terminal.untilRow(/^your turn/);
    terminal.type("/hang\r");
    await terminal.untilRow("From here on I say nothing.");
    await killHard(await agentPid("paste"));
    await terminal.untilRow("The answer was cut");
    terminal.type("1");
    await terminal.untilRow(/^You said: "Please continue where you stopped\."/);
    await terminal.untilRow(/^your turn/);
    expect(await saidBy("paste")).toEqual(["two\nlines: answered", "/hang: consumed", "Please continue where you stopped.: answered"]);
    await leave(terminal, "paste");
  });
});

describe("what there is", () => {
  test("agents: found or not, and how to get them", async () => {
    const agents = (await cli.json("agents")) as readonly { id: string; found: boolean; howToGet: string }[];
    expect(agents.find(({ id }) => id === "demo")).toMatchObject({ found: true });
    for (const { howToGet } of agents) expect(howToGet).not.toBe("");
    expect(await cli.output("agents")).toMatch(/^demo +Demo agent /m);
  });

  test("agents of one's own: added, listed, taken out, and a setting that cannot be used is said", async () => {
    const added = await cli.run(["agents", "add", "--name", "My agent", "--env", "A=b", "mine", process.execPath, "--acp"]);
    expect(added).toMatchObject({ code: 0, stderr: "mine is registered: perdure chat --agent mine\n" });
    expect(await cli.output("agents")).toMatch(/^mine +My agent /m);
    for (const wrong of [["mine", "--name", "My agent"], ["mine"], []]) {
      expect((await cli.run(["agents", "add", ...wrong])).code).toBe(2);
    }
    await cli.output("agents", "remove", "mine");
    expect((await cli.run(["agents", "remove", "mine"])).code).toBe(4);
    expect(await cli.output("agents")).not.toMatch(/^mine /m);
    writeFileSync(join(cli.home.directory, "agents.json"), "{");
    const { code, stdout, stderr } = await cli.run(["agents"]);
    expect({ code, isHere: stdout.includes("Demo agent") }).toEqual({ code: 0, isHere: true });
    expect(stderr).toContain("agents.json: expected JSON");
    rmSync(join(cli.home.directory, "agents.json"));
  });

  test("ls says what agents do", async () => {
    const cwd = place();
    const asked = await cli.run(["ask", ...newChat("listed"), "/approve"], { cwd });
    expect(asked.code).toBe(8);
    expect(await cli.output("ls")).toMatch(/^listed +asking, 1 approval .* demo \(chat\)/m);
    await cli.output("reject", "listed");
    await cli.output("end", "listed");
    expect(await cli.output("ls")).toMatch(/^listed +asleep .* demo \(chat\)/m);
  });

  test("a conversation that lies with an agent goes on as a session, by the number that was listed", async () => {
    const cwd = place();
    await cli.run(["ask", ...newChat("outside"), "remember me"], { cwd });
    await cli.output("rm", "--force", "outside");
    const listed = await cli.run(["conversations", "--here"], { cwd });
    expect(listed.stdout).toMatch(/^1 +demo +remember me /m);
    const continued = await cli.run(["continue", "1", "--name", "inside"], { cwd });
    expect(continued).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\S+\n$/) });
    expect(await summary("inside")).toMatchObject({ state: "asleep", messages: 2 });
    const terminal = cli.terminal(["chat", "inside"], { cwd, cols: 80, rows: 30 });
    await terminal.untilRow(/said outside perdure/);
    expect(terminal.text).toMatch(/› remember me[^]*You said: "remember me"[^]*said outside perdure/);
    await leave(terminal, "inside");
    expect(await summary("inside")).toMatchObject({ state: "asleep" });
    const { stdout } = await cli.run(["ask", "what did I say first?"], { cwd });
    expect(stdout).toContain('You said first: "remember me"');
    expect((await cli.run(["continue", "no-such-conversation"], { cwd })).code).toBe(4);
  });

  test("what waits for a decision is taken up by `recover`", async () => {
    const cwd = place();
    const asking = cli.start(["ask", ...newChat("decide"), "--flag=--start", "--flag", "hang", "too early"], { cwd });
    await until("the message", async () => (await cli.home.api.sessions()).find(({ name }) => name === "decide")?.chat?.queued === 1);
    expect(await cli.json("stop", "decide")).toEqual({ outcome: "held" });
    const { code, stderr } = await asking.end();
    expect(code).toBe(9);
    expect(stderr).toContain("`perdure recover decide send-again`, `perdure recover decide discard`");
    expect((await cli.run(["recover", "decide", "nonsense"])).code).toBe(2);
    expect((await cli.run(["recover", "decide", "discard"])).code).toBe(0);
    expect(await saidBy("decide")).toEqual(["too early: removed"]);
  });

  test("start goes on as a chat only where there is an agent", async () => {
    const cwd = place();
    await cli.run(["ask", ...newChat("again"), "hello"], { cwd });
    expect((await cli.run(["start", "--chat", "again"])).code).toBe(5);
    await cli.output("end", "again");
    expect((await cli.run(["start", "--chat", "again"])).stdout).toMatch(/^\S+\n$/);
    await cli.create("only-a-terminal", ["true"]);
    await until(
      "its end",
      async () => (await cli.home.api.sessions()).find(({ name }) => name === "only-a-terminal")?.run.state.is === "exited",
    );
    const refused = await cli.run(["start", "--chat", "only-a-terminal"]);
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain("has no agent");
  });
});

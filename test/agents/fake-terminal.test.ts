// The fake terminal programs in a real PTY: what they ask of the terminal, how they draw, how they end and go on.

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { randomUUID } from "node:crypto";
import { spawn, type IPty } from "@lydell/node-pty";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../harness/until.ts";
import { FakeSituation } from "./fake-situation.ts";

let situation: FakeSituation;
let terminals: IPty[];
beforeEach(() => {
  situation = new FakeSituation();
  terminals = [];
});
afterEach(async () => {
  for (const terminal of terminals) terminal.kill("SIGKILL");
  await situation.close();
});

interface Shown {
  readonly terminal: IPty;
  readonly output: () => string;
  readonly exit: Promise<number>;
}

function show(name: string, args: string[]): Shown {
  const { bin, cwd, env } = situation.home;
  const terminal = spawn(path.join(bin, name), args, { cols: 100, rows: 30, cwd, env: { ...env } });
  terminals.push(terminal);
  let output = "";
  terminal.onData((data) => (output += data));
  const exit = Promise.withResolvers<number>();
  terminal.onExit(({ exitCode }) => exit.resolve(exitCode));
  return { terminal, output: () => output, exit: exit.promise };
}

test("claude takes the alternate screen, asks the terminal, answers, repaints and says how to resume", async () => {
  const id = randomUUID();
  const { terminal, output, exit } = show("claude", ["--session-id", id]);
  await until("the prompt", () => output().includes("> "));
  for (const sequence of ["\u001b[?1049h", "\u001b[?1006h", "\u001b[c", "\u001b[>0q", "\u001b[?2026$p", "\u001b]0;"]) {
    expect(output()).toContain(sequence);
  }
  terminal.write("\u001b[?62;22c");
  terminal.write("hello\r");
  await until("an answer", () => output().includes('echo: hello | users ["hello"]'));
  const before = output().length;
  terminal.resize(60, 20);
  await until("a repaint", () => output().slice(before).includes("\u001b[?2026h"));
  terminal.write("/exit\r");
  expect(await exit).toBe(0);
  expect(output()).toContain(`claude --resume ${id}`);
  expect(output().indexOf("\u001b[?1049l")).toBeLessThan(output().indexOf("claude --resume"));
});

test("claude goes on with a conversation, and says that there is none", async () => {
  const id = randomUUID();
  const first = show("claude", ["--session-id", id]);
  await until("the prompt", () => first.output().includes("> "));
  first.terminal.write("remember this\r");
  const file = path.join(situation.home.home, ".claude/projects", situation.home.cwd.replaceAll(/[^a-zA-Z0-9]/g, "-"), `${id}.jsonl`);
  await until("the transcript", () => existsSync(file) && readFileSync(file, "utf8").includes("echo: remember"));
  first.terminal.kill("SIGKILL");
  await first.exit;
  const second = show("claude", ["--resume", id]);
  await until("what was said", () => second.output().includes("echo: remember this"));
  const unknown = randomUUID();
  const third = show("claude", ["--resume", unknown]);
  expect(await third.exit).toBe(1);
  expect(third.output()).toContain(`No conversation found with session ID: ${unknown}`);
});

test.each([
  ["codex", ["resume"], 1, "no rollout found for thread id"],
  ["gemini", ["--resume"], 42, "Error resuming session: Invalid session identifier"],
  ["opencode", ["-s"], 1, "Error: Session not found"],
])("%s says that there is no such conversation", async (name, args, code, words) => {
  const { output, exit } = show(name, [...args, randomUUID()]);
  expect(await exit).toBe(code);
  expect(output()).toContain(words);
});

import { expect, test } from "vitest";
import type { TerminalRequest } from "../agent.ts";
import { codexAgent } from "./agent.ts";
import { ScratchCodex } from "./scratch-codex.ts";
import { terminalLaunch } from "./terminal.ts";

const ID = "01a1fc60-0000-7000-8000-000000000001";
const OTHER = "01a1fc60-0000-7000-8000-000000000002";
const isLinux = process.platform === "linux";

const ALONE = { title: "", taken: new Set<string>(), isAlone: true };

function request(args: readonly string[], resumeId: string | null = null): TerminalRequest {
  return { program: "codex", args, resumeId, newId: "unused", cwd: "/work", env: {} };
}

function commandOf(args: readonly string[], resumeId: string | null = null, version: string | null = "0.169.0"): string | null {
  return terminalLaunch(request(args, resumeId), version)?.command.join(" ") ?? null;
}

test("a new conversation is started as typed, without codex's background server where it can be left out", () => {
  expect(commandOf(["-m", "gpt", "fix it", "--new-flag"])).toBe("codex --no-daemon -m gpt fix it --new-flag");
  expect(commandOf([], null, "1.0.0")).toBe("codex --no-daemon");
  expect(commandOf(["--no-daemon"])).toBe("codex --no-daemon");
  expect(commandOf(["--remote", "unix://"])).toBe("codex --remote unix://");
  expect(commandOf([], null, "0.168.3")).toBe("codex");
  expect(commandOf([], null, null)).toBe("codex");
});

test("a later run goes on with the conversation: the options stay, the first message and the old choice do not", () => {
  expect(commandOf(["-m", "gpt", "fix it", "--search"], ID)).toBe(`codex --no-daemon resume -m gpt --search ${ID}`);
  expect(commandOf(["resume", "--last", "and now"], ID)).toBe(`codex --no-daemon resume ${ID}`);
  expect(terminalLaunch(request([], ID), null)?.pinned).toBe(ID);
});

function pinned(...args: string[]): string | null | undefined {
  return terminalLaunch(request(args), null)?.pinned;
}

test("an id that the user gives is the conversation; a name, the last one or a copy is found out later", () => {
  expect(pinned("resume", ID)).toBe(ID);
  expect(pinned("-m", "gpt", "resume", ID, "go on")).toBe(ID);
  expect(pinned("resume", "my work")).toBeNull();
  expect(pinned("resume", "--last", "abcdefabcdef")).toBeNull();
  expect(pinned("fork", ID)).toBeNull();
  expect(pinned("hello")).toBeNull();
});

test.each([
  ["--version"],
  ["-V"],
  ["exec", "do it"],
  ["login"],
  ["-m", "gpt", "exec"],
  ["app-server"],
  ["resume", "--help"],
  ["mcp", "list"],
])("%s %s is no conversation", (...args) => {
  expect(terminalLaunch(request(args), "0.169.0")).toBeNull();
});

test("a later run without its conversation keeps the options", () => {
  const args = ["resume", "-m", "gpt", ID, "go on"];
  expect(terminalLaunch({ ...request(args), isAnew: true }, null)).toMatchObject({ command: ["codex", "-m", "gpt"], pinned: null });
});

test("what the version allows is known once codex was found", async () => {
  using codex = new ScratchCodex();
  const program = codex.addProgram("0.169.0");
  expect(codexAgent.terminal({ ...request([]), program })?.command).toEqual([program]);
  await codexAgent.find(codex.place(), new AbortController().signal);
  expect(codexAgent.terminal({ ...request([]), program })?.command).toEqual([program, "--no-daemon"]);
  expect(codexAgent.terminal(request([]))?.command).toEqual(["codex", "--no-daemon"]);
});

test.runIf(isLinux)("the conversation of a run is the one that its processes have open", async () => {
  using codex = new ScratchCodex();
  const since = Date.now();
  const file = codex.addConversation(ID, { cwd: "/elsewhere" });
  codex.addConversation(OTHER);
  const pid = await codex.run(`sh -c 'exec 9<"${file}"; echo ready; exec cat'; true`);
  expect(await codexAgent.watchTerminal({ ...codex.place(), ...ALONE, pid, since })).toBe(ID);
});

test("where that is not known, it is the newest of this directory since the run began", async () => {
  using codex = new ScratchCodex();
  const since = Date.now();
  const watch = async (from: number, more: object = {}): Promise<string | null> =>
    codexAgent.watchTerminal({ ...codex.place(), ...ALONE, pid: 2 ** 30, since: from, ...more });
  expect(await watch(since)).toBeNull();
  codex.addConversation(ID, { day: "2026/11/20" });
  codex.addConversation(OTHER, { cwd: "/elsewhere" });
  codex.addConversation("01a1fc60-0000-7000-8000-000000000003", { source: '{"subagent":"review"}' });
  expect(await watch(since)).toBe(ID);
  expect(await watch(since + 60_000)).toBeNull();
  expect(await watch(since, { taken: new Set([ID]) })).toBeNull();
  expect(await watch(since, { isAlone: false })).toBeNull();
});

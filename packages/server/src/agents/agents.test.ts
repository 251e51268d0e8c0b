import { expect, test } from "vitest";
import { opencode } from "./acp/opencode.ts";
import type { TerminalRequest } from "./agent.ts";
import { agentById, agentByProgram, knownAgents } from "./agents.ts";

test("agents are known by their ids, which are not used twice", () => {
  const ids = knownAgents().map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(["claude", "codex", "gemini", "opencode", "claude-agent-acp", "demo"]));
  expect(new Set(ids).size).toBe(ids.length);
  expect(agentById("gemini")?.program).toBe("gemini");
  expect(agentById("nobody")).toBeNull();
});

test("an agent is found by its program, however it is called", () => {
  expect(agentByProgram("/usr/local/bin/opencode")?.id).toBe("opencode");
  expect(agentByProgram("bash")).toBeNull();
});

test("a registered command is an agent, and takes the place of one with its id", () => {
  const registered = knownAgents([
    { id: "mine", name: "Mine", command: ["my-agent", "--acp"] },
    { id: "gemini", name: "My Gemini", command: ["/opt/gemini", "--acp"] },
  ]);
  expect(registered.filter(({ id }) => id === "gemini").map(({ name }) => name)).toEqual(["My Gemini"]);
  const mine = agentById("mine", registered);
  const request = { cwd: "/", env: {}, resumeId: null, newId: "n", model: null, mode: null, flags: ["-x"] };
  expect(mine?.chat({ ...request, program: "/bin/my-agent" })).toEqual({
    command: ["/bin/my-agent", "--acp", "-x"],
    env: {},
    pinned: null,
  });
});

function terminal(args: readonly string[], resumeId: string | null = null): TerminalRequest {
  return { cwd: "/", env: {}, program: "/bin/opencode", args, newId: "n", resumeId };
}

test("opencode opens in a terminal as it was typed, and goes on with its conversation", () => {
  expect(opencode.terminal(terminal(["-m", "a/b"]))).toEqual({ command: ["/bin/opencode", "-m", "a/b"], env: {}, pinned: null });
  expect(opencode.terminal(terminal(["--prompt", "hi", "-m", "a/b"], "ses_1"))?.command).toEqual([
    "/bin/opencode",
    "-s",
    "ses_1",
    "-m",
    "a/b",
  ]);
  for (const args of [["--version"], ["run", "hi"], ["session", "list"]]) expect(opencode.terminal(terminal(args))).toBeNull();
  expect(opencode.classify("Error: Session not found")).toBe("unknown-conversation");
});

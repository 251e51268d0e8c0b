import { describe, expect, it } from "vitest";
import { inPlaceOfAgent, laterEnvironment, runEnvironment, storedEnvironment } from "./environment.ts";

const CALLER = {
  PATH: "/opt/bin:/bin",
  HOME: "/home/me",
  TMUX: "/tmp/tmux-1000/default,1,0",
  TERM: "screen",
  PERDURE_RUN: "outer",
  OPENAI_API_KEY: "made-up",
  DATABASE: "postgres://me:made-up@db/x",
  SSH_AUTH_SOCK: "/tmp/ssh-1/agent",
};

describe("the environment of a run", () => {
  const env = runEnvironment(CALLER, { id: "s1", home: "/state", cwd: "/work", sshAgentLink: "/state/links/s1" });

  it("is the caller's", () => {
    expect(env).toMatchObject({ PATH: "/opt/bin:/bin", HOME: "/home/me", OPENAI_API_KEY: "made-up" });
  });

  it("describes the session's terminal, not the caller's", () => {
    expect(env["TERM"]).toBe("xterm-256color");
    expect(env["TMUX"]).toBeUndefined();
    expect(env["PERDURE_RUN"]).toBeUndefined();
    expect(env).toMatchObject({ PERDURE_SESSION: "s1", PERDURE_HOME: "/state" });
  });

  it("names the stable link for the SSH agent", () => {
    expect(env["SSH_AUTH_SOCK"]).toBe("/state/links/s1");
  });
});

describe("what is stored for a later run", () => {
  const stored = storedEnvironment(CALLER, 0o022);

  it("has no secret value, by name or by look", () => {
    expect(JSON.stringify(stored)).not.toContain("made-up");
    expect(stored.secretNames).toEqual(["DATABASE", "OPENAI_API_KEY", "SSH_AUTH_SOCK"]);
  });

  it("is completed from the login shell, and says what was taken and what is missing", () => {
    const later = laterEnvironment(stored, { OPENAI_API_KEY: "renewed", OTHER: "x" });
    expect(later.variables).toMatchObject({ PATH: "/opt/bin:/bin", OPENAI_API_KEY: "renewed" });
    expect(later.variables["OTHER"]).toBeUndefined();
    expect(later.renewed).toEqual(["OPENAI_API_KEY"]);
    expect(later.missing).toEqual(["DATABASE"]);
  });
});

it("a later run of an agent finds its conversations where the first had them, whoever asks", () => {
  const stored = { values: { HOME: "/home/a", CODEX_HOME: "/data/codex", EDITOR: "vi" }, secretNames: [], umask: null };
  const asked = { HOME: "/root", CLAUDE_CONFIG_DIR: "/root/claude", EDITOR: "nano", PATH: "/bin" };
  expect(inPlaceOfAgent(asked, stored)).toEqual({ HOME: "/home/a", CODEX_HOME: "/data/codex", EDITOR: "nano", PATH: "/bin" });
});

// The fake ACP agents on the outside: what each can do, how it tells a history and how it says that there is none.

import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { caller, FakeSituation, inside, type StartOptions } from "./fake-situation.ts";
import type { LineProcess } from "./line-process.ts";

let situation: FakeSituation;
beforeEach(() => {
  situation = new FakeSituation();
});
afterEach(async () => situation.close());

function open(name: string, options: StartOptions = {}): { readonly program: LineProcess; readonly call: ReturnType<typeof caller> } {
  const program = situation.start(name, name === "gemini" ? ["--acp"] : ["acp"], options);
  return { program, call: caller(program, { jsonrpc: "2.0" }) };
}

const at = (minute: string): StartOptions => ({ env: { FAKE_AGENT_MINUTE: minute } });
const prompt = (sessionId: unknown, text: string): object => ({ sessionId, prompt: [{ type: "text", text }] });

test.each([
  ["gemini", -32_603],
  ["opencode", -32_603],
  ["claude-acp", -32_002],
])("%s: a prompt is answered, an unknown session refused in its own way", async (name, code) => {
  const { call, program } = open(name);
  const session = inside(await call("session/new", { cwd: situation.home.cwd }), "result", "sessionId");
  expect(inside(await call("session/prompt", prompt(session, "hello")), "result", "stopReason")).toBe("end_turn");
  expect(JSON.stringify(program.messages)).toContain("echo: ");
  expect(inside(await call("session/load", { sessionId: randomUUID(), cwd: situation.home.cwd }), "error", "code")).toBe(code);
});

test("opencode tells its history when it is loaded, nothing when it is resumed", async () => {
  const first = open("opencode");
  const session = inside(await first.call("session/new", { cwd: situation.home.cwd }), "result", "sessionId");
  await first.call("session/prompt", prompt(session, "remember this"));
  for (const [method, told] of [
    ["session/load", 1],
    ["session/resume", 0],
  ] as const) {
    const { call, program } = open("opencode");
    await call(method, { sessionId: session, cwd: situation.home.cwd });
    expect(program.messages.filter((message) => JSON.stringify(message).includes("user_message_chunk"))).toHaveLength(told);
  }
});

test("gemini wipes a session that is loaded in the minute of its beginning, and tells one of another minute", async () => {
  const first = open("gemini", at("2026-11-21T04-15"));
  const session = inside(await first.call("session/new", { cwd: situation.home.cwd }), "result", "sessionId");
  await first.call("session/prompt", prompt(session, "remember this"));
  const load = { sessionId: session, cwd: situation.home.cwd };
  const later = open("gemini", at("2026-11-21T04-16"));
  expect(await later.call("session/load", load)).toHaveProperty("result");
  expect(JSON.stringify(later.program.messages)).toContain("remember this");
  const wiped = open("gemini", at("2026-11-21T04-16"));
  expect(inside(await wiped.call("session/load", load), "error", "code")).toBe(-32_603);
});

// Agents of the user's own, from the setting to an answer: a whole server, and a made-up agent that speaks ACP.

import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { fileURLToPath } from "node:url";
import type { AgentInfo, Conversation, SessionInfo, Status } from "@perdure/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import { agentsFile } from "../agents/registered-agents.ts";
import { startScratchServer, type ScratchServer } from "../testing/scratch-server.ts";

const FAKE = fileURLToPath(new URL("../testing/fake-agent/main.ts", import.meta.url));

let server: ScratchServer;
beforeAll(async () => {
  server = await startScratchServer();
}, 30_000);
afterAll(() => server.close(), 30_000);

async function get<T>(at: string): Promise<T> {
  return (await (await server.request("GET", at)).json()) as T;
}

async function agents(): Promise<readonly AgentInfo[]> {
  return (await get<{ readonly agents: readonly AgentInfo[] }>("/api/agents")).agents;
}

function register(content: string): void {
  fs.writeFileSync(agentsFile(server.home.directory), content);
}

it("a registered command is offered at once, and can be talked with", async () => {
  expect((await agents()).some(({ id }) => id === "mine")).toBe(false);
  const mine = { name: "My agent", command: [process.execPath, "--no-warnings", FAKE, "opencode", "acp"] };
  register(JSON.stringify({ agents: { mine } }));
  const offered = (await agents()).find(({ id }) => id === "mine");
  expect(offered).toMatchObject({ name: "My agent", found: true, path: process.execPath, hasTerminal: false });
  const headers = { "Idempotency-Key": randomUUID() };
  const made = await server.request("POST", "/api/sessions", { body: { agent: { agent: "mine" } }, headers });
  expect(made.status).toBe(201);
  const { id } = (await made.json()) as SessionInfo;
  await server.request("PUT", `/api/sessions/${id}/messages/${randomUUID()}`, { body: { text: "hello" } });
  let now: Conversation;
  do now = (await get<{ readonly conversation: Conversation }>(`/api/sessions/${id}/conversation`)).conversation;
  while (now.lastTurn === null || now.runningTurn !== null);
  expect(now.turns[now.lastTurn]).toMatchObject({ state: "completed" });
  expect(now.runs).toMatchObject([{ agent: "mine", state: "ready" }]);
});

it("a setting that cannot be used is said, and the other agents are there", async () => {
  register('{"agents": {"mine": {"command": "goose acp"}, "other": {"command": ["other"]}}}');
  expect((await agents()).map(({ id }) => id)).toEqual(expect.arrayContaining(["claude", "demo", "other"]));
  const { notices } = await get<Status>("/api/status");
  const place = `${agentsFile(server.home.directory)}: agents.mine.command: expected a list: the program and its arguments`;
  expect(notices).toEqual([`${place}. This agent is left out.`]);
});

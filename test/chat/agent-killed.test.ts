// The agent dies, at every moment of its life. What it had said stays; what is asked next goes on in the same conversation.

import { setTimeout as delay } from "node:timers/promises";
import { existsSync } from "node:fs";
import type { Conversation } from "@perdure/protocol";
import { expect, test } from "vitest";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { killHard } from "../harness/processes.ts";
import { homeForThisFile } from "../harness/set-up.ts";
import { until } from "../harness/until.ts";
import { ChatScene, noticeCodes, spoken, turnStates } from "./chat-scene.ts";
import { untilTranscript } from "./transcripts.ts";

let home: PerdureHome;

homeForThisFile(async (made) => {
  home = made;
  await home.start();
});

test.for([0, 20, 60, 100])(
  "an agent that is killed %i ms after its start: the message that waited for it has one effect at most, and what comes next is answered",
  async (ms) => {
    const scene = await ChatScene.start(home);
    const input = await scene.say("hello");
    await delay(ms);
    await killHard(await scene.agentPid());
    await scene.until("something that a person can see", (now) => isSettled(now, input));
    await scene.decide(input, "retry");
    const next = await scene.say("and now?");
    const now = await scene.untilAnswered(next);
    expect(spoken(now, next)).toContain('You said: "and now?"');
    expect(await scene.wrong()).toEqual([]);
  },
);

/** Answered, held with a question, or taken by the agent and cut, which its turn says. */
function isSettled({ inputs, turns }: Conversation, id: string): boolean {
  const { state, turn = "" } = inputs[id] ?? {};
  return state === "answered" || state === "held" || (state === "consumed" && turns[turn]?.state === "interrupted");
}

test("an agent that is killed in mid-answer: what it said stays, and the next message goes on in the same conversation", async () => {
  const scene = await ChatScene.start(home);
  await scene.say("/long 200");
  await scene.shown.untilSaid("line 5 ");
  await scene.killAgent();
  const said = scene.shown.said;
  const next = await scene.say("what did I say first?");
  const now = await scene.untilAnswered(next);
  expect(spoken(now).startsWith(said)).toBe(true);
  expect(spoken(now, next)).toContain("/long 200");
  expect(turnStates(now)).toEqual(["interrupted agent-ended", "completed"]);
  expect(now.runs.map(({ origin }) => origin)).toEqual(["new", "resumed"]);
  expect(await scene.wrong()).toEqual([]);
});

test("an agent that is killed with a tool at work: what comes next asks first, and goes on when it may", async () => {
  const scene = await ChatScene.start(home, { agent: "claude" });
  const marker = home.path("at-work");
  await scene.say(`#tool Bash {"command":"touch ${marker}; sleep 60"}`);
  await scene.until("a tool or a question", (now) => now.openApprovals.length > 0 || existsSync(marker));
  const { openApprovals } = await scene.conversation();
  if (openApprovals[0] !== undefined) await scene.answer(openApprovals[0], await allowing(scene, openApprovals[0]));
  await until("a tool at work", () => existsSync(marker));
  await untilTranscript(home, marker);
  await scene.killAgent();
  const next = await scene.say("go on");
  const held = await scene.until("a question", ({ inputs }) => inputs[next]?.state === "held");
  expect(noticeCodes(held)).toContain("tool-was-open");
  expect((await scene.recover("continue")).status).toBe(202);
  const now = await scene.untilAnswered(next);
  expect(spoken(now, next)).toContain("echo: go on");
  expect(await scene.wrong()).toEqual([]);
});

/** The option that says yes, once. */
async function allowing(scene: ChatScene, approval: string): Promise<string> {
  const { approvals } = await scene.conversation();
  return approvals[approval]?.options.find(({ kind }) => kind === "allow-once")?.id ?? "";
}

test.for(["demo", "claude", "codex"] as const)(
  "%s is killed while it asks: the question is closed, and nobody can answer it",
  async (agent) => {
    const mode = agent === "codex" ? { mode: "ask" } : {};
    const scene = await ChatScene.start(home, { agent, ...mode });
    await scene.say(agent === "demo" ? "/approve" : '#tool Bash {"command":"echo hello"}');
    const approval = await scene.untilAsked();
    await scene.killAgent();
    const now = await scene.conversation();
    expect(now.approvals[approval]?.state.is).toBe("expired");
    expect((await scene.answer(approval, now.approvals[approval]?.options[0]?.id ?? "")).status).toBe(409);
    const next = await scene.say("are you there?");
    await scene.decide(next, "continue");
    await scene.untilAnswered(next);
    expect(await scene.wrong()).toEqual([]);
  },
);

test.for(["claude", "codex"] as const)("%s is killed in mid-answer: its conversation goes on, each message in it once", async (agent) => {
  const scene = await ChatScene.start(home, { agent });
  const first = await scene.say("#slow 400 10");
  await scene.shown.untilSaid("chunk0005");
  await untilTranscript(home, (await scene.conversation()).resumeId ?? "");
  await scene.killAgent();
  const said = scene.shown.said;
  const next = await scene.say("what now?");
  const now = await scene.untilAnswered(next);
  expect(spoken(now, first).startsWith(said)).toBe(true);
  expect(spoken(now, next)).toContain('["#slow 400 10","what now?"]');
  expect(await scene.wrong()).toEqual([]);
});

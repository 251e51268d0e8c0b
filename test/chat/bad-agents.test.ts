// Agents that misbehave, and models that fail: it is said what is wrong, nothing waits for ever, and what comes next works.

import type { Conversation } from "@perdure/protocol";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { homeForThisFile } from "../harness/set-up.ts";
import { until } from "../harness/until.ts";
import { ChatScene, noticeCodes, spoken, turnStates } from "./chat-scene.ts";
import { untilTranscript } from "./transcripts.ts";

let home: PerdureHome;

homeForThisFile(async (made) => {
  home = made;
  await home.start();
});

const bothAgents = ["claude", "codex"] as const;

test.for(bothAgents)(
  "%s hangs at its start: a message waits visibly, can be stopped, and an agent that is killed makes room for one that works",
  async (agent) => {
    const scene = await ChatScene.start(home, {
      agent,
      variables: { FAKE_AGENT_START: "hang", FAKE_AGENT_STARTED: home.path(`started-${agent}`) },
    });
    const input = await scene.say("hello");
    const { text } = await scene.stop();
    expect(JSON.parse(text)).toEqual({ outcome: "held" });
    await until("an agent that hangs", () => existsSync(home.path(`started-${agent}`)));
    await scene.killAgent();
    expect((await scene.recover("send-again")).status).toBe(202);
    const now = await scene.untilAnswered(input);
    expect(spoken(now)).toContain("echo: hello");
    expect(await scene.wrong()).toEqual([]);
  },
);

test.for(bothAgents.flatMap((agent) => ["garbage", "exit 3", "exit-in-line 3"].map((start) => ({ agent, start }))))(
  "$agent: it is asked about, or passed over, and the message is answered after all, when it starts with $start",
  async ({ agent, start }) => {
    const scene = await ChatScene.start(home, {
      agent,
      variables: { FAKE_AGENT_START: start, FAKE_AGENT_STARTED: home.path(`started-${agent}-${start}`.replaceAll(" ", "-")) },
    });
    const input = await scene.say("hello");
    await scene.decide(input, "retry");
    expect(spoken(await scene.untilAnswered(input))).toContain("echo: hello");
    expect(await scene.wrong()).toEqual([]);
  },
);

test.for(bothAgents)("%s prints a line that is none and one of 5 MB: both are passed over, the answer is whole", async (agent) => {
  const scene = await ChatScene.start(home, { agent });
  const input = await scene.say("#slow 4 5 #garbage #huge 5000000");
  const now = await scene.untilAnswered(input);
  expect(spoken(now)).toBe("chunk0000 chunk0001 chunk0002 chunk0003 ");
  expect(noticeCodes(now)).toContain("agent-output");
  expect(await scene.wrong()).toEqual([]);
});

test.for(bothAgents)("%s ends in the middle of a line: the turn ends with it, and the next message is answered", async (agent) => {
  const scene = await ChatScene.start(home, { agent });
  await scene.untilAnswered(await scene.say("hello"));
  await untilTranscript(home, (await scene.conversation()).resumeId ?? "");
  await scene.say("#slow 4 5 #exit 7");
  await scene.until("the end", ({ runs }) => runs.at(-1)?.state === "ended");
  const next = await scene.say("again");
  const now = await scene.untilAnswered(next);
  expect(turnStates(now)).toEqual(["completed", "interrupted agent-ended", "completed"]);
  expect(spoken(now)).toContain("chunk0000");
  expect(await scene.wrong()).toEqual([]);
});

test("an agent that says something when its turn is over is heard, and nothing stays open", async () => {
  const scene = await ChatScene.start(home);
  const input = await scene.say("/late");
  await scene.until("what comes late", (now) => spoken(now).includes("Here I am again") && now.runningTurn === null);
  expect(turnStates(await scene.untilAnswered(input))).toEqual(["completed", "completed"]);
  const claude = await ChatScene.start(home, { agent: "claude" });
  await claude.say("#slow 3 5 #late");
  const next = await claude.say("next");
  await claude.untilAnswered(next);
  expect(await claude.wrong()).toEqual([]);
  expect(await scene.wrong()).toEqual([]);
});

const causes: Readonly<Record<number, readonly string[]>> = {
  401: ["auth"],
  429: ["limit"],
  500: ["overloaded", "network", "unknown"],
  529: ["overloaded"],
};

test.for(bothAgents.flatMap((agent) => Object.keys(causes).map((status) => ({ agent, status: Number(status) }))))(
  "$agent, whose model answers $status: the turn fails with the reason, and the next message is answered",
  async ({ agent, status }) => {
    const scene = await ChatScene.start(home, { agent });
    await scene.say(`#error ${status}`);
    const failed = await scene.until("a turn that failed", (now) => lastTurn(now)?.state === "failed");
    expect(causes[status]).toContain(lastTurn(failed)?.cause);
    expect(lastTurn(failed)?.text).toBeTruthy();
    const next = await scene.say("better now?");
    expect(spoken(await scene.untilAnswered(next), next)).toContain("echo: better now?");
    expect(await scene.wrong()).toEqual([]);
  },
);

function lastTurn({ lastTurn: id, turns }: Conversation): Conversation["turns"][string] | undefined {
  return id === null ? undefined : turns[id];
}

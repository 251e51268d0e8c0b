// The process that keeps the agent dies, or everything does at once.

import { expect, test } from "vitest";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { killHard } from "../harness/processes.ts";
import { homeForEachTest } from "../harness/set-up.ts";
import { until } from "../harness/until.ts";
import { ChatScene, counting, numbersIn, spoken, turnStates } from "./chat-scene.ts";
import { untilTranscript } from "./transcripts.ts";

let home: PerdureHome;

homeForEachTest(async (made) => {
  home = made;
  await home.start();
});

test("a host that is killed in mid-answer: the agent goes on and is adopted", async () => {
  const { text, numbers } = counting(60);
  const scene = await ChatScene.start(home);
  const input = await scene.say(text);
  await scene.shown.untilSaid("line 5 ");
  const pid = await scene.agentPid();
  await killHard(await home.hostPid());
  const now = await scene.untilAnswered(input);
  expect(numbersIn(spoken(now))).toEqual(numbers);
  expect(turnStates(now)).toEqual(["completed"]);
  expect(await scene.agentPid()).toBe(pid);
  const next = await scene.say("and you hear me?");
  expect(spoken(await scene.untilAnswered(next), next)).toContain("and you hear me?");
  expect(await scene.wrong()).toEqual([]);
});

test.for(["demo", "claude"] as const)("everything is killed at once under an answer of %s: it is all there, and goes on", async (agent) => {
  const scene = await ChatScene.start(home, { agent });
  const first = await scene.say(agent === "demo" ? "/long 300" : "#slow 300 10");
  await scene.shown.untilSaid(agent === "demo" ? "line 5 " : "chunk0005");
  await untilTranscript(home);
  const waiting = await scene.say("and then?");
  const pid = await scene.agentPid();
  await home.killEverything();
  await until("nothing left of the agent", () => !answersSignals(pid)); // also no zombie, which a lock takes for alive
  const said = scene.shown.said;
  await home.start();
  const now = await scene.untilAnswered(waiting);
  expect(spoken(now, first).startsWith(said)).toBe(true);
  expect(turnStates(now)).toEqual(["interrupted host-died", "completed"]);
  expect(now.runs.map(({ origin }) => origin)).toEqual(["new", "resumed"]);
  expect(spoken(now, waiting)).toContain("and then?");
  expect(await scene.wrong()).toEqual([]);
});

function answersSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

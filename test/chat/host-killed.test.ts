// The process that keeps the agent dies, or everything does at once.

import type { Conversation } from "@perdure/protocol";
import { expect, test } from "vitest";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { killHard, untilGone } from "../harness/processes.ts";
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
  expect(adoptionsIn(now)).toEqual([turnOf(now, input)]);
  const next = await scene.say("and you hear me?");
  expect(spoken(await scene.untilAnswered(next), next)).toContain("and you hear me?");
  expect(await scene.wrong()).toEqual([]);
});

test("what a host had read and not kept when it was killed is missing, nothing else is, and the answer says so", async () => {
  await home.killEverything();
  await home.start({ env: { PERDURE_CRASH: "host-after-read:60" } });
  const scene = await ChatScene.start(home);
  const host = await home.hostPid();
  const input = await scene.say(counting(60).text);
  await untilGone(host, 20_000);
  await home.server.kill();
  await home.start();
  await killHard(await home.hostPid()); // the former server may have begun one that dies in the same way
  const cut = spoken(await scene.untilAnswered(input), input);
  const again = await scene.say(counting(60).text);
  const now = await scene.untilAnswered(again);
  const whole = spoken(now, again);
  expect(cut.length).toBeLessThan(whole.length);
  expect(isPartly(cut, whole)).toBe(true);
  expect(adoptionsIn(now)).toContain(turnOf(now, input));
  expect(adoptionsIn(now)).not.toContain(turnOf(now, again));
  expect(await scene.wrong()).toEqual([]);
});

test("what a killed host may have lost is said once for each kill, whichever server finds it, and by no server that starts again alone", async () => {
  const scene = await ChatScene.start(home);
  const input = await scene.say(counting(300).text);
  await scene.shown.untilSaid("line 5 ");
  const host = await home.hostPid();
  await home.server.kill();
  await killHard(host);
  const dying = home.launch({ env: { PERDURE_CRASH: "server-after-commit:2" } });
  await Promise.race([dying.ready, dying.exited]).catch(() => undefined);
  expect((await dying.exited).signal).toBe("SIGKILL");
  await home.start();
  await scene.until("the line", (now) => adoptionsIn(now).length > 0);
  await home.server.kill();
  await home.start();
  await killHard(await home.hostPid());
  const now = await scene.untilAnswered(input);
  const turn = turnOf(now, input);
  expect(adoptionsIn(now)).toEqual([turn, turn]);
  expect(await scene.wrong()).toEqual([]);
});

test("of a program without a conversation it stands in the session's notices, once, and of one that rests it does not", async () => {
  const busy = await home.api.create({
    kind: "pipe",
    command: ["sh", "-c", "while :; do echo x; sleep 0.05; done"],
    cwd: home.path("user"),
  });
  const idle = await home.api.create({ kind: "pipe", command: ["sh", "-c", "read x"], cwd: home.path("user") });
  await until("output", async () => (await home.api.send("GET", `/api/sessions/${busy.id}/history?format=text`)).text.includes("x"));
  await killHard(await home.hostPid());
  const notices = async (id: string): Promise<readonly string[]> => (await home.api.session(id)).notices.map(({ text }) => text);
  const said = [expect.stringContaining("A few characters of its output may be missing.")];
  await until("the notice", async () => (await notices(busy.id)).length > 0);
  await home.server.kill();
  await home.start();
  expect([await notices(busy.id), await notices(idle.id)]).toEqual([said, []]);
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

/** The turns in which a line says that another host went on. */
function adoptionsIn({ entries, notices }: Conversation): (string | undefined)[] {
  const lines = entries.flatMap((entry) => (entry.is === "notice" ? [notices[entry.id]] : []));
  return lines.filter((notice) => notice?.code === "host-adopted").map((notice) => notice?.turn);
}

function turnOf({ turns }: Conversation, input: string): string | undefined {
  return Object.values(turns).find((turn) => turn.input === input)?.id;
}

/** The same text with pieces missing. */
function isPartly(some: string, all: string): boolean {
  let at = 0;
  for (const each of all) if (some[at] === each) at += 1;
  return at === some.length;
}

function answersSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

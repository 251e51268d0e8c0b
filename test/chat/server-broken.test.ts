// The server is killed or frozen under a conversation: the agent goes on, and so does everything that was said.

import { setTimeout as delay } from "node:timers/promises";
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { homeForEachTest } from "../harness/set-up.ts";
import { ChatScene, counting, inputStates, numbersIn, spoken, turnStates } from "./chat-scene.ts";
import { ShownConversation } from "./shown-conversation.ts";

const frozenMs = 2000;
const long = counting(60);
const short = counting(15);

let home: PerdureHome;

homeForEachTest((made) => {
  home = made;
});

test("a server that is killed in mid-answer: every word is there, once, in one turn that ends well", async () => {
  await home.start();
  const scene = await ChatScene.start(home);
  const input = await scene.say(long.text);
  await scene.shown.untilSaid("line 5 ");
  const pid = await scene.agentPid();
  for (let kills = 0; kills < 2; kills += 1) await home.killServerAndRestart();
  const now = await scene.untilAnswered(input);
  expect(numbersIn(spoken(now))).toEqual(long.numbers);
  expect(turnStates(now)).toEqual(["completed"]);
  expect(await scene.agentPid()).toBe(pid);
  expect(await scene.wrong()).toEqual([]);
});

test("an approval that is open when the server is killed can be answered, once", async () => {
  await home.start();
  const scene = await ChatScene.start(home);
  const input = await scene.say("/approve");
  const approval = await scene.untilAsked();
  await home.killServerAndRestart();
  expect((await scene.conversation()).openApprovals).toEqual([approval]);
  const answers = await Promise.all(["allow", "reject", "allow"].map((option) => scene.answer(approval, option)));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
  const now = await scene.untilAnswered(input);
  expect(spoken(now).match(/You said/g)).toHaveLength(1);
  expect(now.approvals[approval]?.state.is).toBe("delivered");
  expect(await scene.wrong()).toEqual([]);
});

/** A message's way through a server that dies at this point: whoever sent it sends it again, as clients do. */
async function dieAt(point: string, text: string): Promise<ChatScene> {
  await home.start();
  const scene = await ChatScene.start(home);
  await scene.untilIdle();
  await home.server.kill();
  await home.start({ env: { PERDURE_CRASH: `${point}:1` } });
  const id = randomUUID();
  await scene.send(text, id).catch(() => undefined);
  if (text === "/approve") await approve(scene).catch(() => undefined);
  expect((await home.server.exit()).signal).toBe("SIGKILL");
  await home.start();
  await scene.say(text, id);
  if (text === "/approve") await approve(scene);
  const now = await scene.untilAnswered(id);
  expect(inputStates(now)).toEqual(["answered"]);
  expect(turnStates(now)).toEqual(["completed"]);
  return scene;
}

/** Says yes to what is asked; that somebody has said it already is as good. */
async function approve(scene: ChatScene): Promise<void> {
  const asked = await scene.until("a question", ({ approvals }) => Object.keys(approvals).length > 0);
  const [approval = ""] = Object.keys(asked.approvals);
  const { status } = await scene.answer(approval, "allow");
  expect([200, 409]).toContain(status);
}

/** The steps behind are left to `chat-chaos`, which passes them all. */
const onTheWay = [
  "server-after-message-accepted",
  "server-after-message-dispatched",
  "server-after-ledger-sent",
  "server-after-message-delivered",
] as const;

test.for(onTheWay)("a server that dies at %s: the message is answered once", async (point) => {
  const scene = await dieAt(point, short.text);
  expect(numbersIn(spoken(await scene.conversation()))).toEqual(short.numbers);
  expect(await scene.wrong()).toEqual([]);
});

test.for(["server-after-approval-requested", "server-after-approval-answered"])(
  "a server that dies at %s: the answer reaches the agent once",
  async (point) => {
    const scene = await dieAt(point, "/approve");
    expect(spoken(await scene.conversation()).match(/You said yes/g)).toHaveLength(1);
    expect(await scene.wrong()).toEqual([]);
  },
);

test("a server that is frozen under an answer: readers who come meanwhile and those who were there see the same", async () => {
  await home.start();
  const scene = await ChatScene.start(home);
  const input = await scene.say(long.text);
  await scene.shown.untilSaid("line 5 ");
  home.server.freeze();
  const second = ShownConversation.start(home, scene.id);
  const another = scene.send("and then this");
  await delay(frozenMs);
  home.server.thaw();
  expect((await another).status).toBe(200);
  const now = await scene.untilAnswered(input, ...Object.keys((await scene.conversation()).inputs));
  expect(numbersIn(spoken(now, input))).toEqual(long.numbers);
  expect(turnStates(now)).toEqual(["completed", "completed"]);
  await scene.untilQuiet();
  await second.untilEnd(scene.shown.end);
  await second.stop();
  expect(second.bytes.subarray(0, scene.shown.end)).toEqual(scene.shown.bytes);
  expect(await scene.wrong()).toEqual([]);
});

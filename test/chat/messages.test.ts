// A message is sent more than once, by accident or by two clients: it has one effect.

import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { expect, test } from "vitest";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { homeForThisFile } from "../harness/set-up.ts";
import { ChatScene, inputStates, spoken, turnStates } from "./chat-scene.ts";

let home: PerdureHome;

homeForThisFile(async (made) => {
  home = made;
  await home.start();
});

test.for(["demo", "claude", "codex"] as const)(
  "%s is told a message once that is sent again and again, at once and later",
  async (agent) => {
    const scene = await ChatScene.start(home, { agent });
    const id = randomUUID();
    const sent = await Promise.all(Array.from({ length: 5 }, () => scene.send("only once", id)));
    expect(sent.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    await scene.untilAnswered(id);
    await home.killServerAndRestart();
    await scene.say("only once", id);
    const now = await scene.untilAnswered(id);
    expect(inputStates(now)).toEqual(["answered"]);
    expect(turnStates(now)).toEqual(["completed"]);
    expect((await scene.send("something else", id)).status).toBe(409);
    expect(await scene.wrong()).toEqual([]);
  },
);

test("two clients send at the same time: both messages are answered, each once, in one order for all", async () => {
  const scene = await ChatScene.start(home);
  const texts = Array.from({ length: 6 }, (_, index) => `message ${index}`);
  const ids = await Promise.all(texts.map((text) => scene.say(text)));
  const now = await scene.untilAnswered(...ids);
  for (const [index, id] of ids.entries())
    expect(spoken(now, id).match(/You said: "message \d"/g)).toEqual([`You said: "message ${index}"`]);
  expect(Object.keys(now.turns)).toHaveLength(ids.length);
  expect(await scene.wrong()).toEqual([]);
});

test("a message whose acknowledgement is lost is sent again, and is the same message", async () => {
  const scene = await ChatScene.start(home);
  const id = randomUUID();
  for (let times = 0; times < 3; times += 1) await sendAndHangUp(scene, id, "did you get this?");
  await scene.say("did you get this?", id);
  const now = await scene.untilAnswered(id);
  expect(turnStates(now)).toEqual(["completed"]);
  expect(await scene.wrong()).toEqual([]);
});

/** The request as it goes over the wire; the answer is not read. */
async function sendAndHangUp(scene: ChatScene, id: string, text: string): Promise<void> {
  const body = JSON.stringify({ text });
  const head = [
    `PUT /api/sessions/${scene.id}/messages/${id} HTTP/1.1`,
    `Host: localhost:${home.port}`,
    `Authorization: Bearer ${home.token}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect(home.port, "localhost", () => socket.write(`${head.join("\r\n")}\r\n\r\n${body}`, () => resolve()));
  socket.once("error", reject);
  await promise;
  socket.destroy();
}

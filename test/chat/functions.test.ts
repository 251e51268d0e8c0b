// A function of the embedder as an agent, in a real process with the built library, which is killed, frozen, left and come back to.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AgentList, asTwoStates, type Conversation } from "@perdure/protocol";
import { expect, test } from "vitest";
import { CommandLine } from "../harness/command-line.ts";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { homeForEachTest } from "../harness/set-up.ts";
import { until } from "../harness/until.ts";
import { ChatScene, counting, noticeCodes, numbersIn, spoken, turnStates } from "./chat-scene.ts";
import { ShownConversation } from "./shown-conversation.ts";

const script = join(import.meta.dirname, "../programs/embedder.ts");
const again = { script, args: ["--resumes"] };
const frozenMs = 15_000;
const long = counting(80);

let home: PerdureHome;

homeForEachTest((made) => {
  home = made;
});

/** No turn runs without a run, and none that has ended is without words. */
function emptyTurns(conversation: Conversation): string[] {
  return Object.keys(conversation.turns).filter((turn) => asTwoStates(conversation, turn)?.content === "");
}

test("a function is an agent like any other: listed, started, asked, stopped", async () => {
  await home.start({ script });
  const { agents } = AgentList.parse(JSON.parse((await home.api.send("GET", "/api/agents")).text));
  expect(agents[0]).toMatchObject({ id: "mine", name: "My function", version: "7", found: true, hasTerminal: false });
  const listed = await new CommandLine(home).run(["agents"]);
  expect(listed.stdout).toMatch(/mine\s+My function\s+7/);
  const scene = await ChatScene.start(home, { agent: "mine" });
  const first = await scene.say("/ask");
  expect((await scene.answer(await scene.untilAsked(), "allow")).status).toBe(200);
  expect(spoken(await scene.untilAnswered(first))).toBe("You said allow.");
  await scene.say("/hang");
  await scene.until("a turn", ({ runningTurn }) => runningTurn !== null);
  const last = await scene.say("/messages");
  expect(JSON.parse((await scene.stop()).text)).toEqual({ outcome: "interrupted" });
  const now = await scene.untilAnswered(last);
  expect(turnStates(now)).toEqual(["completed", "interrupted stopped", "completed"]);
  expect(spoken(now, last)).toBe(
    JSON.stringify([
      ["user", false],
      ["assistant", false],
      ["user", false],
    ]),
  );
  expect(await scene.wrong()).toEqual([]);
});

test("a server that is killed in mid-answer takes the function with it: every word that was shown is there, and the cause is said", async () => {
  await home.start({ script });
  const scene = await ChatScene.start(home, { agent: "mine" });
  const input = await scene.say(long.text);
  const waiting = await scene.say("/messages");
  await scene.shown.untilSaid("line 9 ");
  await home.server.kill();
  const shown = scene.shown.said;
  await home.start({ script });
  const now = await scene.untilAnswered(waiting);
  expect(turnStates(now)).toEqual(["interrupted server-ended", "completed"]);
  const kept = spoken(now, input);
  expect(kept.startsWith(shown)).toBe(true);
  expect(numbersIn(kept)).toEqual(long.numbers.slice(0, numbersIn(kept).length));
  expect(now.turns[now.inputs[input]?.turn ?? ""]?.text).toBe("The server in which the agent ran has ended. What it had said is kept.");
  expect(spoken(now, waiting)).toBe(
    JSON.stringify([
      ["user", false],
      ["assistant", true],
    ]),
  );
  expect(noticeCodes(now)).toEqual([]);
  expect(emptyTurns(now)).toEqual([]);
  expect(await scene.wrong()).toEqual([]);
});

test("a function that may do a thing twice is called again by itself, through two kills, and its message is answered once", async () => {
  await home.start(again);
  const scene = await ChatScene.start(home, { agent: "mine" });
  const input = await scene.say(long.text);
  for (const line of [9, 30]) {
    await scene.shown.untilSaid(`line ${line} `);
    await home.killServerAndRestart(again);
  }
  const now = await scene.untilAnswered(input);
  expect(numbersIn(spoken(now, input))).toEqual(long.numbers);
  expect(turnStates(now)).toEqual(["interrupted server-ended", "interrupted server-ended", "completed"]);
  expect(await scene.wrong()).toEqual([]);
});

test("a server that is closed in order, or replaced by another, ends its functions and says the same", async () => {
  await home.start({ script });
  const scene = await ChatScene.start(home, { agent: "mine" });
  await scene.say("/hang");
  await scene.until("a turn", ({ runningTurn }) => runningTurn !== null);
  process.kill(home.server.pid, "SIGTERM");
  expect(await home.server.exit()).toEqual({ code: 0, signal: null });
  const old = await home.start({ script });
  const second = await scene.say("/hang");
  await scene.until("another turn", ({ inputs }) => inputs[second]?.state === "consumed");
  const { home: directory } = await home.api.status();
  expect(directory).toBe(home.directory);
  const successor = home.launch({ script, port: 0 });
  expect(await old.exit()).toEqual({ code: 3, signal: null });
  await successor.ready;
  await successor.kill();
  await home.start({ script });
  const now = await scene.until("no turn that runs", ({ runningTurn }) => runningTurn === null);
  expect(turnStates(now)).toEqual(["interrupted server-ended", "interrupted server-ended"]);
  expect(emptyTurns(now)).toEqual([]);
  await scene.shown.stop();
});

test("a server that is frozen for 15 s under an answer: the answer goes on, and no turn is empty or stuck", async () => {
  await home.start({ script });
  const scene = await ChatScene.start(home, { agent: "mine" });
  const input = await scene.say(long.text);
  await scene.shown.untilSaid("line 5 ");
  home.server.freeze();
  await delay(frozenMs);
  home.server.thaw();
  const now = await scene.untilAnswered(input);
  expect(numbersIn(spoken(now))).toEqual(long.numbers);
  expect(turnStates(now)).toEqual(["completed"]);
  expect(emptyTurns(now)).toEqual([]);
  expect(await scene.wrong()).toEqual([]);
});

test("five functions at once, viewers that are cut off and an answer that fails leave no turn empty or stuck", async () => {
  await home.start({ script });
  const scenes = await Promise.all(Array.from({ length: 5 }, () => ChatScene.start(home, { agent: "mine" })));
  await Promise.all(scenes.map((scene) => scene.say(long.text)));
  const dropped = await ChatScene.start(home, { agent: "mine" });
  const failing = await dropped.say("/throw 20");
  await dropped.shown.untilSaid("line 3 ");
  await dropped.shown.stop();
  const late = ShownConversation.start(home, dropped.id);
  const now = await dropped.until("the end of the answer", ({ runningTurn, lastTurn }) => runningTurn === null && lastTurn !== null);
  expect(turnStates(now)).toEqual(["interrupted crashed"]);
  expect(numbersIn(spoken(now, failing))).toHaveLength(20);
  expect(Object.values(now.turns)[0]?.text).not.toContain("hunter2");
  await late.untilSaid("line 20 of 20");
  await late.stop();
  for (const scene of scenes) {
    const { conversation, turns } = await scene
      .until("the end of the answer", ({ runningTurn, lastTurn }) => runningTurn === null && lastTurn !== null)
      .then((each) => ({ conversation: each, turns: turnStates(each) }));
    expect(turns).toEqual(["completed"]);
    expect(numbersIn(spoken(conversation))).toEqual(long.numbers);
    expect(emptyTurns(conversation)).toEqual([]);
    expect(await scene.wrong()).toEqual([]);
  }
  expect(emptyTurns(now)).toEqual([]);
});

test("the example of docs/FUNCTIONS.md works as it stands", async () => {
  const guide = readFileSync(join(import.meta.dirname, "../../docs/FUNCTIONS.md"), "utf8");
  const [, example = ""] = /```js\n([^]*?)```/.exec(guide) ?? [];
  // Where it can import what is under test; its server says the link, and its own words over IPC are added.
  const told = "process.send?.({ ready: { url: server.url } });\nvoid server.ended.then(() => process.exit(0));\n";
  const own = "const [, , , home, , port] = process.argv;\n";
  const file = home.write("example.mjs", own + example.replace("agents: [echo]", "agents: [echo], home, port: Number(port)") + told);
  home.linkModules();
  const server = await home.start({ script: file });
  await until("the link", () => /http:\/\/localhost:\d+\/#pair=\S+/.test(server.printed), { report: () => server.printed });
  const { id } = await home.api.create({ agent: { agent: "echo" }, cwd: home.path("user"), environment: { variables: home.variables } });
  const scene = ChatScene.of(home, id);
  const input = await scene.say("two words");
  await scene.answer(await scene.untilAsked(), "allow");
  expect(spoken(await scene.untilAnswered(input))).toBe("two words ");
  process.kill(server.pid, "SIGTERM");
  expect(await server.exit()).toEqual({ code: 0, signal: null });
  await scene.shown.stop();
});

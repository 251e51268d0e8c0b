// What every agent must stand as a chat under the real server: whatever dies, what was said is there once, and the conversation goes on.
// Each scenario throws when a promise is broken.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import type { Conversation } from "@perdure/protocol";
import { signal, untilGone } from "../harness/processes.ts";
import { AgentRun } from "./agent-run.ts";
import { assertAtRest, noticesOf, saidTo, type ChatTalk } from "./chat-talk.ts";
import { forgetConversation } from "./scratch-home.ts";
import { usersIn, type ServerLab } from "./server-lab.ts";

export interface ServerScenario {
  readonly name: string;
  /** Without it: every agent stands it. */
  readonly agents?: readonly string[];
  run(lab: ServerLab): Promise<void>;
}

const CHUNKS = 60;
const slowAnswer = Array.from({ length: CHUNKS }, (_, at) => `chunk${String(at).padStart(4, "0")}`);

/** Transactions of a server, counted from its start; the first ones are of its start. */
const TRANSACTIONS = [3, 4, 5, 6, 7, 8, 9, 10];

async function conversation(lab: ServerLab): Promise<void> {
  const talk = await lab.chat();
  const said: string[] = [];
  for (const text of ["one", "two", "three"]) said.push(await talk.say(text));
  assert.deepEqual(usersIn(said.at(-1)!), ["one", "two", "three"]);
  const now = await talk.conversation();
  assertAtRest(now);
  assert.equal(now.runs.length, 1);
  assert.deepEqual(Object.values(now.turns).map(({ state }) => state), ["completed", "completed", "completed"]); // prettier-ignore
}

async function killedInMidAnswer(lab: ServerLab): Promise<void> {
  const talk = await lab.chat();
  const hold = lab.model.hold("#slow", CHUNKS / 2);
  const input = await talk.send(`#slow ${CHUNKS} 5`);
  await hold.reached;
  const before = await talk.until("words", (now) => saidTo(now, input).includes(slowAnswer[CHUNKS / 2 - 2]!));
  await lab.killServer(async () => {
    hold.release();
    await lab.untilAnswered("#slow");
  });
  const said = await talk.untilAnswered(input);
  assert(said.startsWith(saidTo(before, input)), "what was shown is there");
  assert.deepEqual(said.trim().split(/\s+/), slowAnswer, "every word is there, once");
  assert.deepEqual(usersIn(await talk.say("and on")).at(-1), "and on");
  const now = await talk.conversation();
  assertAtRest(now);
  assert.equal(now.runs.length, 1, "the agent lived on");
}

async function killedWithApproval(lab: ServerLab, kind: "allow-once" | "reject-once"): Promise<void> {
  const talk = await lab.chat();
  const made = path.join(lab.place.cwd, `made-${kind}`);
  const input = await talk.send(lab.habits.tool(`touch ${made} && echo did-it`));
  const asked = await talk.untilAsked();
  await lab.killServer();
  const again = await talk.untilAsked();
  assert.equal(again.id, asked.id);
  assert(!existsSync(made), "nothing is done before somebody has answered");
  await talk.answer(again, kind);
  await talk.untilAnswered(input);
  assert.equal(existsSync(made), kind === "allow-once", "what was allowed is done, what was denied is not");
  const now = await talk.conversation();
  assert.equal(now.approvals[asked.id]?.state.is, "delivered");
  assertAtRest(now);
}

async function killedWhileItWaits(lab: ServerLab): Promise<void> {
  const talk = await lab.chat();
  const hold = lab.model.hold("#slow", 1);
  const first = await talk.send("#slow 3 1");
  await hold.reached;
  const second = await talk.send("waited");
  assert.equal((await talk.conversation()).inputs[second]?.state, "accepted");
  await lab.killServer();
  assert.equal((await talk.conversation()).inputs[second]?.state, "accepted");
  hold.release();
  await talk.untilAnswered(first);
  const said = await talk.untilAnswered(second);
  assert.equal(usersIn(said).filter((text) => text === "waited").length, 1);
  assertAtRest(await talk.conversation());
}

/** The server dies at each of the commits that bring a message on its way; the sender sends again what it got no answer to. */
async function killedOnTheWay(lab: ServerLab): Promise<void> {
  const talk = await lab.chat();
  await talk.say("first");
  const sent = ["first"];
  for (const transaction of TRANSACTIONS) {
    await lab.home.server.kill();
    const hasStarted = await lab.start({ PERDURE_CRASH: `store-after-transaction:${transaction}` }).then(
      () => true,
      () => false,
    );
    const text = `transaction ${transaction}`;
    const input = randomUUID();
    if (hasStarted) await talk.send(text, input).catch(() => undefined);
    await Promise.race([lab.home.server.exited, talk.untilAnswered(input).catch(() => undefined)]);
    await lab.home.server.kill();
    await lab.start();
    await talk.send(text, input);
    sent.push(text);
    assert.deepEqual(usersIn(await talk.untilAnswered(input)), sent, `${text}: each message was said once`);
  }
  const now = await talk.conversation();
  assertAtRest(now);
  assert.equal(Object.keys(now.inputs).length, sent.length);
}

async function agentKilled(lab: ServerLab): Promise<void> {
  const talk = await lab.chat();
  await talk.say("before");
  const hold = lab.model.hold("#slow", 10);
  const input = await talk.send("#slow 400 5");
  await hold.reached;
  const shown = saidTo(await talk.until("words", (now) => saidTo(now, input).includes("chunk0005")), input);
  await lab.untilOnDisk((await talk.conversation()).resumeId!, "#slow 400");
  await killAgent(lab, talk);
  const broken = await talk.until("the end of the turn", ({ runningTurn }) => runningTurn === null);
  assert.equal(broken.turns[broken.lastTurn!]?.state, "interrupted");
  assert(saidTo(broken, input).startsWith(shown), "what was shown is there");
  const users = usersIn(await talk.say("after"));
  assert.equal(users[0], "before", "it knows what was said before");
  assert.equal(users.at(-1), "after");
  const now = await talk.conversation();
  assertAtRest(now);
  assert.deepEqual(noticesOf(now, "restarted"), [], "it is the same conversation");
  assert.equal(now.recoveries.at(-1)?.outcome, "ok");
}

async function transcriptDeleted(lab: ServerLab): Promise<void> {
  const talk = await lab.chat();
  await talk.say("soon forgotten");
  const { resumeId } = await talk.conversation();
  await lab.untilOnDisk(resumeId!, "soon forgotten");
  await killAgent(lab, talk);
  forgetConversation(lab.place, resumeId!);
  const input = await talk.send("still there?");
  await talk.untilAnswered(input);
  assert(lab.model.requests.some(({ body }) => JSON.stringify(body).includes("still there?")));
  const now = await talk.conversation();
  assertAtRest(now);
  assert.equal(noticesOf(now, "restarted").length, 1, "one line says that it is a fresh one");
  assert.equal(Object.values(now.notices).filter(({ code }) => code !== "agent-warning").length, 1, "and no other");
  assert.notEqual(now.resumeId, resumeId);
  assert.equal(now.oldResumeId, resumeId, "the old one can be tried again");
  assert(saidTo(now, Object.keys(now.inputs)[0]!).includes("soon forgotten"), "what was said is kept");
}

async function begunOutside(lab: ServerLab): Promise<void> {
  const resumeId = await talkOutside(lab, "said outside");
  if (lab.habits.hasHistory) {
    const listed = (await lab.outside()).find((one) => one.resumeId === resumeId);
    assert(listed, "it is listed");
    assert.equal(listed.cwd, lab.place.cwd);
    assert(Math.abs(Date.now() - listed.updatedAt) < 300_000);
    assert.equal(listed.session, null);
  }
  const talk = await lab.chat({ resumeId });
  const opened = await talk.conversation();
  assertSaidOutside(lab, opened);
  assert.deepEqual(opened.runs, [], "nothing was started to show it");
  assert.equal((await lab.home.api.session(talk.id)).run.state.is, "exited");
  assert.deepEqual(usersIn(await talk.say("said here")), ["said outside", "said here"]);
  const now = await talk.conversation();
  assertAtRest(now);
  assertSaidOutside(lab, now);
  assert.deepEqual(noticesOf(now, "restarted"), []);
  assert.equal((await lab.outside()).find((one) => one.resumeId === resumeId)?.session ?? talk.id, talk.id, "it is known to be here");
}

/** What was said before is there once, with its answer, marked; of an agent whose record is not known that is said. */
function assertSaidOutside({ habits }: ServerLab, now: Conversation): void {
  const mark = habits.hasHistory ? "said-elsewhere" : "elsewhere-untold";
  assert.deepEqual(
    [noticesOf(now, "said-elsewhere"), noticesOf(now, "elsewhere-untold")].flat().map(({ code }) => code),
    [mark],
  );
  if (!habits.hasHistory) return;
  const inputs = Object.values(now.inputs).filter(({ text }) => text === "said outside");
  assert.equal(inputs.length, 1, "what was said outside is there once");
  assert.deepEqual(usersIn(saidTo(now, inputs[0]!.id)), ["said outside"], "with its answer");
  const turns = Object.values(now.turns).filter(({ elsewhere }) => elsewhere);
  assert.deepEqual(
    turns.map(({ state }) => state),
    ["completed"],
  );
}

/** Where an agent finds its conversations only in the directory in which they were begun, that is said. */
async function otherDirectory(lab: ServerLab): Promise<void> {
  const resumeId = await talkOutside(lab, "said there");
  const talk = await lab.chat({ resumeId, cwd: lab.place.otherDirectory("other") });
  const users = usersIn(await talk.say("said here"));
  const now = await talk.conversation();
  assertAtRest(now);
  if (noticesOf(now, "restarted").length === 1) assert(users.at(-1)?.endsWith("said here"));
  else assert.deepEqual(users, ["said there", "said here"]);
}

async function sentTwice(lab: ServerLab): Promise<void> {
  const talk = await lab.chat();
  const input = randomUUID();
  await Promise.all([talk.send("only once", input), talk.send("only once", input)]);
  await talk.untilAnswered(input);
  await talk.send("only once", input);
  await lab.killServer();
  await talk.send("only once", input);
  assert.deepEqual(usersIn(await talk.say("and now")), ["only once", "and now"]);
  const now = await talk.conversation();
  assertAtRest(now);
  assert.equal(Object.keys(now.turns).length, 2);
}

async function stopped(lab: ServerLab): Promise<void> {
  const talk = await lab.chat();
  const input = await talk.send("#slow 400 20");
  await talk.until("words", (now) => saidTo(now, input).includes("chunk0002"));
  assert.equal(await talk.stop(), "interrupted");
  const broken = await talk.conversation();
  assert.equal(broken.turns[broken.lastTurn!]?.cause, "stopped");
  assert.match(saidTo(broken, input), /^chunk0000 chunk0001 chunk0002/, "what was said is kept");
  assert.equal(usersIn(await talk.say("afterwards")).at(-1), "afterwards");
  const now = await talk.conversation();
  assertAtRest(now);
  assert.equal(now.runs.length, 1, "the agent lived on");
  assert.equal(await talk.stop(), "nothing-running");
}

/** SIGKILL to the agent's whole group. */
async function killAgent(lab: ServerLab, talk: ChatTalk): Promise<void> {
  const { state } = (await lab.home.api.session(talk.id)).run;
  assert(state.is === "running", state.is);
  signal(-state.pid, "SIGKILL");
  await untilGone(state.pid);
  await lab.home.api.untilRun(talk.id, "exited");
}

/** A conversation of one turn without perdure; its id. */
async function talkOutside(lab: ServerLab, text: string): Promise<string> {
  const { agent, place, habits } = lab;
  const found = await agent.find(place, AbortSignal.timeout(60_000));
  assert(found.is === "found");
  const run = new AgentRun({ agent, place, program: found.path, mode: habits.mode });
  try {
    await run.ready();
    await run.prompt(text);
    await lab.untilOnDisk(run.resumeId, text);
    return run.resumeId;
  } finally {
    await run.close();
  }
}

export const serverScenarios: readonly ServerScenario[] = [
  { name: "conversation of three turns", run: conversation },
  { name: "server killed in mid-answer", run: killedInMidAnswer },
  { name: "server killed with an approval open, allowed", run: async (lab) => killedWithApproval(lab, "allow-once") },
  { name: "server killed with an approval open, denied", run: async (lab) => killedWithApproval(lab, "reject-once") },
  { name: "server killed while a message waits", run: killedWhileItWaits },
  { name: "server killed at each step of a message's way", run: killedOnTheWay },
  { name: "agent killed in mid-turn", run: agentKilled },
  { name: "transcript deleted", run: transcriptDeleted },
  { name: "begun outside, continued", run: begunOutside },
  { name: "begun outside, other directory", run: otherDirectory },
  { name: "message sent twice", run: sentTwice },
  { name: "stopped in mid-turn", run: stopped },
];

// What the agents' own terminal programs must stand under the real server: everything dies, and the next run of the session is in the same
// conversation, or says in one line that it cannot be. Each scenario throws when a promise is broken.

import assert from "node:assert/strict";
import type { Conversation } from "@perdure/protocol";
import { randomUUID } from "node:crypto";
import { until } from "../harness/until.ts";
import type { AgentTerminal } from "./agent-terminal.ts";
import { ChatTalk, noticesOf } from "./chat-talk.ts";
import { forgetConversation } from "./scratch-home.ts";
import { usersIn, type ServerLab } from "./server-lab.ts";
import type { ServerScenario } from "./server-scenarios.ts";

const TURNS = ["first words", "second words", "third words"];
/** What stands between two runs when the conversation is a fresh one. */
const FRESH = "could not go on with the earlier conversation (the agent has no record of it): a fresh one";

/** How each agent is told to go on with a conversation that it does not have. */
const UNKNOWN: Readonly<Record<string, readonly string[]>> = {
  claude: ["--resume", randomUUID()],
  codex: ["resume", randomUUID()],
  gemini: ["--resume", randomUUID()],
  opencode: ["-s", `ses_${randomUUID().replaceAll("-", "").slice(0, 26)}`],
};

/** Three turns typed; every process ends by SIGKILL, and a server is started; meanwhile something is done with the conversation. */
async function afterEverythingDied(lab: ServerLab, meanwhile?: (resumeId: string) => void): Promise<AgentTerminal> {
  const terminal = await lab.terminal();
  for (const text of TURNS) await terminal.say(text);
  const resumeId = await resumeIdOf(lab, terminal);
  await lab.untilOnDisk(resumeId, `echo: ${TURNS.at(-1)}`);
  await lab.home.killEverything();
  meanwhile?.(resumeId);
  await lab.start();
  await lab.home.api.untilRun(terminal.session, "lost");
  return terminal;
}

async function everythingKilled(lab: ServerLab): Promise<void> {
  const terminal = await afterEverythingDied(lab);
  const before = Buffer.from(terminal.shown);
  const { chat } = await lab.home.api.session(terminal.session);
  await terminal.startRun();
  const { users } = await terminal.say("fourth words");
  assert.deepEqual(users, [...TURNS, "fourth words"], "it answers about the first turn");
  assert(!terminal.text.includes(FRESH));
  assert(terminal.shown.subarray(0, before.length).equals(before), "what was shown is kept");
  assert.equal(await resumeIdOf(lab, terminal), chat?.resumeId);
}

/** Which conversation an agent began by itself is looked up now and then; here it dies before. */
async function killedAtOnce(lab: ServerLab): Promise<void> {
  const terminal = await lab.terminal();
  const text = "only words";
  await terminal.say(text);
  await until("its record", async () => (await lab.agent.conversations(lab.place, { anywhere: true, limit: 1 })).length > 0);
  await lab.home.killEverything();
  await lab.start();
  await lab.home.api.untilRun(terminal.session, "lost");
  await terminal.startRun();
  assert.deepEqual((await terminal.say("more words")).users, [text, "more words"]);
}

/** The agent's record is gone when it is to be resumed. */
async function transcriptGone(lab: ServerLab): Promise<void> {
  let resumeId = "";
  const terminal = await afterEverythingDied(lab, (id) => {
    resumeId = id;
    forgetConversation(lab.place, id);
  });
  const before = Buffer.from(terminal.shown);
  await terminal.startRun();
  const { users } = await terminal.say("anew");
  assert.deepEqual(users, ["anew"], "it is a fresh conversation");
  assert.equal(terminal.shown.toString().split(FRESH).length, 2, "one line says so");
  assert(terminal.shown.subarray(0, before.length).equals(before), "what was shown is kept");
  const now = await conversationOf(lab, terminal);
  assert.equal(noticesOf(now, "restarted").length, 1);
  await until("the id of the fresh conversation", async () => ![null, resumeId].includes((await conversationOf(lab, terminal)).resumeId));
}

/** As it happened elsewhere: somebody's script names a conversation that the agent does not have. */
async function unknownIdTyped(lab: ServerLab): Promise<void> {
  const terminal = await lab.terminalAtOnce(UNKNOWN[lab.agent.id]!);
  await terminal.untilPrinted(": a fresh one");
  await lab.home.api.untilRun(terminal.session, "running");
  await terminal.untilReady();
  assert.deepEqual((await terminal.say("anew")).users, ["anew"]);
  assert.equal((await lab.home.api.session(terminal.session)).run.number, 2);
  assert.equal(terminal.shown.toString().split(": a fresh one").length, 2, "one line says so");
}

async function toChatAndBack(lab: ServerLab): Promise<void> {
  const terminal = await lab.terminal();
  await terminal.say("in the terminal");
  await lab.untilOnDisk(await resumeIdOf(lab, terminal), "echo: in the terminal");
  await lab.home.api.end(terminal.session, 5_000);
  await lab.home.api.untilRun(terminal.session, "exited");
  await lab.home.api.startRun(terminal.session, { view: "chat" });
  const talk = new ChatTalk(() => lab.home.api, terminal.session);
  assert.deepEqual(usersIn(await talk.say("in the chat")), ["in the terminal", "in the chat"]);
  assert.deepEqual(saidByUser(await talk.conversation()), ["in the terminal", "in the chat"], "the chat shows both");
  await lab.home.api.end(terminal.session, 5_000);
  await lab.home.api.untilRun(terminal.session, "exited");
  await terminal.startRun();
  const { users } = await terminal.say("back again");
  assert.deepEqual(users, ["in the terminal", "in the chat", "back again"]);
  assert.deepEqual(noticesOf(await talk.conversation(), "restarted"), []);
}

/** Looked up in the agent's files now and then, where it was not chosen for it. */
async function resumeIdOf(lab: ServerLab, { session }: AgentTerminal): Promise<string> {
  return until("the id of the conversation", async () => (await lab.home.api.session(session)).chat?.resumeId);
}

async function conversationOf(lab: ServerLab, { session }: AgentTerminal): Promise<Conversation> {
  return new ChatTalk(() => lab.home.api, session).conversation();
}

function saidByUser({ entries, inputs }: Conversation): readonly string[] {
  return entries.flatMap(({ is, id }) => (is === "input" ? [inputs[id]!.text] : []));
}

/** Two of one agent in one directory: each stays in its own conversation, also when all dies before anybody looked. */
async function twoInOneDirectory(lab: ServerLab): Promise<void> {
  const first = await lab.terminal();
  await first.say("again 0");
  const second = await lab.terminal();
  await second.say("again 1");
  const both = [first, second] as const;
  for (const [index, terminal] of both.entries()) await terminal.say(`once more ${index}`);
  const ids = [await resumeIdOf(lab, both[0]), await resumeIdOf(lab, both[1])];
  assert.notEqual(ids[0], ids[1]);
  for (const [index, id] of ids.entries()) await lab.untilOnDisk(id, `echo: once more ${index}`);
  await lab.home.killEverything();
  await lab.start();
  for (const [index, terminal] of both.entries()) {
    await lab.home.api.untilRun(terminal.session, "lost");
    await terminal.startRun();
    const { users } = await terminal.say("and on");
    assert.deepEqual(users, [`again ${index}`, `once more ${index}`, "and on"], "it is its own conversation");
    assert.equal(await resumeIdOf(lab, terminal), ids[index]);
  }
}

/** The same with the same first words, so that both conversations get the same title. */
async function twoWithOneTitle(lab: ServerLab): Promise<void> {
  const both: AgentTerminal[] = [];
  for (const index of [0, 1]) {
    const terminal = await lab.terminal();
    await terminal.say("the same words");
    await terminal.say(`mine ${index}`);
    both.push(terminal);
  }
  const ids = [await resumeIdOf(lab, both[0]!), await resumeIdOf(lab, both[1]!)];
  assert.notEqual(ids[0], ids[1]);
  for (const [index, id] of ids.entries()) await lab.untilOnDisk(id, `echo: mine ${index}`);
  await lab.home.killEverything();
  await lab.start();
  for (const [index, terminal] of both.entries()) {
    await lab.home.api.untilRun(terminal.session, "lost");
    await terminal.startRun();
    const { users } = await terminal.say("and on");
    assert.deepEqual(users, ["the same words", `mine ${index}`, "and on"], "it is its own conversation");
  }
}

export const terminalScenarios: readonly ServerScenario[] = [
  { name: "terminal: everything killed", run: everythingKilled },
  { name: "terminal: everything killed, transcript deleted", run: transcriptGone },
  { name: "terminal: killed at once", run: killedAtOnce },
  { name: "terminal: unknown id typed", run: unknownIdTyped },
  { name: "terminal: two with one title", agents: ["opencode"], run: twoWithOneTitle },
  { name: "terminal, chat, terminal", run: toChatAndBack },
  { name: "two terminals in one directory", run: twoInOneDirectory },
];

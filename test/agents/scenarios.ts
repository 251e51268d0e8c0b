// What every agent must stand, at the level of its driver over real pipes. Each scenario throws when a promise is broken and gives the
// runs whose events are compared with those of the made-up agent.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import type { DriverEvent } from "@perdure/protocol";
import { until } from "../harness/until.ts";
import type { AgentRun } from "./agent-run.ts";
import { usersSeen } from "./fake-model.ts";
import type { Lab } from "./lab.ts";
import { forgetConversation } from "./scratch-home.ts";

export interface Scenario {
  readonly name: string;
  /** Runs in the order in which they were started. */
  run(lab: Lab): Promise<readonly AgentRun[]>;
}

const isOpened = ({ type }: DriverEvent): boolean => type === "agent.failed" || type === "agent.ready";
const isDelta = (event: DriverEvent): boolean => event.type === "part.delta";

/** The approval that the next tool call asks for, answered with an option of this kind. */
async function answerNext(run: AgentRun, kind: "allow-once" | "reject-once"): Promise<void> {
  const asked = await run.next("an approval", ({ type }) => type === "approval.requested");
  assert(asked.type === "approval.requested");
  const option = asked.options.find((each) => each.kind === kind);
  assert(option, `no option ${kind} in ${JSON.stringify(asked.options)}`);
  run.command({ is: "answer", approval: asked.approval, option: option.id });
}

/** Waits for the words to be in one of the agent's own files, which are written late. */
async function untilOnDisk(lab: Lab, resumeId: string, words: string): Promise<void> {
  await until(`${lab.agent.id} to have "${words}" in its files`, async () => {
    const history = await lab.agent.history(resumeId, lab.home);
    return !lab.habits.hasHistory || (history?.messages.some(({ text }) => text.includes(words)) ?? false);
  });
}

/** Some agents must not be resumed before a time. */
async function untilResumable(lab: Lab, resumeId: string): Promise<void> {
  await until(
    `${lab.agent.id} to be resumable`,
    async () => {
      const validation = await lab.agent.validate(resumeId, lab.home);
      return validation.is !== "locked" && !("notBefore" in validation && validation.notBefore > Date.now());
    },
    { timeoutMs: 90_000, everyMs: 200 },
  );
}

async function conversation(lab: Lab): Promise<readonly AgentRun[]> {
  const run = await lab.ready();
  for (const text of ["one #think", "two", "three"]) assert.equal((await run.prompt(text)).end, "completed");
  assert.deepEqual(usersOf(run), ["one #think", "two", "three"]);
  const consumed = run.events.filter(({ type }) => type === "input.consumed");
  assert.equal(consumed.length, 3, "each message is consumed once");
  return [run];
}

async function approvals(lab: Lab, kind: "allow-once" | "reject-once"): Promise<readonly AgentRun[]> {
  const run = await lab.ready();
  const made = path.join(lab.home.cwd, `made-${kind}`);
  const answered = answerNext(run, kind);
  const ended = await run.prompt(lab.habits.tool(`touch ${made} && echo did-it`));
  await answered;
  assert.equal(ended.end, "completed", JSON.stringify(ended));
  assert.equal(existsSync(made), kind === "allow-once", "what was allowed is done, what was denied is not");
  return [run];
}

async function interrupt(lab: Lab): Promise<readonly AgentRun[]> {
  const run = await lab.ready();
  const heard = run.next("text", isDelta);
  const ended = run.prompt("#slow 400 20");
  await heard;
  run.command({ is: "interrupt" });
  assert.equal((await ended).end, "interrupted");
  assert.match(run.lastText, /^chunk0000 /, "what was said is kept");
  assert.equal((await run.prompt("afterwards")).end, "completed");
  return [run];
}

async function killed(lab: Lab): Promise<readonly AgentRun[]> {
  const first = await lab.ready();
  await first.prompt("before");
  const input = randomUUID();
  const heard = first.next("text", isDelta);
  const ended = first.prompt("#slow 400 20", input);
  await heard;
  await untilOnDisk(lab, first.resumeId, "#slow 400");
  first.kill();
  assert.equal((await ended).end, "interrupted");
  await first.ended;
  assert.deepEqual(first.conversation.openApprovals, []);
  await untilResumable(lab, first.resumeId);
  const second = await lab.ready({ resumeId: first.resumeId, number: 2, doubtful: [input] });
  assert.equal((await second.prompt("after")).end, "completed");
  assert.equal(usersOf(second)[0], "before", "the model has the history");
  assert.equal(usersOf(second).at(-1), "after");
  return [first, second];
}

async function badId(lab: Lab): Promise<readonly AgentRun[]> {
  const run = lab.start({ resumeId: randomUUID() });
  await untilFailed(run, ["unknown-conversation"]);
  return [run];
}

async function deletedTranscript(lab: Lab): Promise<readonly AgentRun[]> {
  const first = await lab.ready();
  await first.prompt("soon forgotten");
  const { resumeId } = first;
  await untilOnDisk(lab, resumeId, "soon forgotten");
  await first.close();
  forgetConversation(lab.home, resumeId);
  const validation = await lab.agent.validate(resumeId, lab.home);
  assert(validation.is === "unknown-conversation" || validation.is === "undecided", JSON.stringify(validation));
  const second = lab.start({ resumeId, number: 2 });
  await untilFailed(second, ["unknown-conversation"]);
  return [second];
}

async function otherDirectory(lab: Lab): Promise<readonly AgentRun[]> {
  const first = await lab.ready();
  await first.prompt("said here");
  await untilOnDisk(lab, first.resumeId, "said here");
  await first.close();
  const place = { ...lab.home, cwd: lab.home.otherDirectory("other") };
  const second = lab.start({ resumeId: first.resumeId, number: 2, place });
  const event = await second.next("ready or failed", isOpened);
  if (event.type === "agent.failed") assert.equal(event.reason, "unknown-conversation");
  else assert.equal((await second.prompt("said there")).end, "completed");
  return [first, second];
}

async function sentTwice(lab: Lab): Promise<readonly AgentRun[]> {
  const first = await lab.ready();
  const input = randomUUID();
  await first.prompt("only once", input);
  await untilOnDisk(lab, first.resumeId, "only once");
  await first.close();
  await untilResumable(lab, first.resumeId);
  const second = await lab.ready({ resumeId: first.resumeId, number: 2, doubtful: [input] });
  if (lab.agent.knowsInputs) assert.equal((await second.prompt("only once", input)).end, "completed");
  else assert(!second.events.some(({ type }) => type === "input.unseen"), "a message that was answered is not unseen");
  await second.prompt("and now");
  assert.equal(usersOf(second).filter((text) => text === "only once").length, 1, "the model saw it once");
  return [first, second];
}

async function twoWriters(lab: Lab): Promise<readonly AgentRun[]> {
  const first = await lab.ready();
  await first.prompt("mine");
  await untilOnDisk(lab, first.resumeId, "mine");
  const validation = await lab.agent.validate(first.resumeId, lab.home);
  if (validation.is === "locked") {
    assert.equal(validation.pid, first.pid, "the writer is named");
    return [first];
  }
  if (lab.agent.id !== "codex") return [first];
  const second = lab.start({ resumeId: first.resumeId, number: 2 });
  await untilFailed(second, ["locked"]);
  return [first];
}

async function untilFailed(run: AgentRun, reasons: readonly string[]): Promise<void> {
  const event = run.events.find(isOpened) ?? (await run.next("a failure", isOpened));
  assert(event.type === "agent.failed", "it says that it is ready");
  assert(reasons.includes(event.reason), `${event.reason}: ${event.text}`);
}

function usersOf(run: AgentRun): readonly string[] {
  const seen = usersSeen(run.lastText);
  assert(seen, `no echo: ${run.lastText.slice(0, 300)}`);
  return seen;
}

export const scenarios: readonly Scenario[] = [
  { name: "conversation of three turns", run: conversation },
  { name: "approval allowed", run: async (lab) => approvals(lab, "allow-once") },
  { name: "approval denied", run: async (lab) => approvals(lab, "reject-once") },
  { name: "interrupt", run: interrupt },
  { name: "agent killed in mid-turn, resumed", run: killed },
  { name: "unknown id", run: badId },
  { name: "transcript deleted", run: deletedTranscript },
  { name: "other directory", run: otherDirectory },
  { name: "message sent twice", run: sentTwice },
  { name: "two writers", run: twoWriters },
];

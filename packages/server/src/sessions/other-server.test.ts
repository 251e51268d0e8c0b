// A conversation whose agent goes on while one server ends and another begins: real host, real store, the demo agent.

import { randomUUID } from "node:crypto";
import type { Conversation } from "@perdure/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "../agents/agent.ts";
import { demoAgent } from "../agents/demo/agent.ts";
import { ENVIRONMENT, openScratchSessions, scratchHome, type ScratchSessions } from "../testing/scratch-sessions.ts";
import type { Chat } from "./chat/chat.ts";

let scratch: ScratchSessions;
beforeEach(() => {
  scratch = { ...scratch, home: scratchHome() };
});
afterEach(() => scratch.close());

async function open(...agents: readonly Agent[]): Promise<void> {
  scratch = await openScratchSessions(scratch.home, { agents });
}

async function begin(message: string): Promise<Chat> {
  const request = { agent: { agent: "demo", flags: ["--pace", "1"] }, environment: ENVIRONMENT };
  const { session } = await scratch.sessions.create(request, randomUUID());
  await session.chat!.accept(randomUUID(), message);
  return session.chat!;
}

/** The conversation as the server has it that runs now. */
function chat(): Chat {
  return scratch.sessions.registry.all[0]!.chat!;
}

/** Resolves with the conversation as soon as it is so; looked at behind each commit. */
async function until(isSo: (now: Conversation) => boolean): Promise<Conversation> {
  const { events } = chat();
  await events.load();
  if (isSo(events.conversation)) return events.conversation;
  const { promise, resolve } = Promise.withResolvers<Conversation>();
  events.onCommitted(() => {
    if (isSo(events.conversation)) resolve(events.conversation);
  });
  return promise;
}

/** The same agent as another release has it, whose driver keeps another state. */
const ofNextRelease: Agent = { ...demoAgent, driver: { ...demoAgent.driver, version: demoAgent.driver.version + 1 } };

/** Resolves as soon as the session is so. */
async function changed(isSo: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => (isSo() ? resolve() : undefined);
  const unsubscribe = scratch.sessions.registry.subscribe({ changed: look, removed: look });
  look();
  await promise.finally(unsubscribe);
}

const isEnded = ({ turns, runningTurn }: Conversation): boolean => runningTurn === null && Object.keys(turns).length > 0;
const textOf = ({ messages }: Conversation): string =>
  Object.values(messages)
    .flatMap(({ parts }) => parts.map((part) => (part.kind === "text" ? part.text : "")))
    .join("");

describe("a server of another release", () => {
  beforeEach(() => open(demoAgent));

  it("goes on in mid-answer with the same program, and no word is lost or doubled", async () => {
    await begin("/write 60");
    const before = await until((now) => textOf(now).length > 100);
    await scratch.leave();
    await open(ofNextRelease);
    const after = await until(isEnded);
    expect(Object.values(after.turns).map(({ state }) => state)).toEqual(["completed"]);
    expect(after.runs.map(({ state }) => state)).toEqual(["ready"]);
    expect(textOf(after).startsWith(textOf(before))).toBe(true);
    const sections = [...textOf(after).matchAll(/^## Section (\d+)/gm)].map(([, number]) => Number(number));
    expect(sections).toEqual(sections.map((_, index) => index + 1));
    expect(sections.length).toBeGreaterThan(10);
  });

  it("takes the answer to a question that was open", async () => {
    await begin("/approve");
    await until(({ openApprovals }) => openApprovals.length === 1);
    await scratch.leave();
    await open(ofNextRelease);
    const [approval = ""] = (await until(({ openApprovals }) => openApprovals.length === 1)).openApprovals;
    const { options } = (await chat().conversation()).approvals[approval]!;
    await chat().answer(approval, options[0]!.id, undefined);
    const after = await until(isEnded);
    expect(Object.values(after.turns).map(({ state }) => state)).toEqual(["completed"]);
    expect(after.runs).toHaveLength(1);
  });
});

it("a run that is begun anew closes what still looks as if it ran", async () => {
  await open(demoAgent);
  await begin("hello");
  await until(isEnded);
  const [session] = scratch.sessions.registry.all;
  await scratch.sessions.end(session!, 0);
  const run = (await chat().conversation()).runs[0]!.id;
  await chat().note([{ type: "turn.started", turn: "left", run, at: 1 }]);
  await scratch.sessions.startRun(session!, {}, randomUUID());
  const now = await chat().conversation();
  expect(now.turns["left"]).toMatchObject({ state: "interrupted", cause: "server-cannot-know" });
  expect(now.runs).toHaveLength(2);
});

describe("an end that was asked for, of a server that died before anybody saw it", () => {
  beforeEach(() => open(demoAgent));

  it.each(["parked", "session-ended"] as const)("comes, and is told as what it was: %s", async (cause) => {
    await begin("hello");
    await until(isEnded);
    const [session] = scratch.sessions.registry.all;
    session!.commits.askEnd(cause);
    await session!.commits.keepAskedEnd();
    await scratch.leave();
    await open(demoAgent);
    await changed(() => !scratch.sessions.registry.all[0]!.isAlive);
    expect((await chat().conversation()).runs).toMatchObject([{ state: "ended", cause }]);
  });

  it("is not asked for again of the next run", async () => {
    await begin("hello");
    await until(isEnded);
    await scratch.sessions.end(scratch.sessions.registry.all[0]!, 0);
    await chat().accept(randomUUID(), "again");
    await until(({ turns }) => Object.values(turns).filter(({ state }) => state === "completed").length === 2);
    await scratch.leave();
    await open(demoAgent);
    await chat().accept(randomUUID(), "and again");
    const now = await until(({ turns }) => Object.values(turns).filter(({ state }) => state === "completed").length === 3);
    expect(now.runs.map(({ cause }) => cause)).toEqual(["session-ended", undefined]);
  });
});

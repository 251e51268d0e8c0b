import { randomUUID } from "node:crypto";
import { asTwoStates, type Conversation, type Turn } from "@perdure/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { functionAgent } from "../agents/function/function-agent.ts";
import type { FunctionAgentOptions, FunctionPart, FunctionRequest } from "../agents/function/function-parts.ts";
import { knownAgents } from "../agents/agents.ts";
import {
  ENVIRONMENT,
  openScratchSessions,
  scratchHome,
  ScratchSink,
  VIEW,
  type Faults,
  type ScratchSessions,
} from "../testing/scratch-sessions.ts";
import type { Home } from "../platform/home.ts";
import type { Session } from "./session.ts";

type Fn = (request: FunctionRequest) => AsyncGenerator<FunctionPart>;

let home: Home;
let bed: ScratchSessions;
const faults: Faults = { code: "storage-full", hits: () => false };

beforeEach(() => {
  home = scratchHome();
  faults.hits = () => false;
});
afterEach(async () => {
  faults.hits = () => false;
  const { fatals } = bed;
  await bed.close();
  if (fatals.length > 0) throw fatals[0];
});

async function open(run: Fn, more: Partial<FunctionAgentOptions> = {}): Promise<void> {
  const mine = functionAgent({ id: "mine", name: "Mine", run, ...more });
  bed = await openScratchSessions(home, { agents: [...knownAgents(), mine], faults });
}

/** The next server on the same home. */
async function reopen(run: Fn, more: Partial<FunctionAgentOptions> = {}): Promise<Session> {
  const { id } = bed.sessions.registry.all[0]!;
  await bed.leave();
  await open(run, more);
  return bed.sessions.require(id);
}

async function begin(): Promise<Session> {
  const { session } = await bed.sessions.create({ agent: { agent: "mine" }, environment: ENVIRONMENT }, randomUUID());
  return session;
}

async function send(session: Session, text: string, id: string = randomUUID()): Promise<string> {
  await session.chat!.accept(id, text);
  return id;
}

/** Resolves with the conversation when it is so; looked at whenever something was committed. */
async function until(session: Session, holds: (conversation: Conversation) => boolean): Promise<Conversation> {
  const { events } = session.chat!;
  await session.chat!.conversation();
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (holds(events.conversation)) resolve();
  };
  events.onCommitted(() => queueMicrotask(look));
  look();
  await promise;
  return events.conversation;
}

async function ended(session: Session, input: string): Promise<{ turn: Turn; text: string; conversation: Conversation }> {
  const isOver = ({ inputs, turns }: Conversation): boolean => {
    const turn = turns[inputs[input]?.turn ?? ""];
    return turn !== undefined && turn.state !== "running";
  };
  const conversation = await until(session, isOver);
  const turn = conversation.turns[conversation.inputs[input]!.turn!]!;
  return { turn, text: textOf(conversation, turn.id), conversation };
}

function textOf({ messages }: Conversation, turn: string): string {
  const said = Object.values(messages).filter((message) => message.turn === turn);
  return said.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === "text" ? [part.text] : []))).join("");
}

const aborted = ({ signal }: FunctionRequest): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

/** Says this and then waits until it is stopped. */
const half = (text: string): Fn =>
  async function* (request) {
    yield text;
    await aborted(request);
  };

const whole: Fn = async function* ({ prompt, messages }) {
  yield `${prompt}, behind ${messages.length}`;
};

/** What is wrong in a conversation: a turn that runs without a run, or one that ended and has no words for who needs them. */
function faultsOf(session: Session): string[] {
  const { conversation } = session.chat!.events;
  return Object.values(conversation.turns).flatMap(({ id, state }) => {
    if (state === "running") return session.isAlive ? [] : [`${id} runs`];
    return asTwoStates(conversation, id)?.content === "" ? [`${id} is empty`] : [];
  });
}

test("a function answers like any agent: messages queue, are answered one after the other, and each sees what was said before", async () => {
  let atWork = 0;
  await open(async function* (request) {
    atWork += 1;
    expect(atWork).toBe(1);
    yield* whole(request);
    atWork -= 1;
  });
  const session = await begin();
  const ids = await Promise.all(["one", "two", "three"].map((text) => send(session, text)));
  const answers = await Promise.all(ids.map(async (id) => (await ended(session, id)).text));
  expect(answers).toEqual(["one, behind 0", "two, behind 2", "three, behind 4"]);
  expect(session.info).toMatchObject({
    command: ["perdure-function", "mine"],
    run: { kind: "pipe", state: { is: "running", pid: process.pid } },
  });
  const { conversation } = await ended(session, ids[2]!);
  expect(conversation.runs).toMatchObject([{ state: "ready", agent: "mine" }]);
  expect(conversation.inputs[ids[2]!]?.state).toBe("answered");
  expect(faultsOf(session)).toEqual([]);
});

test("who comes and goes in the middle of an answer reads all of it, and stops nothing", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await open(async function* () {
    for (let n = 0; n < 200; n += 1) {
      yield `${n} `;
      if (n === 100) await promise;
    }
  });
  const session = await begin();
  const first = new ScratchSink();
  const view = { ...VIEW, mode: "chat" } as const;
  const attachment = bed.sessions.attach(session, view, first);
  const id = await send(session, "count");
  await until(session, (conversation) => textOf(conversation, conversation.lastTurn ?? "").endsWith("100 "));
  attachment.close("asked");
  const second = new ScratchSink();
  bed.sessions.attach(session, view, second);
  await second.until(() => second.told.includes("snapshot"));
  resolve();
  const { turn, text } = await ended(session, id);
  expect(turn.state).toBe("completed");
  expect(text).toBe(Array.from({ length: 200 }, (_, n) => `${n} `).join(""));
  await second.until(() => second.text.includes('"turn.ended"'));
  expect(first.text).not.toContain("turn.ended");
  expect(bed.sessions.streams.diagnostics({ windowMinutes: null, limit: 50 }).counts).toMatchObject({ "stream.completed": 1 });
});

test("stop ends the turn with what was said, and the next message is answered", async () => {
  const seen: string[] = [];
  await open(async function* (request) {
    if (request.prompt !== "first") return yield* whole(request);
    try {
      yield* half("Hello wor")(request);
    } finally {
      seen.push("finally");
    }
  });
  const session = await begin();
  const id = await send(session, "first");
  await until(session, (conversation) => textOf(conversation, conversation.lastTurn ?? "") === "Hello wor");
  expect(await session.chat!.stop("me")).toBe("interrupted");
  expect(await ended(session, id)).toMatchObject({ turn: { state: "interrupted", cause: "stopped" }, text: "Hello wor" });
  expect(seen).toEqual(["finally"]);
  expect((await ended(session, await send(session, "second"))).text).toBe("second, behind 2");
  expect(faultsOf(session)).toEqual([]);
});

test("a question of a function is answered from anywhere, once, and the function goes on", async () => {
  await open(async function* (request) {
    const { option, isAllowed, note } = await request.ask({ title: "May I?" });
    yield `${option} ${isAllowed} ${note}`;
  });
  const session = await begin();
  const id = await send(session, "hello");
  const [approval] = (await until(session, ({ openApprovals }) => openApprovals.length === 1)).openApprovals;
  await session.chat!.answer(approval!, "allow", "do", "me");
  await expect(session.chat!.answer(approval!, "deny", undefined)).rejects.toMatchObject({ code: "approval-closed" });
  expect((await ended(session, id)).text).toBe("allow true do");
  const told = await until(session, ({ approvals }) => approvals[approval!]?.state.is === "delivered");
  expect(told.approvals[approval!]?.state).toMatchObject({ option: "allow", by: "me" });
});

test("a function that throws is an interrupted turn, not the end of the run", async () => {
  await open(async function* (request) {
    if (request.prompt === "throw") throw new Error("password=hunter2222 is wrong");
    yield* whole(request);
  });
  const session = await begin();
  const { turn } = await ended(session, await send(session, "throw"));
  expect(turn).toMatchObject({ state: "interrupted", cause: "crashed" });
  expect(turn.text).not.toContain("hunter2222");
  expect((await ended(session, await send(session, "again"))).text).toBe("again, behind 1");
  expect(session.chat!.events.conversation.runs).toHaveLength(1);
  expect(bed.sessions.streams.diagnostics({ windowMinutes: null, limit: 50 }).counts).toMatchObject({ "stream.finalized.error": 1 });
  expect(faultsOf(session)).toEqual([]);
});

describe("a server that ends in the middle of an answer", () => {
  test("keeps what was said, says why it ended, and the next message goes on with it", async () => {
    await open(half("Hello wor"));
    const before = await begin();
    const id = await send(before, "hello");
    await until(before, (conversation) => textOf(conversation, conversation.lastTurn ?? "") === "Hello wor");
    const seen: FunctionRequest[] = [];
    const session = await reopen(async function* (request) {
      seen.push(request);
      yield* whole(request);
    });
    expect(session.info.run.state).toMatchObject({ is: "lost", reason: "server-ended" });
    const cut = await ended(session, id);
    expect(cut).toMatchObject({ turn: { state: "interrupted", cause: "server-ended" }, text: "Hello wor" });
    expect(cut.turn.text).toBe("The server in which the agent ran has ended. What it had said is kept.");
    expect(asTwoStates(cut.conversation, cut.turn.id)).toEqual({ status: "error", content: "Hello wor" });
    const { text, conversation } = await ended(session, await send(session, "go on"));
    expect(text).toBe("go on, behind 2");
    expect(seen[0]?.messages).toMatchObject([
      { role: "user", text: "hello" },
      { role: "assistant", text: "Hello wor", isCut: true },
    ]);
    expect(conversation.runs.map(({ origin }) => origin)).toEqual(["new", "resumed"]);
    expect(Object.values(conversation.notices)).toEqual([]);
    expect(seen).toHaveLength(1); // not called again for the first message
    expect(faultsOf(session)).toEqual([]);
  });

  test("calls a function that may do a thing twice again, by itself, with what it had said", async () => {
    await open(half("Hello wor"), { resumes: true });
    const before = await begin();
    const id = await send(before, "hello");
    await until(before, (conversation) => textOf(conversation, conversation.lastTurn ?? "") === "Hello wor");
    const seen: FunctionRequest[] = [];
    const session = await reopen(
      async function* (request) {
        seen.push(request);
        yield "ld";
      },
      { resumes: true },
    );
    const after = await until(session, ({ inputs }) => inputs[id]?.state === "answered");
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ input: id, prompt: "hello", saidBefore: "Hello wor", messages: [] });
    const turns = Object.values(after.turns).map(({ id: turn, state, cause }) => [state, cause, textOf(after, turn)]);
    expect(turns).toEqual([
      ["interrupted", "server-ended", "Hello wor"],
      ["completed", undefined, "ld"],
    ]);
    expect(faultsOf(session)).toEqual([]);
  });

  test("asks first where a tool was at work", async () => {
    await open(
      async function* (request) {
        yield { type: "tool", id: "rm", name: "rm" };
        await aborted(request);
      },
      { resumes: true },
    );
    const before = await begin();
    const id = await send(before, "hello");
    await until(before, ({ messages }) => Object.values(messages).some(({ parts }) => parts.length === 1));
    const session = await reopen(whole, { resumes: true });
    const held = await until(session, ({ inputs }) => inputs[id]?.state === "held");
    expect(Object.values(held.notices)).toMatchObject([{ code: "tool-was-open" }]);
    await session.chat!.recover("continue", id);
    expect((await until(session, ({ inputs }) => inputs[id]?.state === "answered")).runningTurn).toBeNull();
  });

  test("lets an open question expire", async () => {
    await open(async function* (request) {
      yield "Well. ";
      yield (await request.ask({ title: "May I?" })).option;
    });
    const before = await begin();
    await send(before, "hello");
    const [approval] = (await until(before, ({ openApprovals }) => openApprovals.length === 1)).openApprovals;
    const session = await reopen(whole);
    const after = await session.chat!.conversation();
    expect(after.approvals[approval!]?.state.is).toBe("expired");
    await expect(session.chat!.answer(approval!, "allow", undefined)).rejects.toMatchObject({ code: "approval-closed" });
  });

  test("and knows nothing of the function any more keeps the transcript, and the function's next server answers in it", async () => {
    await open(half("Hello wor"));
    const before = await begin();
    await send(before, "hello");
    await until(before, (conversation) => textOf(conversation, conversation.lastTurn ?? "") === "Hello wor");
    await bed.leave();
    bed = await openScratchSessions(home, { agents: knownAgents(), faults });
    const without = bed.sessions.registry.all[0]!;
    expect(without.info.run.state).toMatchObject({ is: "lost", reason: "server-ended" });
    const session = await reopen(whole);
    const { text, conversation } = await ended(session, await send(session, "go on"));
    expect(text).toBe("go on, behind 2");
    expect(Object.values(conversation.turns)[0]).toMatchObject({ state: "interrupted" });
    expect(faultsOf(session)).toEqual([]);
  });
});

test("a function goes on while the host is gone, and is not asked twice for what it has", async () => {
  let calls = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  await open(async function* () {
    calls += 1;
    yield "before, ";
    await promise;
    yield "after";
  });
  const session = await begin();
  const id = await send(session, "hello");
  await until(session, (conversation) => textOf(conversation, conversation.lastTurn ?? "") === "before, ");
  const old = bed.sessions.host!;
  process.kill(old.pid, "SIGKILL");
  const other = await bed.sessions.create({ command: ["true"], kind: "pipe", environment: ENVIRONMENT }, randomUUID()).catch(() => null);
  resolve();
  expect((await ended(session, id)).text).toBe("before, after");
  expect([calls, session.isAlive]).toEqual([1, true]);
  while ((bed.sessions.host?.instance ?? old.instance) === old.instance) await new Promise((turn) => setImmediate(turn));
  expect((await ended(session, await send(session, "again"))).text).toBe("before, after");
  expect(calls).toBe(2);
  expect(other === null || !other.session.isInProcess).toBe(true);
});

test("while nothing can be committed a function waits, little is held, and nothing is lost", async () => {
  let yielded = 0;
  await open(async function* () {
    for (; yielded < 2_000; yielded += 1) yield "x".repeat(1_000);
  });
  const session = await begin();
  faults.hits = (writes) => writes.some((write) => write.op === "append" && "stream" in write && write.stream === "wire");
  const id = await send(session, "hello");
  const started = Date.now();
  // Nothing tells that nothing happens: a while of turns of the loop must do.
  while (Date.now() - started < 500) await new Promise((turn) => setImmediate(turn));
  expect(yielded).toBeLessThan(100);
  faults.hits = () => false;
  const { turn, text } = await ended(session, id);
  expect(turn.state).toBe("completed");
  expect(text.length).toBe(2_000_000);
});

test("the end of its session tells the function, closes its turn as it stands, and starts nothing by itself", async () => {
  const seen: string[] = [];
  await open(
    async function* (request) {
      yield "Hello wor";
      await aborted(request);
      seen.push("told");
      yield "too late";
    },
    { resumes: true },
  );
  const session = await begin();
  const id = await send(session, "hello");
  await until(session, (conversation) => textOf(conversation, conversation.lastTurn ?? "") === "Hello wor");
  await bed.sessions.end(session);
  const { turn, text } = await ended(session, id);
  expect([turn.state, turn.cause, text]).toEqual(["interrupted", "session-ended", "Hello wor"]);
  expect(seen).toEqual(["told"]);
  expect(session.info.run.state).toMatchObject({ is: "exited", code: 0 });
  expect(faultsOf(session)).toEqual([]);
});

test("deleting a session in the middle of an answer ends its function", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await open(async function* (request) {
    try {
      yield "Hello";
      await aborted(request);
    } finally {
      resolve();
    }
  });
  const session = await begin();
  await send(session, "hello");
  await until(session, (conversation) => conversation.runningTurn !== null);
  await bed.sessions.remove(session);
  await promise;
  expect(bed.sessions.registry.all).toEqual([]);
});

test("a fresh conversation that the user asks for begins without what was said before", async () => {
  const seen: FunctionRequest[] = [];
  await open(async function* (request) {
    seen.push(request);
    yield* whole(request);
  });
  const session = await begin();
  await ended(session, await send(session, "one"));
  await bed.sessions.end(session);
  await session.chat!.recover("restart");
  await ended(session, await send(session, "two"));
  await ended(session, await send(session, "three"));
  expect(seen.map(({ prompt, messages, preamble }) => [prompt, messages.map(({ text }) => text), preamble !== null])).toEqual([
    ["one", [], false],
    ["two", [], true],
    ["three", ["two", "two, behind 0"], false],
  ]);
  expect(seen[1]?.preamble).toContain("one, behind 0");
});

import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { aborted } from "../testing/function-bench.ts";
import { ended, faultsOf, functionSessions, half, send, textOf, until, whole } from "../testing/function-sessions.ts";
import { ENVIRONMENT, ScratchSink, VIEW } from "../testing/scratch-sessions.ts";
import type { FunctionRequest } from "../agents/function/function-parts.ts";

const bench = functionSessions();

test("a function answers like any agent: messages queue, are answered one after the other, and each sees what was said before", async () => {
  let atWork = 0;
  await bench.open(async function* (request) {
    atWork += 1;
    expect(atWork).toBe(1);
    yield* whole(request);
    atWork -= 1;
  });
  const session = await bench.begin();
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
  await bench.open(async function* () {
    for (let n = 0; n < 200; n += 1) {
      yield `${n} `;
      if (n === 100) await promise;
    }
  });
  const session = await bench.begin();
  const first = new ScratchSink();
  const view = { ...VIEW, mode: "chat" } as const;
  const attachment = bench.bed.sessions.attach(session, view, first);
  const id = await send(session, "count");
  await until(session, (conversation) => textOf(conversation, conversation.lastTurn ?? "").endsWith("100 "));
  attachment.close("asked");
  const second = new ScratchSink();
  bench.bed.sessions.attach(session, view, second);
  await second.until(() => second.told.includes("snapshot"));
  resolve();
  const { turn, text } = await ended(session, id);
  expect(turn.state).toBe("completed");
  expect(text).toBe(Array.from({ length: 200 }, (_, n) => `${n} `).join(""));
  await second.until(() => second.text.includes('"turn.ended"'));
  expect(first.text).not.toContain("turn.ended");
  expect(bench.bed.sessions.streams.diagnostics({ windowMinutes: null, limit: 50 }).counts).toMatchObject({ "stream.completed": 1 });
});

test("stop ends the turn with what was said, and the next message is answered", async () => {
  const seen: string[] = [];
  await bench.open(async function* (request) {
    if (request.prompt !== "first") return yield* whole(request);
    try {
      yield* half("Hello wor")(request);
    } finally {
      seen.push("finally");
    }
  });
  const session = await bench.begin();
  const id = await send(session, "first");
  await until(session, (conversation) => textOf(conversation, conversation.lastTurn ?? "") === "Hello wor");
  expect(await session.chat!.stop("me")).toBe("interrupted");
  expect(await ended(session, id)).toMatchObject({ turn: { state: "interrupted", cause: "stopped" }, text: "Hello wor" });
  expect(seen).toEqual(["finally"]);
  expect((await ended(session, await send(session, "second"))).text).toBe("second, behind 2");
  expect(faultsOf(session)).toEqual([]);
});

test("a question of a function is answered from anywhere, once, and the function goes on", async () => {
  await bench.open(async function* (request) {
    const { option, isAllowed, note } = await request.ask({ title: "May I?" });
    yield `${option} ${isAllowed} ${note}`;
  });
  const session = await bench.begin();
  const id = await send(session, "hello");
  const [approval] = (await until(session, ({ openApprovals }) => openApprovals.length === 1)).openApprovals;
  await session.chat!.answer(approval!, "allow", "do", "me");
  await expect(session.chat!.answer(approval!, "deny", undefined)).rejects.toMatchObject({ code: "approval-closed" });
  expect((await ended(session, id)).text).toBe("allow true do");
  const told = await until(session, ({ approvals }) => approvals[approval!]?.state.is === "delivered");
  expect(told.approvals[approval!]?.state).toMatchObject({ option: "allow", by: "me" });
});

test("a function that throws is an interrupted turn, not the end of the run", async () => {
  await bench.open(async function* (request) {
    if (request.prompt === "throw") throw new Error("password=hunter2222 is wrong");
    yield* whole(request);
  });
  const session = await bench.begin();
  const { turn } = await ended(session, await send(session, "throw"));
  expect(turn).toMatchObject({ state: "interrupted", cause: "crashed" });
  expect(turn.text).not.toContain("hunter2222");
  expect((await ended(session, await send(session, "again"))).text).toBe("again, behind 1");
  expect(session.chat!.events.conversation.runs).toHaveLength(1);
  expect(bench.bed.sessions.streams.diagnostics({ windowMinutes: null, limit: 50 }).counts).toMatchObject({ "stream.finalized.error": 1 });
  expect(faultsOf(session)).toEqual([]);
});

test("a function goes on while the host is gone, and is not asked twice for what it has", async () => {
  let calls = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  await bench.open(async function* () {
    calls += 1;
    yield "before, ";
    await promise;
    yield "after";
  });
  const session = await bench.begin();
  const id = await send(session, "hello");
  await until(session, (conversation) => textOf(conversation, conversation.lastTurn ?? "") === "before, ");
  const old = bench.bed.sessions.host!;
  process.kill(old.pid, "SIGKILL");
  const other = await bench.bed.sessions
    .create({ command: ["true"], kind: "pipe", environment: ENVIRONMENT }, randomUUID())
    .catch(() => null);
  resolve();
  expect((await ended(session, id)).text).toBe("before, after");
  expect([calls, session.isAlive]).toEqual([1, true]);
  while ((bench.bed.sessions.host?.instance ?? old.instance) === old.instance) await new Promise((turn) => setImmediate(turn));
  expect((await ended(session, await send(session, "again"))).text).toBe("before, after");
  expect(calls).toBe(2);
  expect(other === null || !other.session.isInProcess).toBe(true);
});

test("while nothing can be committed a function waits, little is held, and nothing is lost", async () => {
  let yielded = 0;
  await bench.open(async function* () {
    for (; yielded < 2_000; yielded += 1) yield "x".repeat(1_000);
  });
  const session = await bench.begin();
  bench.faults.hits = (writes) => writes.some((write) => write.op === "append" && "stream" in write && write.stream === "wire");
  const id = await send(session, "hello");
  const started = Date.now();
  // Nothing tells that nothing happens: a while of turns of the loop must do.
  while (Date.now() - started < 500) await new Promise((turn) => setImmediate(turn));
  expect(yielded).toBeLessThan(100);
  bench.faults.hits = () => false;
  const { turn, text } = await ended(session, id);
  expect(turn.state).toBe("completed");
  expect(text.length).toBe(2_000_000);
});

test("the end of its session tells the function, closes its turn as it stands, and starts nothing by itself", async () => {
  const seen: string[] = [];
  await bench.open(
    async function* (request) {
      yield "Hello wor";
      await aborted(request);
      seen.push("told");
      yield "too late";
    },
    { resumes: true },
  );
  const session = await bench.begin();
  const id = await send(session, "hello");
  await until(session, (conversation) => textOf(conversation, conversation.lastTurn ?? "") === "Hello wor");
  await bench.bed.sessions.end(session);
  const { turn, text } = await ended(session, id);
  expect([turn.state, turn.cause, text]).toEqual(["interrupted", "session-ended", "Hello wor"]);
  expect(seen).toEqual(["told"]);
  expect(session.info.run.state).toMatchObject({ is: "exited", code: 0 });
  expect(faultsOf(session)).toEqual([]);
});

test("deleting a session in the middle of an answer ends its function", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await bench.open(async function* (request) {
    try {
      yield "Hello";
      await aborted(request);
    } finally {
      resolve();
    }
  });
  const session = await bench.begin();
  await send(session, "hello");
  await until(session, (conversation) => conversation.runningTurn !== null);
  await bench.bed.sessions.remove(session);
  await promise;
  expect(bench.bed.sessions.registry.all).toEqual([]);
});

test("a fresh conversation that the user asks for begins without what was said before", async () => {
  const seen: FunctionRequest[] = [];
  await bench.open(async function* (request) {
    seen.push(request);
    yield* whole(request);
  });
  const session = await bench.begin();
  await ended(session, await send(session, "one"));
  await bench.bed.sessions.end(session);
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

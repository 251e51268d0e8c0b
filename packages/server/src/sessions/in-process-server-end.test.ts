// A server that ends in the middle of a function's answer.

import { asTwoStates } from "@perdure/protocol";
import { expect, test } from "vitest";
import type { FunctionRequest } from "../agents/function/function-parts.ts";
import { aborted } from "../testing/function-bench.ts";
import { ended, faultsOf, functionSessions, half, send, textOf, until, whole } from "../testing/function-sessions.ts";

const bench = functionSessions();

test("keeps what was said, says why it ended, and the next message goes on with it", async () => {
  await bench.open(half("Hello wor"));
  const before = await bench.begin();
  const id = await send(before, "hello");
  await until(before, (conversation) => textOf(conversation, conversation.lastTurn ?? "") === "Hello wor");
  const seen: FunctionRequest[] = [];
  const session = await bench.reopen(async function* (request) {
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
  await bench.open(half("Hello wor"), { resumes: true });
  const before = await bench.begin();
  const id = await send(before, "hello");
  await until(before, (conversation) => textOf(conversation, conversation.lastTurn ?? "") === "Hello wor");
  const seen: FunctionRequest[] = [];
  const session = await bench.reopen(
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
  await bench.open(
    async function* (request) {
      yield { type: "tool", id: "rm", name: "rm" };
      await aborted(request);
    },
    { resumes: true },
  );
  const before = await bench.begin();
  const id = await send(before, "hello");
  await until(before, ({ messages }) => Object.values(messages).some(({ parts }) => parts.length === 1));
  const session = await bench.reopen(whole, { resumes: true });
  const held = await until(session, ({ inputs }) => inputs[id]?.state === "held");
  expect(Object.values(held.notices)).toMatchObject([{ code: "tool-was-open" }]);
  await session.chat!.recover("continue", id);
  expect((await until(session, ({ inputs }) => inputs[id]?.state === "answered")).runningTurn).toBeNull();
});

test("lets an open question expire", async () => {
  await bench.open(async function* (request) {
    yield "Well. ";
    yield (await request.ask({ title: "May I?" })).option;
  });
  const before = await bench.begin();
  await send(before, "hello");
  const [approval] = (await until(before, ({ openApprovals }) => openApprovals.length === 1)).openApprovals;
  const session = await bench.reopen(whole);
  const after = await session.chat!.conversation();
  expect(after.approvals[approval!]?.state.is).toBe("expired");
  await expect(session.chat!.answer(approval!, "allow", undefined)).rejects.toMatchObject({ code: "approval-closed" });
});

test("and knows nothing of the function any more keeps the transcript, and the function's next server answers in it", async () => {
  await bench.open(half("Hello wor"));
  const before = await bench.begin();
  await send(before, "hello");
  await until(before, (conversation) => textOf(conversation, conversation.lastTurn ?? "") === "Hello wor");
  await bench.bed.leave();
  await bench.openWithout();
  const without = bench.bed.sessions.registry.all[0]!;
  expect(without.info.run.state).toMatchObject({ is: "lost", reason: "server-ended" });
  const session = await bench.reopen(whole);
  const { text, conversation } = await ended(session, await send(session, "go on"));
  expect(text).toBe("go on, behind 2");
  expect(Object.values(conversation.turns)[0]).toMatchObject({ state: "interrupted" });
  expect(faultsOf(session)).toEqual([]);
});

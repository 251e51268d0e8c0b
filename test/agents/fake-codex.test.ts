// The fake Codex on the outside: its app server, its rollout files and its lock, as they were seen of the real one.

import { randomUUID } from "node:crypto";
import { globSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { caller, FakeSituation, inside, type Message } from "./fake-situation.ts";
import type { LineProcess } from "./line-process.ts";

let situation: FakeSituation;
beforeEach(() => {
  situation = new FakeSituation();
});
afterEach(async () => situation.close());

function open(): { readonly program: LineProcess; readonly call: ReturnType<typeof caller> } {
  const program = situation.start("codex", ["app-server"]);
  return { program, call: caller(program) };
}

const input = (text: string): object[] => [{ type: "text", text, text_elements: [] }];
const over = (message: Message): boolean => message["method"] === "turn/completed";

test("a thread has turns, is on disk from its first turn on, and is refused to a second writer", async () => {
  const { program, call } = open();
  await call("initialize", {});
  const thread = inside(await call("thread/start", { cwd: situation.home.cwd }), "result", "thread", "id") as string;
  const rollouts = (): string[] => globSync(`.codex/sessions/*/*/*/rollout-*-${thread}.jsonl`, { cwd: situation.home.home });
  expect(rollouts()).toEqual([]);
  const ended = program.next("the turn's end", over);
  await call("turn/start", { threadId: thread, input: input("one #think"), clientUserMessageId: "in-1" });
  expect(inside(await ended, "params", "turn", "status")).toBe("completed");
  expect(rollouts()).toHaveLength(1);
  const second = open();
  expect(inside(await second.call("thread/resume", { threadId: thread }), "error", "message")).toBe(
    `thread ${thread} already has an active writer`,
  );
  program.endInput();
  await program.untilEnd();
  const { turns } = inside(await second.call("thread/resume", { threadId: thread }), "result", "thread") as { turns: Message[] };
  expect(turns.map(({ status }) => status)).toEqual(["completed"]);
  expect(JSON.stringify(turns)).toContain("in-1");
});

test("a kill throws away what was said; the turn is interrupted", async () => {
  const { program, call } = open();
  const thread = inside(await call("thread/start", { cwd: situation.home.cwd }), "result", "thread", "id") as string;
  const heard = program.next("text", ({ method }) => method === "item/agentMessage/delta");
  await call("turn/start", { threadId: thread, input: input("#slow 500 20") });
  await heard;
  program.kill();
  await program.untilEnd();
  const { turns } = inside(await open().call("thread/resume", { threadId: thread }), "result", "thread") as { turns: Message[] };
  expect(turns).toMatchObject([{ status: "interrupted", items: [{ type: "userMessage" }] }]);
});

test("says what it does not have", async () => {
  const { call } = open();
  const unknown = randomUUID();
  expect(inside(await call("thread/resume", { threadId: unknown }), "error")).toEqual({
    code: -32_600,
    message: `no rollout found for thread id ${unknown}`,
  });
  expect(inside(await call("thread/resume", { threadId: "zzz" }), "error", "message")).toMatch(/^invalid session id: /);
});

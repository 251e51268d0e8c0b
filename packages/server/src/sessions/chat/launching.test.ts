import { EMPTY_CONVERSATION, reduce, type Conversation } from "@perdure/protocol";
import { expect, test } from "vitest";
import type { Agent, Validation } from "../../agents/agent.ts";
import { demoAgent } from "../../agents/demo/agent.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { prepareChatRun } from "./launching.ts";

const TALKED: Conversation = reduce(EMPTY_CONVERSATION, [
  { type: "session.resume-id", resumeId: "id", at: 1 },
  { type: "input.accepted", input: "i", text: "hello", at: 2 },
  { type: "input.dispatched", input: "i", run: "a", at: 3 },
  { type: "input.consumed", input: "i", at: 4 },
]);

async function prepared(validation: Validation) {
  const agent: Agent = {
    ...demoAgent,
    find: async () => ({ is: "found", path: "/bin/x", version: null, signIn: "unknown" }),
    validate: async () => validation,
  };
  const details = { model: null, mode: null, flags: [], program: null } as unknown as Parameters<typeof prepareChatRun>[0]["details"];
  const place = { cwd: "/work", env: {} };
  const clock = new FakeClock();
  return prepareChatRun({ agent, details, place, conversation: TALKED, run: { id: "b", number: 2 }, newId: "new", missing: [], clock });
}

test("a record that cannot be read is said, with its place, and nothing is begun anew", async () => {
  const unreadable = { is: "unreadable", place: "/home/u/.claude/projects", code: "EACCES" } as const;
  await expect(prepared(unreadable)).rejects.toMatchObject({
    code: "conversation-unreadable",
    message: expect.stringMatching(/may be in \/home\/u\/\.claude\/projects, which cannot be read \(EACCES\)/) as string,
  });
});

test("a restart says what was found of the record, and keeps the old id", async () => {
  const { events, setup } = await prepared({ is: "unknown-conversation", why: "nothing in its record can be understood" });
  expect(setup?.conversation.is).toBe("new");
  const after = reduce(TALKED, events);
  expect([after.resumeId, after.oldResumeId]).toEqual([null, "id"]);
  const line = events.find((event) => event.type === "notice");
  expect(line).toMatchObject({ code: "restarted", offers: ["retry-old-conversation"] });
  expect(line?.text).toContain("(nothing in its record can be understood)");
});

import { EMPTY_CONVERSATION, reduce, type Conversation } from "@perdure/protocol";
import { expect, test } from "vitest";
import type { Agent, Validation } from "../../agents/agent.ts";
import { demoAgent } from "../../agents/demo/agent.ts";
import { FakeClock, settle } from "../../testing/fake-clock.ts";
import { prepareChatRun } from "./launching.ts";

const TALKED: Conversation = reduce(EMPTY_CONVERSATION, [
  { type: "session.resume-id", resumeId: "id", at: 1 },
  { type: "input.accepted", input: "i", text: "hello", at: 2 },
  { type: "input.dispatched", input: "i", run: "a", at: 3 },
  { type: "input.consumed", input: "i", at: 4 },
]);

async function prepared(validation: Validation | (() => Validation), clock = new FakeClock()) {
  const validate = async (): Promise<Validation> => (typeof validation === "function" ? validation() : validation);
  const agent: Agent = {
    ...demoAgent,
    find: async () => ({ is: "found", path: "/bin/x", version: null, signIn: "unknown" }),
    validate,
  };
  const details = { model: null, mode: null, flags: [], program: null } as unknown as Parameters<typeof prepareChatRun>[0]["details"];
  const place = { cwd: "/work", env: {} };
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

test("a process that still writes the conversation may finish its answer first; it is not waited for longer", async () => {
  const clock = new FakeClock();
  let looks = 0;
  const waiting = prepared(() => ((looks += 1) > 20 ? { is: "ok" } : { is: "locked", pid: 7 }), clock);
  const goOn = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      await settle();
      clock.advance(500);
    }
    await settle();
  };
  await goOn(12_000);
  expect((await waiting).setup?.conversation).toEqual({ is: "resume", resumeId: "id" });
  expect(looks).toBe(21);
  const refused = prepared({ is: "locked", pid: 7 }, clock).catch((error: unknown) => error);
  await goOn(16_000);
  expect(await refused).toMatchObject({ code: "already-running", message: expect.stringContaining("Process 7") as string });
});

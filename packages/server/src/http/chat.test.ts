import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Conversation, ErrorBody, SessionInfo, StreamDiagnostics } from "@perdure/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startScratchServer, type ScratchServer } from "../testing/scratch-server.ts";

let server: ScratchServer;
beforeAll(async () => {
  server = await startScratchServer();
}, 30_000);
afterAll(() => server.close(), 30_000);

let session: SessionInfo;
beforeEach(async () => {
  session = await create();
});

async function create(agent: object = {}): Promise<SessionInfo> {
  const body = { agent: { agent: "demo", flags: ["--pace", "0"], ...agent } };
  const response = await server.request("POST", "/api/sessions", { body, headers: { "Idempotency-Key": randomUUID() } });
  expect(response.status).toBe(201);
  return (await response.json()) as SessionInfo;
}

const at = (rest: string): string => `/api/sessions/${session.id}${rest}`;

async function say(text: string, id: string = randomUUID()): Promise<Response> {
  return server.request("PUT", at(`/messages/${id}`), { body: { text } });
}

async function conversation(): Promise<Conversation> {
  const response = await server.request("GET", at("/conversation"));
  return ((await response.json()) as { conversation: Conversation }).conversation;
}

/** The conversation as soon as it is so. */
async function until(what: string, isSo: (now: Conversation) => boolean): Promise<Conversation> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const now = await conversation();
    if (isSo(now)) return now;
    if (Date.now() > deadline) throw new Error(`never came: ${what}; ${JSON.stringify(now)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const isAnswered = (count: number) => (now: Conversation) =>
  now.runningTurn === null && Object.values(now.inputs).filter(({ state }) => state === "answered").length === count;

function saidByAgent(now: Conversation): string {
  const parts = now.entries.flatMap(({ is, id }) => (is === "message" ? (now.messages[id]?.parts ?? []) : []));
  return parts.map((part) => (part.kind === "text" ? part.text : "")).join("\n");
}

async function failure(response: Response): Promise<string> {
  return `${response.status} ${((await response.json()) as ErrorBody).error.code}`;
}

async function agentPid(): Promise<number> {
  const { run } = (await (await server.request("GET", at(""))).json()) as SessionInfo;
  if (run.state.is !== "running") throw new Error("the agent does not run");
  return run.state.pid;
}

describe("a message", () => {
  it("is answered, and the same message again is the same one", async () => {
    const id = randomUUID();
    expect((await say("hello", id)).status).toBe(200);
    expect((await say("hello", id)).status).toBe(200);
    const now = await until("an answer", isAnswered(1));
    expect(Object.keys(now.inputs)).toEqual([id]);
    expect(saidByAgent(now)).toContain("hello");
    expect(await failure(await say("another text", id))).toBe("409 idempotency-key-reused");
  });

  it("waits while the agent is busy, and can be changed and taken back until it is sent", async () => {
    await say("/hang");
    await until("a turn", ({ runningTurn }) => runningTurn !== null);
    const [second, third] = [randomUUID(), randomUUID()];
    await say("second", second);
    await say("third", third);
    await server.request("PATCH", at(`/messages/${second}`), { body: { text: "second, changed" } });
    expect((await server.request("DELETE", at(`/messages/${third}`))).status).toBe(204);
    expect((await conversation()).queue).toEqual([second]);
    expect(await (await server.request("POST", at("/stop"))).json()).toEqual({ outcome: "interrupted" });
    const now = await until("the second", isAnswered(1));
    expect(now.inputs[second]).toMatchObject({ state: "answered", text: "second, changed" });
    expect(now.inputs[third]?.state).toBe("removed");
    expect(await failure(await server.request("DELETE", at(`/messages/${second}`)))).toBe("409 message-sent");
  });

  it("that was taken back before it came does not count when it comes", async () => {
    const id = randomUUID();
    expect((await server.request("DELETE", at(`/messages/${id}`))).status).toBe(204);
    expect((await say("late", id)).status).toBe(200);
    await say("hello");
    const now = await until("an answer", isAnswered(1));
    expect(now.inputs[id]).toMatchObject({ state: "removed" });
    expect(saidByAgent(now)).not.toContain("late");
  });

  it("that cannot be one is refused with what to do", async () => {
    expect(await failure(await say("text", "not-a-uuid"))).toBe("400 bad-request");
    expect(await failure(await say(""))).toBe("400 bad-request");
    expect(await failure(await say("x".repeat(100_001)))).toBe("400 bad-request");
  });
});

describe("an approval", () => {
  it("is answered once, by whoever is first", async () => {
    await say("/approve");
    const asked = await until("a question", ({ openApprovals }) => openApprovals.length === 1);
    const [approval = ""] = asked.openApprovals;
    const option = asked.approvals[approval]?.options[0]?.id;
    const answers = await Promise.all([1, 2].map(() => server.request("POST", at(`/approvals/${approval}`), { body: { option } })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    await until("its way to the agent", ({ approvals }) => approvals[approval]?.state.is === "delivered");
    await until("an answer", isAnswered(1));
    expect(await failure(await server.request("POST", at("/approvals/none"), { body: { option } }))).toBe("404 unknown-approval");
  });

  it("expires with its run", async () => {
    await say("/approve");
    await until("a question", ({ openApprovals }) => openApprovals.length === 1);
    process.kill(await agentPid(), "SIGKILL");
    const now = await until("the end", ({ runningTurn }) => runningTurn === null);
    expect(Object.values(now.approvals).map(({ state }) => state.is)).toEqual(["expired"]);
    expect(Object.values(now.turns)).toMatchObject([{ state: "interrupted", cause: "agent-ended" }]);
  });
});

describe("an agent that is gone", () => {
  it("is resumed by the next message, and knows what was said", async () => {
    await say("hello");
    await until("an answer", isAnswered(1));
    process.kill(await agentPid(), "SIGKILL");
    await until("the end", ({ runs }) => runs.at(-1)?.state === "ended");
    await say("what did I say first?");
    const now = await until("another answer", isAnswered(2));
    expect(saidByAgent(now)).toContain('You said first: "hello"');
    expect(now.runs.map(({ origin }) => origin)).toEqual(["new", "resumed"]);
    expect(now.recoveries).toMatchObject([{ rung: "resume", outcome: "ok" }]);
    expect(Object.values(now.notices)).toEqual([]);
  });

  it("is started once for messages that come together, and answers them all", async () => {
    await say("hello");
    await until("an answer", isAnswered(1));
    process.kill(await agentPid(), "SIGKILL");
    await until("the end", ({ runs }) => runs.at(-1)?.state === "ended");
    await Promise.all(["one", "two", "three"].map((text) => say(text)));
    const now = await until("all answers", isAnswered(4));
    expect(now.runs).toHaveLength(2);
    expect(Object.values(now.notices)).toEqual([]);
  });

  it("is not started again for what waits in a session that is deleted", async () => {
    await say("/hang");
    await until("a turn", ({ runningTurn }) => runningTurn !== null);
    await say("waits");
    expect((await server.request("DELETE", at(""))).status).toBe(204);
    expect((await server.request("GET", at(""))).status).toBe(404);
    session = await create();
    await say("the server goes on");
    await until("an answer", isAnswered(1));
  });

  it("and whose record is gone is begun anew, with one honest line, and the message is answered", async () => {
    await say("hello");
    const first = await until("an answer", isAnswered(1));
    process.kill(await agentPid(), "SIGKILL");
    await until("the end", ({ runs }) => runs.at(-1)?.state === "ended");
    fs.rmSync(path.join(server.home.directory, "demo-agent", `${first.resumeId ?? ""}.jsonl`));
    await say("are you there?");
    const now = await until("another answer", isAnswered(2));
    expect(Object.values(now.notices)).toMatchObject([{ code: "restarted", offers: ["retry-old-conversation"] }]);
    expect(now.resumeId).not.toBe(first.resumeId);
    expect(now.oldResumeId).toBe(first.resumeId);
    expect(saidByAgent(now)).toContain("are you there?");
  });

  it("keeps what it had said, and a message that it had not taken is sent again, once", async () => {
    await say("/hang deaf"); // whatever ends by itself may have ended before it is killed
    const shown = saidByAgent(await until("its last words", (now) => saidByAgent(now).includes("I say nothing")));
    await say("next");
    process.kill(await agentPid(), "SIGKILL");
    const now = await until("the next", isAnswered(1));
    expect(saidByAgent(now).startsWith(shown)).toBe(true);
    expect(Object.values(now.turns).map(({ state }) => state)).toEqual(["interrupted", "completed"]);
  });
});

describe("stop", () => {
  it("says that nothing runs", async () => {
    await until("an agent", ({ runs }) => runs.at(-1)?.state === "ready");
    expect(await (await server.request("POST", at("/stop"))).json()).toEqual({ outcome: "nothing-running" });
  });

  it("ends an agent that does not listen", async () => {
    await say("/hang deaf");
    await until("its last words", (now) => saidByAgent(now).includes("I say nothing"));
    expect(await (await server.request("POST", at("/stop"))).json()).toEqual({ outcome: "interrupted" });
    const now = await conversation();
    expect(Object.values(now.turns)).toMatchObject([{ state: "interrupted", cause: "stopped" }]);
  }, 30_000);
});

it("a failure that needs the user holds what waits, with an offer that goes on", async () => {
  await say("/fail auth");
  const failed = await until("the failure", ({ lastTurn, turns }) => lastTurn !== null && turns[lastTurn]?.state === "failed");
  expect(failed.turns[failed.lastTurn ?? ""]).toMatchObject({ cause: "auth" });
  await say("again");
  expect(saidByAgent(await until("an answer", isAnswered(1)))).toContain("again");
});

it("what became of the streams of answers is told, with what clients saw", async () => {
  await say("hello");
  const { lastTurn } = await until("an answer", isAnswered(1));
  await say("/fail auth");
  await until("the failure", ({ turns }) => Object.values(turns).some(({ state }) => state === "failed"));
  const address = "/api/diagnostics/chat-streams";
  const reports = [{ code: "client.stream.done", session: session.id, turn: lastTurn }];
  expect((await server.request("POST", address, { body: { reports } })).status).toBe(204);
  const { records } = (await (await server.request("GET", `${address}?windowMinutes=5&limit=500`)).json()) as StreamDiagnostics;
  const ofSession = records.filter((record) => record.session === session.id);
  expect(ofSession.map(({ code, cause }) => ({ code, cause })).toReversed()).toEqual([
    { code: "stream.completed" },
    { code: "stream.finalized.error", cause: "auth" },
    { code: "client.stream.done" },
  ]);
});

it("a session without an agent has no conversation", async () => {
  const body = { command: ["sh"] };
  const response = await server.request("POST", "/api/sessions", { body, headers: { "Idempotency-Key": randomUUID() } });
  const { id } = (await response.json()) as SessionInfo;
  expect(await failure(await server.request("GET", `/api/sessions/${id}/conversation`))).toBe("409 no-conversation");
  const unknown = { agent: { agent: "nobody" } };
  const refused = await server.request("POST", "/api/sessions", { body: unknown, headers: { "Idempotency-Key": randomUUID() } });
  expect(await failure(refused)).toBe("404 unknown-agent");
});

it("the agents that are there are told, and the conversations that lie with them", async () => {
  await say("remember me");
  const now = await until("an answer", isAnswered(1));
  const { agents } = (await (await server.request("GET", "/api/agents")).json()) as { agents: { id: string; found: boolean }[] };
  expect(agents.find(({ id }) => id === "demo")).toMatchObject({ found: true });
  const { conversations } = (await (await server.request("GET", "/api/conversations?agent=demo")).json()) as {
    conversations: { resumeId: string; session: string | null }[];
  };
  expect(conversations.find(({ resumeId }) => resumeId === now.resumeId)).toMatchObject({ session: session.id });
});

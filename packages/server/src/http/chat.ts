/**
 * The part of the HTTP interface that is about conversations with agents (PROTOCOL §12): messages, approvals, stop, settings,
 * offers; which agents there are, and what lies with them.
 */
import {
  AnswerApproval,
  ChatMessage,
  ChooseAgentSettings,
  OfferEnvironment,
  partBefore,
  PerdureError,
  Recover,
  type AgentInfo,
  type OutsideConversation,
} from "@perdure/protocol";
import type { Context, Hono } from "hono";
import type { Agent, AgentPlace } from "../agents/agent.ts";
import type { Agents } from "../agents/agents.ts";
import type { Chat } from "../sessions/chat/chat.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { body, type Env } from "./request-body.ts";

const FIND_MS = 5_000;
const MAX_CONVERSATIONS = 200;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

interface ChatRoutes {
  readonly sessions: Sessions;
  readonly agents: Agents;
}

export function addChat(app: Hono<Env>, { sessions }: ChatRoutes): void {
  const chatOf = (c: Context<Env>): Chat => {
    const { chat } = sessions.require(c.req.param("id") ?? "");
    if (chat) return chat;
    throw new PerdureError("no-conversation", "This session is a terminal; messages go to sessions with an agent.");
  };

  app.get("/api/sessions/:id/conversation", async (c) => {
    const chat = await sessions.agents.conversation(sessions.require(c.req.param("id")));
    return c.json({ cursor: chat.events.cursor, conversation: chat.events.conversation });
  });
  app.get("/api/sessions/:id/conversation/earlier", async (c) => {
    const conversation = await chatOf(c).conversation();
    const before = Number(c.req.query("before") ?? Number.NaN);
    if (Number.isSafeInteger(before) && before >= 0) return c.json(partBefore(conversation, before));
    throw new PerdureError("bad-request", "`before` is the number of entries before those that are known.");
  });
  app.put("/api/sessions/:id/messages/:message", async (c) => {
    const chat = chatOf(c);
    const message = messageId(c);
    await chat.accept(message, (await body(c, ChatMessage)).text, c.get("device").name);
    return c.json((await chat.conversation()).inputs[message] ?? null);
  });
  app.patch("/api/sessions/:id/messages/:message", async (c) => {
    const chat = chatOf(c);
    await chat.edit(messageId(c), (await body(c, ChatMessage)).text);
    return c.json((await chat.conversation()).inputs[messageId(c)] ?? null);
  });
  app.delete("/api/sessions/:id/messages/:message", async (c) => {
    await chatOf(c).remove(messageId(c));
    return c.body(null, 204);
  });
  app.post("/api/sessions/:id/approvals/:approval", async (c) => {
    const { option, note } = await body(c, AnswerApproval);
    const chat = chatOf(c);
    await chat.answer(c.req.param("approval"), option, note, c.get("device").name);
    return c.json((await chat.conversation()).approvals[c.req.param("approval")] ?? null);
  });
  app.post("/api/sessions/:id/environment", async (c) => {
    const session = sessions.require(c.req.param("id"));
    return c.json({ taken: sessions.offer(session, (await body(c, OfferEnvironment)).variables) });
  });
  app.post("/api/sessions/:id/stop", async (c) => c.json({ outcome: await chatOf(c).stop(c.get("device").name) }));
  app.patch("/api/sessions/:id/agent", async (c) => {
    const chat = chatOf(c);
    await chat.choose(await body(c, ChooseAgentSettings));
    return c.json((await chat.conversation()).settings);
  });
  app.post("/api/sessions/:id/recover", async (c) => {
    const { offer, input } = await body(c, Recover);
    await chatOf(c).recover(offer, input);
    return c.json(sessions.require(c.req.param("id")).info, 202);
  });
}

export function addAgents(app: Hono<Env>, { sessions, agents }: ChatRoutes): void {
  app.get("/api/agents", async (c) => {
    const place = await sessions.agents.place(c.req.query("cwd"));
    return c.json({ agents: await Promise.all(agents.all.map((agent) => describe(agent, place))) });
  });
  app.get("/api/conversations", async (c) => {
    const [cwd, only] = [c.req.query("cwd"), c.req.query("agent")];
    const place = await sessions.agents.place(cwd);
    const asked = agents.all.filter((agent) => only === undefined || agent.id === only);
    const options = { anywhere: cwd === undefined, limit: MAX_CONVERSATIONS };
    const lists = await Promise.all(
      asked.map(async (agent) =>
        (await agent.conversations(place, options)).map((one): OutsideConversation => {
          return { agent: agent.id, ...one, session: sessions.agents.withConversation(agent.id, one.resumeId)?.id ?? null };
        }),
      ),
    );
    const conversations = lists.flat().toSorted((a, b) => b.updatedAt - a.updatedAt);
    return c.json({ conversations: conversations.slice(0, MAX_CONVERSATIONS) });
  });
}

async function describe(agent: Agent, place: AgentPlace): Promise<AgentInfo> {
  const found = await agent.find(place, AbortSignal.timeout(FIND_MS));
  const { id, name, howToGet, program } = agent;
  const terminal = agent.terminal({ ...place, program: program ?? id, args: [], newId: "", resumeId: null });
  const common = { id, name, howToGet, hasTerminal: terminal !== null };
  if (found.is === "missing") return { ...common, found: false, path: null, version: null, signIn: "unknown" };
  const { path, version, signIn } = found;
  return { ...common, found: true, path, version, signIn };
}

/** The sender's id of a message. */
function messageId(c: Context<Env>): string {
  const id = c.req.param("message") ?? "";
  if (UUID.test(id)) return id;
  throw new PerdureError("bad-request", "The id of a message is a UUID in lower case, made by the sender.");
}

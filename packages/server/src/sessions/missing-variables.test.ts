// Secrets of the shell that began a session, at the runs after it: real host, real store, the demo agent.

import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import type { Conversation } from "@perdure/protocol";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openScratchSessions, type ScratchSessions } from "../testing/scratch-sessions.ts";
import type { Chat } from "./chat/chat.ts";
import type { Session } from "./session.ts";

const SECRET = "the-value-of-the-key";

let scratch: ScratchSessions;
let session: Session;
let chat: Chat;
beforeEach(async () => {
  scratch = await openScratchSessions();
  const variables = { PATH: process.env["PATH"] ?? "", HOME: "/", MADE_UP_API_KEY: SECRET };
  const request = { agent: { agent: "demo", flags: ["--pace", "0"] }, environment: { variables } };
  ({ session } = await scratch.sessions.create(request, randomUUID()));
  chat = session.chat!;
  await ask("hello");
}, 30_000);
afterEach(() => scratch.close(), 30_000);

/** Says it, and answers the conversation when it was answered in some way. */
async function ask(text: string): Promise<Conversation> {
  const { events } = chat;
  const input = randomUUID();
  const { promise, resolve } = Promise.withResolvers<Conversation>();
  events.onCommitted(() => {
    const turn = events.conversation.inputs[input]?.turn;
    if (turn !== undefined && events.conversation.turns[turn]?.state !== "running") resolve(events.conversation);
  });
  await chat.accept(input, text);
  return promise;
}

const end = (): Promise<void> => scratch.sessions.end(session, 0);
const environment = (): string => {
  const { state } = session.run;
  return state.is === "running" ? fs.readFileSync(`/proc/${state.pid}/environ`, "utf8") : "";
};

it("are missing at a wake: the run knows their names, and a turn that fails for it says what to do", async () => {
  await end();
  const now = await ask("/fail auth");
  expect(now.runs.map(({ missing }) => missing)).toEqual([undefined, ["MADE_UP_API_KEY"]]);
  const notice = Object.values(now.notices).find(({ code }) => code === "missing-variables");
  expect(notice?.text).toMatch(/^MADE_UP_API_KEY was set when the session began and is not set now, .*`perdure ask -s SESSION` in a shell/);
  const kept = fs.readdirSync(scratch.home.directory).filter((name) => name.startsWith("perdure.db"));
  for (const name of kept) expect(fs.readFileSync(`${scratch.home.directory}/${name}`).includes(SECRET)).toBe(false);
});

it("are there for the next run if somebody passes them along, and nothing else is", async () => {
  await end();
  expect(scratch.sessions.offer(session, { MADE_UP_API_KEY: "another", OTHER_KEY: "other", PATH: "/" })).toEqual(["MADE_UP_API_KEY"]);
  expect((await ask("again")).runs.at(-1)?.missing).toBeUndefined();
  expect(environment()).toContain("MADE_UP_API_KEY=another\0");
  expect(environment()).not.toMatch(/OTHER_KEY|PATH=\/\0/);
  expect(scratch.sessions.offer(session, { MADE_UP_API_KEY: "another" })).toEqual([]);
  await end();
  expect((await ask("and again")).runs.at(-1)?.missing).toEqual(["MADE_UP_API_KEY"]);
});

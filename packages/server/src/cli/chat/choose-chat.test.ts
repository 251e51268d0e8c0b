import type { ChatSummary, SessionInfo } from "@perdure/protocol";
import { expect, test } from "vitest";
import { IDLE_CHAT, sessionInfo } from "../testing/fake-client.ts";
import { chatHere, requireChat } from "./choose-chat.ts";

function session(id: string, cwd: string, lastActivityAt: number, chat: ChatSummary | null = IDLE_CHAT): SessionInfo {
  return { ...sessionInfo(), id, name: id, cwd, lastActivityAt, chat };
}

const use = (id: string, directory: string) => ({ session: id, directory, terminal: "t", at: 0 });

test("the conversation last used here, else the latest that works here, never another directory's", () => {
  const sessions = [session("a", "/here", 1), session("b", "/here", 2), session("far", "/far", 9), session("sh", "/here", 10, null)];
  expect(chatHere(sessions, [use("far", "/here"), use("a", "/here")], "/here")?.id).toBe("far");
  expect(chatHere(sessions, [use("deleted", "/here"), use("a", "/elsewhere")], "/here")?.id).toBe("b");
  expect(chatHere(sessions, [use("a", "/elsewhere")], "/nowhere")).toBeUndefined();
});

test("a terminal takes no messages, and an agent in its terminal says how it goes on as a chat", () => {
  expect(() => requireChat(session("sh", "/", 0, null))).toThrow("is a terminal");
  expect(() => requireChat(session("c", "/", 0, { ...IDLE_CHAT, view: "terminal" }))).toThrow("`perdure start --chat` goes on as a chat");
  expect(() => requireChat(session("c", "/", 0))).not.toThrow();
});

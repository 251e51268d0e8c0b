import { expect, test } from "vitest";
import { agentRequest, commandRequest, EMPTY_START } from "./start-request.ts";

test("a command goes as words, nothing as the login shell, an open quote not at all", () => {
  expect(commandRequest({ ...EMPTY_START, command: "a 'b c'", cwd: " ~/x ", name: "n" })).toEqual({
    command: ["a", "b c"],
    cwd: "~/x",
    name: "n",
  });
  expect(commandRequest(EMPTY_START)).toEqual({});
  expect(commandRequest({ ...EMPTY_START, command: "a 'b" })).toBeUndefined();
});

test("an agent goes with its view, and with a model if one was named", () => {
  expect(agentRequest("demo", EMPTY_START)).toEqual({ agent: { agent: "demo", view: "chat" } });
  expect(agentRequest("claude", { ...EMPTY_START, view: "terminal", model: " opus ", cwd: "/w" })).toEqual({
    agent: { agent: "claude", view: "terminal", model: "opus" },
    cwd: "/w",
  });
});

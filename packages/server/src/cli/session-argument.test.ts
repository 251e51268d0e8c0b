import type { SessionInfo } from "@perdure/protocol";
import { expect, test } from "vitest";
import { sessionInfo } from "./testing/fake-client.ts";
import { resolveSession } from "./session-argument.ts";

function session(id: string, name: string): SessionInfo {
  return { ...sessionInfo(), id, name };
}

const sessions = [
  session("a1b2", "build"),
  session("a9", "builder"),
  session("c3", "claude"),
  session("d4", "claude"),
  session("claude2", "x"),
];

test("an exact id or name wins over longer ones that begin with it", () => {
  expect(resolveSession("build", sessions).id).toBe("a1b2");
  expect(resolveSession("a9", sessions).id).toBe("a9");
});

test("the beginning of an id or a name is enough if only one has it", () => {
  expect(resolveSession("a1", sessions).id).toBe("a1b2");
  expect(resolveSession("builde", sessions).id).toBe("a9");
});

test("an id names its session even where another session's name begins like it", () => {
  expect(resolveSession("claude2", sessions).name).toBe("x");
});

test("two sessions of one name are listed, never guessed", () => {
  expect(() => resolveSession("claude", sessions)).toThrow(/could be any of these; use an id:\n {2}c3 {2}claude\n {2}d4 {2}claude/);
});

test("a beginning that several have is listed", () => {
  expect(() => resolveSession("a", sessions)).toThrow(/a1b2.*\n.*a9/);
});

test("a long list of candidates is cut", () => {
  const many = Array.from({ length: 20 }, (_, index) => session(`id${index}`, "same"));
  expect(() => resolveSession("same", many)).toThrow(/and 12 more/);
});

test("an unknown word says what may have been meant", () => {
  expect(() => resolveSession("buidl", sessions)).toThrow('There is no session "buidl". Did you mean build?');
  expect(() => resolveSession("zzz", [])).toThrow("`perdure ls` lists them");
  expect(() => resolveSession("", sessions)).toThrow(/There is no session ""/);
});

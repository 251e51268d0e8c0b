import { EMPTY_CONVERSATION, reduce, type ChatEvent, type Conversation } from "@perdure/protocol";
import { describe, expect, it } from "vitest";
import type { ImportedMessage } from "../../agents/agent.ts";
import { importHistory } from "./import-history.ts";

const run = { id: "run-1", number: 1 };
const begun = reduce(EMPTY_CONVERSATION, [
  { type: "run.started", run: "run-1", number: 1, agent: "claude", view: "terminal", origin: "new", at: 1 },
]);

const user = (id: string, more: Partial<ImportedMessage> = {}): ImportedMessage => message("user", id, more);
const agent = (id: string, more: Partial<ImportedMessage> = {}): ImportedMessage => message("assistant", id, more);

function message(role: ImportedMessage["role"], id: string, more: Partial<ImportedMessage>): ImportedMessage {
  return { id, role, at: 5, text: `text of ${id}`, tools: [], ...more };
}

const tool = (output: string | null): ImportedMessage["tools"][number] => ({ id: "t", tool: "Bash", title: "ls", output });

/** Looks again and again, as the agent's files grow. */
function look(before: Conversation, history: readonly ImportedMessage[], isLive: boolean): Conversation {
  return reduce(before, importHistory(before, history, { run, at: 9, isLive }));
}

const turns = ({ turns: all }: Conversation): unknown[] => Object.values(all).map(({ state, cause }) => cause ?? state);
const entries = (now: Conversation): string[] => now.entries.map(({ id }) => id);

describe("an agent in its terminal, looked at in mid-turn", () => {
  const asked = [user("u1"), agent("a1", { ends: "completed" }), user("u2")];
  const atWork = [...asked, agent("a2", { tools: [tool(null)] })];
  const done = [...asked, agent("a2", { tools: [tool("out")] }), agent("a3", { ends: "completed" })];

  it("has its finished turns here, and the one that runs not yet", () => {
    for (const history of [asked, atWork]) {
      const now = look(begun, history, true);
      expect(turns(now)).toEqual(["completed"]);
      expect(entries(now)).toEqual(["u1", "r1.a1"]);
    }
  });

  it("has the rest with the next look, once, as it ended", () => {
    let now = begun;
    for (const history of [asked, atWork, done, done]) now = look(now, history, true);
    expect(turns(now)).toEqual(["completed", "completed"]);
    expect(entries(now)).toEqual(["u1", "r1.a1", "u2", "r1.a2", "r1.a3"]);
    expect(now.messages["r1.a2"]?.parts.at(-1)).toMatchObject({ status: "completed", output: "out" });
    expect(now.runningTurn).toBeNull();
  });

  it("whose files do not say where a turn ends has it here as soon as the next begins", () => {
    const first = [user("u1"), agent("a1")];
    expect(entries(look(begun, first, true))).toEqual([]);
    expect(turns(look(begun, [...first, user("u2")], true))).toEqual(["completed"]);
  });
});

describe("an agent that is gone", () => {
  it.each([
    ["a message without an answer", [user("u1")], "agent-ended"],
    ["a tool without an answer", [user("u1"), agent("a1", { tools: [tool(null)] })], "agent-ended"],
    ["an answer", [user("u1"), agent("a1", { tools: [tool("x")] })], "completed"],
    ["an answer that was stopped", [user("u1"), agent("a1", { ends: "interrupted" })], "stopped"],
    ["an answer that failed", [user("u1", { ends: "failed" })], "unknown"],
  ] as const)("leaves %s as it was: %#", (_, history, end) => {
    expect(turns(look(begun, history, false))).toEqual([end]);
  });

  it("is not taken for interrupted because of a tool that told nothing", () => {
    const now = look(begun, [user("u1"), agent("a1", { tools: [tool(null)], ends: "completed" })], false);
    expect(now.messages["r1.a1"]?.parts.at(-1)).toMatchObject({ status: "completed" });
  });
});

it("what was said here is not doubled, whatever its id", () => {
  const said: ChatEvent[] = [
    { type: "input.accepted", input: "here", text: "text of u1", at: 2 },
    { type: "input.dispatched", input: "here", run: "run-1", at: 2 },
    { type: "turn.started", turn: "t", run: "run-1", input: "here", at: 2 },
    { type: "message.started", message: "r1.a1", turn: "t", at: 3 },
    { type: "part.started", message: "r1.a1", part: "r1.p", kind: "text", at: 3 },
    { type: "part.delta", message: "r1.a1", part: "r1.p", text: "text of a1", at: 3 },
    { type: "turn.ended", turn: "t", end: "completed", at: 4 },
  ];
  const before = reduce(begun, said);
  expect(importHistory(before, [user("u1"), agent("a1", { ends: "completed" })], { run, at: 9 })).toEqual([]);
});

it("an answer that the agent's record has with other blanks at its end was heard to its end", () => {
  const heard = look(begun, [user("u1"), agent("a1", { ends: "completed" })], false);
  expect(importHistory(heard, [user("u1"), agent("a1", { text: "text of a1\n\n" })], { run, at: 9 })).toEqual([]);
  const more = importHistory(heard, [user("u1"), agent("a1", { text: "text of a1, and more" })], { run, at: 9 });
  expect(more).toMatchObject([{ type: "part.updated", text: "text of a1, and more" }, { code: "finished-unheard" }]);
});

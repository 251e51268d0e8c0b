import { expect, test } from "vitest";
import { answered, asked, ended, READY, told } from "./chat-cases.ts";
import { transcriptRows, type Row } from "./transcript-rows.ts";

function keys(rows: readonly Row[]): readonly string[] {
  return rows.map(({ key }) => key);
}

test("what was said stands in its order; a message without a word is left out", () => {
  const conversation = told(
    ...READY,
    ...asked("a", "one"),
    { type: "message.started", message: "silent", turn: "t-a" },
    { type: "message.ended", message: "silent" },
    ...answered("a", "yes"),
    ended("a"),
    { type: "notice", notice: "n", level: "info", code: "x", text: "a line" },
    ...asked("b", "two"),
  );
  expect(keys(transcriptRows(conversation))).toEqual(["input a", "message m-a", "notice n", "input b"]);
});

test("an interrupted turn is closed by its line, where it ended; only the last one can go on", () => {
  const cut = { type: "turn.ended", end: "interrupted", cause: "agent-ended" } as const;
  const conversation = told(...READY, ...asked("a", "one"), ...answered("a", "I was"), { ...cut, turn: "t-a" }, ...asked("b", "two"), {
    ...cut,
    turn: "t-b",
  });
  const rows = transcriptRows(conversation);
  expect(keys(rows)).toEqual(["input a", "message m-a", "turn-end t-a", "input b", "turn-end t-b"]);
  expect(rows.flatMap((row) => (row.is === "turn-end" ? [row.isLast] : []))).toEqual([false, true]);
});

test("a question about a tool call stands with it, another behind its turn, one without a turn at the end", () => {
  const question = { type: "approval.requested", run: "r1", title: "May I?", options: [] } as const;
  const conversation = told(
    ...READY,
    ...asked("a", "one"),
    ...answered("a", "look"),
    { type: "part.started", message: "m-a", part: "tool", kind: "tool", tool: "shell", toolKind: "execute", title: "ls" },
    { ...question, approval: "with-tool", turn: "t-a", part: "tool" },
    { ...question, approval: "of-turn", turn: "t-a" },
    { ...question, approval: "lost", part: "nowhere" },
    { ...question, approval: "of-unknown-turn", turn: "none" },
  );
  const rows = transcriptRows(conversation);
  expect(keys(rows)).toEqual(["input a", "message m-a", "approval of-turn", "approval lost", "approval of-unknown-turn"]);
  expect(rows.flatMap((row) => (row.is === "message" ? row.approvals.map(({ id }) => id) : []))).toEqual(["with-tool"]);
});

test("what did not change keeps its identity", () => {
  const before = told(...READY, ...asked("a", "one"), ...answered("a", "x"), ended("a"), ...asked("b", "two"));
  const [first] = transcriptRows(before);
  const [second] = transcriptRows({ ...before, title: "new" });
  expect(first?.is === "input" && second?.is === "input" && first.input === second.input).toBe(true);
});

import { MAX_ERROR_TEXT, type ChatEvent } from "@perdure/protocol";
import { expect, it, test } from "vitest";
import { withSafeTexts } from "./safe-texts.ts";

const secret = "Ab3".repeat(10);
const said = `Authorization: Bearer ${secret}`;

const errors: readonly ((text: string) => ChatEvent)[] = [
  (text) => ({ type: "notice", notice: "n", level: "error", code: "x", text, at: 1 }),
  (text) => ({ type: "agent.failed", run: "r", reason: "auth", text, at: 1 }),
  (text) => ({ type: "turn.ended", turn: "t", end: "failed", cause: "auth", text, at: 1 }),
  (text) => ({ type: "approval.expired", approval: "a", text, at: 1 }),
  (text) => ({ type: "part.started", message: "m", part: "p", kind: "error", text, at: 1 }),
];

test.each(errors.map((make) => [make("").type, make] as const))("an error in %s has a text, a bounded one, without secrets", (_, make) => {
  expect(withSafeTexts(make(said))).toEqual(make("Authorization: Bearer [secret]"));
  expect(withSafeTexts(make(""))).toEqual(make("(Response failed — no error detail available.)"));
  const long = withSafeTexts(make("x".repeat(9_000)));
  expect("text" in long && long.text?.length).toBe(MAX_ERROR_TEXT);
});

it("leaves alone what people and agents say, and what an approval is about", () => {
  const events: ChatEvent[] = [
    { type: "input.accepted", input: "i", text: said, at: 1 },
    { type: "part.delta", message: "m", part: "p", text: said, at: 1 },
    { type: "approval.requested", approval: "a", run: "r", title: said, options: [], at: 1 },
    { type: "turn.ended", turn: "t", end: "completed", at: 1 },
    { type: "notice", notice: "n", level: "info", code: "x", text: "As it is.", at: 1 },
  ];
  for (const event of events) expect(withSafeTexts(event)).toBe(event);
});

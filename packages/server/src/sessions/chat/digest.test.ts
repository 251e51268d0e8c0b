import { EMPTY_CONVERSATION, reduce, type ChatEvent } from "@perdure/protocol";
import { expect, test } from "vitest";
import { digest, MAX_DIGEST_CHARACTERS } from "./digest.ts";

function exchange(number: number, answer: string): ChatEvent[] {
  const [input, message, at] = [`i${number}`, `m${number}`, number];
  return [
    { type: "input.accepted", input, text: `question ${number}`, at },
    { type: "input.dispatched", input, run: "r", at },
    { type: "message.started", message, turn: "t", at },
    { type: "part.started", message, part: "p", kind: "text", at },
    { type: "part.delta", message, part: "p", text: answer, at },
  ];
}

test("nothing was said: there is no digest", () => {
  expect(digest(EMPTY_CONVERSATION, "")).toBeNull();
});

test("it holds what was said in its order, without the message that is about to be sent", () => {
  const conversation = reduce(EMPTY_CONVERSATION, [...exchange(1, "one"), ...exchange(2, "two")]);
  const text = digest(conversation, "i2") ?? "";
  expect(text).toMatch(/User: question 1\n\nAssistant: one\n\nAssistant: two/);
  expect(text).not.toContain("question 2");
});

test("the newest that fits is kept, never more than the limit", () => {
  const events = Array.from({ length: 50 }, (_, index) => exchange(index, `answer ${index} ${"x".repeat(3000)}`)).flat();
  const text = digest(reduce(EMPTY_CONVERSATION, events), "") ?? "";
  expect(text.length).toBeLessThanOrEqual(MAX_DIGEST_CHARACTERS);
  expect(text).toContain("answer 49");
  expect(text).not.toContain("answer 3 ");
});

test("of a long message both ends are kept", () => {
  const conversation = reduce(EMPTY_CONVERSATION, exchange(1, `begin${"x".repeat(50_000)}end`));
  expect(digest(conversation, "")).toMatch(/begin[^]*\[…\][^]*end/);
});

import { EMPTY_CONVERSATION, reduce, type ChatEvent, type Conversation } from "@perdure/protocol";
import { expect, test } from "vitest";
import { accepted } from "./requests.ts";

const ACCEPTED: ChatEvent = { type: "input.accepted", input: "i", text: "first", at: 1 };

function conversation(...events: readonly ChatEvent[]): Conversation {
  return reduce(EMPTY_CONVERSATION, [ACCEPTED, ...events]);
}

function again(text: string, known: Conversation): ChatEvent[] {
  return accepted(known, { input: "i", text, by: undefined, at: 9 });
}

test("the same message again changes nothing, whatever has become of it", () => {
  const dispatched: ChatEvent = { type: "input.dispatched", input: "i", run: "r", at: 2 };
  expect(again("first", conversation())).toEqual([]);
  expect(again("first", conversation(dispatched))).toEqual([]);
  expect(again("first", conversation({ type: "input.removed", input: "i", at: 2 }))).toEqual([]);
});

test("another text under its id is refused, and not taken for it", () => {
  expect(() => again("other", conversation())).toThrow(expect.objectContaining({ code: "idempotency-key-reused" }));
});

test("who repeats a message that was edited meanwhile, having heard no answer, is told that it is there", () => {
  const edited = conversation({ type: "input.edited", input: "i", text: "better", at: 2 });
  expect(again("first", edited)).toEqual([]);
  expect(again("better", edited)).toEqual([]);
  expect(edited.inputs["i"]).toMatchObject({ text: "better", state: "accepted" });
});

import { EMPTY_CONVERSATION, reduce, type ChatEvent, type Conversation } from "@perdure/protocol";
import { describe, expect, test } from "vitest";
import { accepted, answered } from "./requests.ts";

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

function answer(known: Conversation, option = "yes", approval = "a"): ChatEvent[] {
  return answered(known, { approval, option, note: undefined, by: undefined }, 9);
}

describe("an answer to an approval", () => {
  const options = [{ id: "yes", label: "Yes", kind: "allow-once" }] as const;
  const asked: ChatEvent = { type: "approval.requested", approval: "a", run: "r", title: "May I?", options, at: 2 };
  const yes: ChatEvent = { type: "approval.answered", approval: "a", option: "yes", at: 3 };

  test("counts once, and only while it is open", () => {
    expect(answer(conversation(asked))).toMatchObject([{ type: "approval.answered", option: "yes" }]);
    for (const closed of [
      [yes],
      [yes, { type: "approval.delivered", approval: "a", at: 4 }],
      [{ type: "approval.expired", approval: "a", text: "x", at: 3 }],
    ]) {
      expect(() => answer(conversation(asked, ...(closed as ChatEvent[])))).toThrow(expect.objectContaining({ code: "approval-closed" }));
    }
  });

  test("is one that was offered, to one that was asked", () => {
    expect(() => answer(conversation(asked), "no")).toThrow(expect.objectContaining({ code: "unknown-approval" }));
    expect(() => answer(conversation(asked), "yes", "constructor")).toThrow(expect.objectContaining({ code: "unknown-approval" }));
  });
});

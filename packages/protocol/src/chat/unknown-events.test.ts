import { describe, expect, test } from "vitest";
import { EMPTY_CONVERSATION, type Conversation } from "./conversation.ts";
import { parseChatEvent, type ChatEvent, type DriverEvent } from "./events.ts";
import { reduce } from "./reduce.ts";

const then = (conversation: Conversation, ...bodies: readonly DriverEvent[]): Conversation =>
  reduce(
    conversation,
    bodies.map((body, index) => ({ ...body, at: index + 1 })),
  );
const after = (...bodies: readonly DriverEvent[]): Conversation => then(EMPTY_CONVERSATION, ...bodies);
const accepted = (input: string): DriverEvent => ({ type: "input.accepted", input, text: input });
const dispatched = (input: string): DriverEvent => ({ type: "input.dispatched", input, run: "r1" });
const said = (message: string): DriverEvent => ({ type: "message.started", message, turn: "t1" });
const asked = (approval: string): DriverEvent => ({ type: "approval.requested", approval, run: "r1", title: "May I?", options: [] });
const expired = (approval: string): DriverEvent => ({ type: "approval.expired", approval, text: "It ended." });

describe("what this release does not know", () => {
  const unknown = { type: "weather.changed", at: 1, sky: "blue" } as unknown as ChatEvent;

  test("changes nothing at all", () => {
    const before = after(accepted("a"));
    expect(reduce(before, [unknown])).toBe(before);
    expect(reduce(before, [{ type: "toString", at: 1 } as unknown as ChatEvent])).toBe(before);
    expect(reduce(before, [])).toBe(before);
  });

  test("is parsed as an event, and what is no event is not", () => {
    expect(parseChatEvent(JSON.stringify(unknown))).toEqual(unknown);
    for (const line of ["", "{", "null", "[]", '"x"', '{"type":"notice"}', '{"at":1}', '{"type":1,"at":1}', '{"type":"x","at":"1"}'])
      expect(parseChatEvent(line)).toBeNull();
  });

  test("ids that are names of every object are ids like others", () => {
    const conversation = after(accepted("constructor"), dispatched("constructor"), said("toString"), asked("valueOf"));
    expect(conversation).toMatchObject({ entries: [{ id: "constructor" }, { id: "toString" }], openApprovals: ["valueOf"] });
    expect(then(conversation, expired("valueOf")).openApprovals).toEqual([]);
    expect(then(after(), expired("constructor"), said("__proto__"), said("__proto__")).entries).toEqual([
      { is: "message", id: "__proto__" },
    ]);
    const own = then(after(), accepted("__proto__"), dispatched("__proto__"));
    expect(Object.values(own.inputs)).toMatchObject([{ id: "__proto__", state: "dispatched" }]);
    expect(JSON.parse(JSON.stringify(own))).toEqual(own);
  });
});

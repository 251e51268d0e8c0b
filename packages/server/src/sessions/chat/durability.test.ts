import type { ChatEvent } from "@perdure/protocol";
import { expect, test } from "vitest";
import { durabilityOf } from "./durability.ts";

const said: ChatEvent = { type: "part.delta", message: "m", part: "p", text: "x", at: 1 };

test.each<ChatEvent>([
  { type: "input.accepted", input: "i", text: "x", at: 1 },
  { type: "input.edited", input: "i", text: "x", at: 1 },
  { type: "input.removed", input: "i", at: 1 },
  { type: "input.requeued", input: "i", at: 1 },
  { type: "input.dispatched", input: "i", run: "r", at: 1 },
  { type: "approval.answered", approval: "a", option: "yes", at: 1 },
  { type: "turn.ended", turn: "t", end: "completed", at: 1 },
])("what a person sent or decided, and the end of a turn, is on the disk before it is told: $type", (event) => {
  expect(durabilityOf([said, event])).toBe("full");
});

test("what the agent says does not wait for the disk", () => {
  expect(durabilityOf([said, { type: "input.consumed", input: "i", at: 1 }, { type: "message.ended", message: "m", at: 1 }])).toBe(
    "normal",
  );
});

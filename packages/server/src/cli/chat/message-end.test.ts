import { expect, test } from "vitest";
import { after, approval, asked, ended, more, run } from "../testing/talk.ts";
import { endOfMessage, turnOf } from "./message-end.ts";

test("a message goes on until its turn is over", () => {
  const working = after(run(), asked("i"));
  expect(endOfMessage(working, "i")).toBeUndefined();
  expect(endOfMessage(working, "unknown")).toBeUndefined();
  expect(endOfMessage(more(working, ended("i")), "i")).toMatchObject({ is: "ended", turn: { state: "completed" } });
  expect(endOfMessage(more(working, ended("i", "failed")), "i")).toMatchObject({ is: "ended", turn: { state: "failed" } });
});

test("an approval of its turn is told, one of another turn is not", () => {
  expect(endOfMessage(after(run(), asked("i"), approval("i")), "i")).toMatchObject({ is: "asking", approvals: [{ id: "a1" }] });
  expect(endOfMessage(after(run(), asked("i"), approval("other")), "i")).toBeUndefined();
});

test("what waits for a decision says why", () => {
  const held = after([
    { type: "input.accepted", input: "i", text: "x" },
    { type: "notice", notice: "n", level: "warning", code: "auth", text: "Sign in.", offers: ["retry"] },
    { type: "input.held", input: "i", notice: "n" },
  ]);
  expect(endOfMessage(held, "i")).toMatchObject({ is: "undecided", state: "held", notice: { text: "Sign in." } });
  expect(endOfMessage(more(held, [{ type: "input.removed", input: "i" }]), "i")).toEqual({ is: "removed" });
  const unknown = after(run(), [
    { type: "input.accepted", input: "i", text: "x" },
    { type: "input.dispatched", input: "i", run: "r1" },
    { type: "input.unknown", input: "i" },
  ]);
  expect(endOfMessage(unknown, "i")).toMatchObject({ is: "undecided", state: "unknown" });
});

test("a message that is sent again after a lost run is not over with the turn of that run", () => {
  const lost = after(run(), [
    { type: "input.accepted", input: "i", text: "x" },
    { type: "input.dispatched", input: "i", run: "r1" },
    { type: "turn.started", turn: "t1", run: "r1", input: "i" },
    { type: "turn.ended", turn: "t1", end: "interrupted", cause: "host-died" },
    { type: "input.requeued", input: "i" },
  ]);
  expect(endOfMessage(lost, "i")).toBeUndefined();
  const again = more(lost, run("r2", 2), [{ type: "input.dispatched", input: "i", run: "r2" }]);
  expect(endOfMessage(again, "i")).toBeUndefined();
  expect(turnOf(again, "i")).toBeUndefined();
  const answered = more(again, [
    { type: "turn.started", turn: "t2", run: "r2", input: "i" },
    { type: "turn.ended", turn: "t2", end: "completed" },
  ]);
  expect(endOfMessage(answered, "i")).toMatchObject({ is: "ended", turn: { id: "t2" } });
});

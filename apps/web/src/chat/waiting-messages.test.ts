import type { OutgoingMessage } from "@perdure/client";
import { expect, test } from "vitest";
import { asked, READY, told } from "./chat-cases.ts";
import { waitingMessages, type Waiting } from "./waiting-messages.ts";

function outgoing(id: string, state: OutgoingMessage["state"] = { is: "waiting" }): OutgoingMessage {
  return { id, session: "s", text: id, createdAt: 0, state };
}

function ids(waiting: readonly Waiting[]): readonly string[] {
  return waiting.map(({ is, id }) => `${is} ${id}`);
}

test("what is only on its way stands in the transcript, the server's before this device's", () => {
  const conversation = told(...READY, { type: "input.accepted", input: "a", text: "a" });
  const { onTheirWay, queue } = waitingMessages(conversation, [outgoing("b", { is: "sending" }), outgoing("c")]);
  expect(ids(onTheirWay)).toEqual(["queued a", "outgoing b", "outgoing c"]);
  expect(queue).toEqual([]);
});

test("behind a turn they queue", () => {
  const conversation = told(...READY, ...asked("now", "now"), { type: "input.accepted", input: "a", text: "a" });
  expect(ids(waitingMessages(conversation, [outgoing("b")]).queue)).toEqual(["queued a", "outgoing b"]);
});

test("a message that both know is the server's", () => {
  const conversation = told(...READY, ...asked("a", "a"));
  expect(waitingMessages(conversation, [outgoing("a", { is: "sending" })])).toEqual({ onTheirWay: [], queue: [] });
});

test("what needs a decision is in the queue, with the line that says why", () => {
  const conversation = told(
    ...READY,
    { type: "input.accepted", input: "a", text: "a" },
    { type: "notice", notice: "n", level: "warning", code: "auth", text: "Not signed in.", offers: ["retry"] },
    { type: "input.held", input: "a", notice: "n" },
  );
  const [held] = waitingMessages(conversation, []).queue;
  expect(held?.is === "held" && held.notice?.text).toBe("Not signed in.");
  expect(ids(waitingMessages(undefined, [outgoing("b", { is: "expired" })]).queue)).toEqual(["outgoing b"]);
  expect(ids(waitingMessages(undefined, [outgoing("b", { is: "refused", code: "x", text: "no" })]).queue)).toEqual(["outgoing b"]);
});

import { expect, test } from "vitest";
import { after, asked, ended, more, run, text } from "../testing/talk.ts";
import { TurnText } from "./turn-text.ts";

test("each word comes once, however often one looks", () => {
  const words = new TurnText();
  const first = after(run(), asked("i"), text("i", "p1", "Hello"));
  expect(words.next(first, "t.i")).toBe("Hello");
  expect(words.next(first, "t.i")).toBe("");
  expect(words.next(more(first, [{ type: "part.delta", message: "m.i", part: "p1", text: " there" }]), "t.i")).toBe(" there");
  expect(words.end()).toBe("\n");
});

test("parts are separated by an empty line; tools, reasoning and helper agents are not in it", () => {
  const conversation = after(run(), asked("i"), text("i", "p1", "One.\n"), [
    { type: "part.started", message: "m.i", part: "p2", kind: "tool", tool: "sh", toolKind: "execute", title: "ls" },
    { type: "part.started", message: "m.i", part: "p3", kind: "reasoning" },
    { type: "part.delta", message: "m.i", part: "p3", text: "hm" },
    { type: "part.started", message: "m.i", part: "p4", kind: "text" },
    { type: "part.delta", message: "m.i", part: "p4", text: "Two." },
    { type: "message.started", message: "helper", turn: "t.i", parent: "p2" },
    { type: "part.started", message: "helper", part: "p5", kind: "text" },
    { type: "part.delta", message: "helper", part: "p5", text: "not this" },
  ]);
  const words = new TurnText();
  expect(words.next(conversation, "t.i")).toBe("One.\n\nTwo.");
  expect(words.end()).toBe("\n");
});

test("a text that was replaced is said again as a whole; another turn's is not said", () => {
  const words = new TurnText();
  const first = after(run(), asked("i"), text("i", "p1", "Wrong"));
  words.next(first, "t.i");
  expect(words.next(more(first, [{ type: "part.updated", message: "m.i", part: "p1", text: "Right" }]), "t.i")).toBe("\n\nRight");
  expect(words.next(more(first, ended("i"), asked("j"), text("j", "q1", "other")), "t.i")).not.toContain("other");
  expect(new TurnText().end()).toBe("");
});

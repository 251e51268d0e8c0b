import { expect, test } from "vitest";
import { newerText } from "./drafts.ts";

test("a page that was left before the database had the last words finds them in the tab", () => {
  expect(newerText({ text: "to be or not", at: 2 }, { text: "to be", at: 1 })).toBe("to be or not");
});

test("a message that was sent does not come back from the database", () => {
  expect(newerText({ text: "", at: 2 }, { text: "sent", at: 1 })).toBe("");
});

test("what was written later in another tab counts", () => {
  expect(newerText({ text: "here", at: 1 }, { text: "there", at: 2 })).toBe("there");
});

test("a killed browser has only the database, a new session nothing", () => {
  expect(newerText(undefined, { text: "kept", at: 1 })).toBe("kept");
  expect(newerText(undefined, undefined)).toBe("");
});

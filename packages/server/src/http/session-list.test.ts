import { encodeControl } from "@perdure/protocol";
import { expect, test } from "vitest";
import { sessionInfo } from "../cli/testing/fake-client.ts";
import { listInParts, MAX_PART_BYTES } from "./session-list.ts";

const HEAD_BYTES = 100;

test("5,000 sessions come in order, in frames of bounded size, and only the last says nothing of more", () => {
  const sessions = Array.from({ length: 5000 }, (_, index) => ({ ...sessionInfo(), id: `s${index}`, cwd: `/${"ä".repeat(100)}` }));
  const parts = [...listInParts(sessions)];
  expect(parts.flatMap((part) => part.sessions.map(({ id }) => id))).toEqual(sessions.map(({ id }) => id));
  expect(parts.length).toBeGreaterThan(5);
  for (const part of parts) expect(encodeControl(part).length).toBeLessThanOrEqual(MAX_PART_BYTES + HEAD_BYTES);
  expect(parts.map(({ more }) => more)).toEqual([...parts.slice(1).map(() => true), undefined]);
});

test("a session larger than a part has one of its own", () => {
  const large = { ...sessionInfo(), command: ["x".repeat(2 * MAX_PART_BYTES)] };
  expect([...listInParts([sessionInfo(), large, sessionInfo()])].map((part) => part.sessions.length)).toEqual([1, 1, 1]);
});

test("no sessions are one empty list", () => {
  expect([...listInParts([])]).toEqual([{ type: "sessions", sessions: [] }]);
});

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { SessionInfo } from "@perdure/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sessionInfo } from "./testing/fake-client.ts";
import { LastUsed, sessionToReturnTo, type LastUse } from "./last-used.ts";

let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-last-"));
});

afterEach(() => fs.rmSync(directory, { recursive: true }));

function session(id: string, lastActivityAt: number, cwd = "/", isAlive = true): SessionInfo {
  const base = isAlive ? sessionInfo() : sessionInfo({ is: "exited", code: 0, signal: null, at: 0 });
  return { ...base, id, lastActivityAt, cwd };
}

const use = (id: string, where: string, terminal: string): LastUse => ({ session: id, directory: where, terminal, at: 1 });

test("a use is remembered, newest first, and only once", () => {
  const lastUsed = new LastUsed(directory);
  lastUsed.remember(use("a", "/x", "t1"));
  lastUsed.remember(use("b", "/x", "t1"));
  lastUsed.remember(use("a", "/x", "t1"));
  expect(lastUsed.read().map((each) => each.session)).toEqual(["a", "b"]);
  expect(fs.statSync(path.join(directory, "last-used.json")).mode & 0o777).toBe(0o600);
});

test("at the limit the oldest is forgotten", () => {
  const lastUsed = new LastUsed(directory);
  for (let index = 0; index < 205; index += 1) lastUsed.remember(use(String(index), "/x", "t1"));
  expect(lastUsed.read().length).toBe(200);
  expect(lastUsed.read().at(-1)?.session).toBe("5");
});

test("a damaged file or a directory that cannot be written harms nobody", () => {
  fs.writeFileSync(path.join(directory, "last-used.json"), "{half");
  expect(new LastUsed(directory).read()).toEqual([]);
  expect(() => new LastUsed(path.join(directory, "missing")).remember(use("a", "/", ""))).not.toThrow();
});

test("the session last used in this directory is the one to return to, then that of this terminal", () => {
  const sessions = [session("a", 1), session("b", 2), session("c", 3)];
  const uses = [use("b", "/elsewhere", "t1"), use("a", "/here", "t9")];
  expect(sessionToReturnTo(sessions, uses, { directory: "/here", terminal: "t1" })?.id).toBe("a");
  expect(sessionToReturnTo(sessions, uses, { directory: "/other", terminal: "t1" })?.id).toBe("b");
});

test("without a use it is one started in this directory, then the latest activity", () => {
  const sessions = [session("a", 1, "/here"), session("b", 9, "/else")];
  expect(sessionToReturnTo(sessions, [], { directory: "/here", terminal: "" })?.id).toBe("a");
  expect(sessionToReturnTo(sessions, [], { directory: "/other", terminal: "" })?.id).toBe("b");
});

test("a living session comes before one that has ended, and a deleted one is not returned to", () => {
  const sessions = [session("ended", 9, "/here", false), session("alive", 1, "/else")];
  const uses = [use("deleted", "/here", ""), use("ended", "/here", "")];
  expect(sessionToReturnTo(sessions, uses, { directory: "/here", terminal: "" })?.id).toBe("alive");
  expect(sessionToReturnTo(sessions.slice(0, 1), uses, { directory: "/here", terminal: "" })?.id).toBe("ended");
  expect(sessionToReturnTo([], uses, { directory: "/here", terminal: "" })).toBeUndefined();
});

import type { ChatSummary, SessionInfo } from "@perdure/protocol";
import { expect, test } from "vitest";
import { describeSession, describeState, sessionTable } from "./session-table.ts";
import { styleFor } from "./style.ts";
import { IDLE_CHAT, sessionInfo } from "./testing/fake-client.ts";

const plain = styleFor({}, {});

test("states are told in words", () => {
  expect(describeState({ is: "exited", code: 3, signal: null, at: 0 })).toBe("exited 3");
  expect(describeState({ is: "exited", code: null, signal: "SIGKILL", at: 0 })).toBe("ended by SIGKILL");
  expect(describeState({ is: "exited", code: null, signal: null, at: 0 })).toBe("exited");
  expect(describeState({ is: "lost", reason: "power-cut", at: 0 })).toBe("lost: power cut");
  expect(describeState({ is: "failed", code: "cwd-missing", message: "", at: 0 })).toBe("failed: cwd-missing");
});

test("a session that rang says so", () => {
  expect(describeSession({ ...sessionInfo(), attention: { reason: "bell", at: 0 } })).toBe("running, rang");
  expect(describeSession({ ...sessionInfo(), attention: { reason: "notification", at: 0 } })).toBe("running, notified");
});

test("the listing says who watches, and hidden watchers in parentheses", () => {
  const watched: SessionInfo = {
    ...sessionInfo(),
    command: ["npm", "test"],
    watchers: [
      { kind: "cli", name: "terminal", visible: true, since: 0, controls: true },
      { kind: "web", name: "Phone", visible: false, since: 0, controls: false },
    ],
  };
  expect(sessionTable([watched, sessionInfo()], 60_000, plain)).toEqual([
    "NAME  STATE    ACTIVITY   WATCHED BY         COMMAND   DIRECTORY  ID",
    "work  running  1 min ago  terminal, (Phone)  npm test  /          s1",
    "work  running  1 min ago  -                  sh        /          s1",
  ]);
});

test("a chat says what its agent does, and what waits", () => {
  const chat: ChatSummary = { ...IDLE_CHAT, agent: "claude", state: "asking", messages: 3, queued: 2, approvals: 1, undecided: 1 };
  const session: SessionInfo = { ...sessionInfo(), command: ["/usr/bin/claude", "--flags"], chat };
  expect(describeSession(session)).toBe("asking, 1 approval, 2 queued, 1 undecided");
  expect(sessionTable([session], 60_000, plain)[1]).toContain("claude (chat)");
  const asleep = { ...chat, state: "asleep", approvals: 0, queued: 0, undecided: 0 } as const;
  expect(describeSession({ ...session, chat: asleep })).toBe("asleep");
  const lost = sessionInfo({ is: "lost", reason: "host-died", at: 0 });
  expect(describeSession({ ...lost, chat: asleep })).toBe("asleep (lost: host died)");
  expect(describeSession({ ...session, chat: { ...asleep, view: "terminal" } })).toBe("running");
});

test("in a terminal of 80 columns a listing takes one line a session", () => {
  const long = {
    ...sessionInfo(),
    name: "a name of a session that is long",
    command: ["npm", "run", "dev", "--", "--host", "0.0.0.0"],
    cwd: "/home/somebody/projects/one/packages/web",
  };
  expect(sessionTable([long], 0, plain, 80).every((line) => line.length <= 80)).toBe(true);
  expect(sessionTable([long], 0, plain)[1]).toContain(long.id);
});

import type { SessionInfo } from "@perdure/protocol";
import { expect, test } from "vitest";
import { describeSession, describeState, sessionTable } from "./session-table.ts";
import { styleFor } from "./style.ts";
import { sessionInfo } from "./testing/fake-client.ts";

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
      { kind: "cli", name: "terminal", visible: true, since: 0 },
      { kind: "web", name: "Phone", visible: false, since: 0 },
    ],
  };
  expect(sessionTable([watched, sessionInfo()], 60_000, plain)).toEqual([
    "NAME  STATE    ACTIVITY   WATCHED BY         COMMAND   DIRECTORY  ID",
    "work  running  1 min ago  terminal, (Phone)  npm test  /          s1",
    "work  running  1 min ago  -                  sh        /          s1",
  ]);
});

import type { Watcher } from "@perdure/protocol";
import { expect, test } from "vitest";
import { attentionWords, endSentence, stateWords, watcherWords } from "./state-words.ts";

const HOUR = 3_600_000;
const watcher = (name: string, visible = true): Watcher => ({ kind: "web", name, visible, since: 0, controls: false });

test("each state says what it is and for how long", () => {
  expect(stateWords({ is: "starting", at: 0 }, 5)).toBe("Starting");
  expect(stateWords({ is: "running", pid: 1, at: 0 }, 2 * HOUR)).toBe("Running 2 h");
  expect(stateWords({ is: "exited", code: 0, signal: null, at: 0 }, 300_000)).toBe("Exited 0 · 5 min ago");
  expect(stateWords({ is: "exited", code: null, signal: "SIGKILL", at: 0 }, 300_000)).toBe("Ended by SIGKILL · 5 min ago");
  expect(stateWords({ is: "lost", reason: "host-died", at: 0 }, 0)).toBe("Lost: its host process died");
  expect(stateWords({ is: "failed", code: "cwd-missing", message: "", at: 0 }, 0)).toMatch(/^Could not start: .*working directory/);
});

test("a run that is over gets one sentence, a living one none", () => {
  expect(endSentence({ is: "running", pid: 1, at: 0 }, 0)).toBeUndefined();
  expect(endSentence({ is: "exited", code: 0, signal: null, at: 0 }, 0)).toBe("The program exited normally, just now.");
  expect(endSentence({ is: "exited", code: 3, signal: null, at: 0 }, 120_000)).toBe("The program exited with code 3, 2 min ago.");
  expect(endSentence({ is: "lost", reason: "power-cut", at: 0 }, 0)).toBe("The program was lost: the machine lost power.");
});

test("a notification is shown in its own words, a silent one in ours", () => {
  expect(attentionWords({ reason: "notification", text: "May I?", at: 0 }, 0)).toBe("May I?");
  expect(attentionWords({ reason: "notification", at: 0 }, 120_000)).toBe("Notified 2 min ago");
  expect(attentionWords({ reason: "bell", at: 0 }, 120_000)).toBe("Rang the bell 2 min ago");
});

test("only who can see it watches, each device once", () => {
  expect(watcherWords([])).toBe("");
  expect(watcherWords([watcher("Laptop"), watcher("Phone", false), watcher("Laptop")])).toBe("Laptop");
  expect(watcherWords([watcher("A"), watcher("B"), watcher("C"), watcher("D")])).toBe("A and 3 more");
});

import type { Approval, Turn } from "@perdure/protocol";
import { describe, expect, test } from "vitest";
import { IDLE_CHAT } from "../testing/sample-session.ts";
import { answered, asked, ended, READY, told } from "./chat-cases.ts";
import { announcement } from "./announcement.ts";
import {
  approvalWords,
  costWords,
  countWords,
  messageWords,
  outgoingMark,
  recoveryWords,
  runStateWords,
  shortNumber,
  turnEndWords,
} from "./chat-words.ts";
import { fittingCommands } from "./command-completion.ts";
import { composerHint } from "./composer-hint.ts";
import { openOffers } from "./notice-offers.ts";
import { firstWindow, withNewer, withOlder } from "./row-window.ts";
import { streamingBadge } from "./streaming-words.ts";
import { toolInputText } from "./tool-input.ts";

describe("how a turn ended", () => {
  const turn = { id: "t", run: "r", state: "interrupted", isStopping: false, startedAt: 0 } as const satisfies Turn;

  test("names the real cause", () => {
    expect(turnEndWords({ ...turn, cause: "rebooted" })).toBe("response interrupted by a restart of the machine");
    expect(turnEndWords({ ...turn, cause: "stopped" })).toBe("response interrupted by Stop");
    expect(turnEndWords({ ...turn, cause: "agent-ended" })).toBe("response interrupted by the end of the agent's program");
    expect(turnEndWords(turn)).toBe("response interrupted by something that the server could not see");
    expect(turnEndWords({ ...turn, state: "failed", cause: "auth" })).toBe("response failed: the agent is not signed in");
    expect(turnEndWords({ ...turn, state: "completed" })).toBeUndefined();
  });
});

describe("the badge", () => {
  const running = told(...READY, ...asked("a", "x"));

  test("says what would interrupt the stream, and what would not", () => {
    const badge = streamingBadge(running, undefined, true, 0);
    expect(badge).toMatchObject({ tone: "live", words: "streaming" });
    expect(badge?.detail.join(" ")).toMatch(/closing the page.*does not interrupt it.*What would interrupt it: Stop/);
  });

  test("does not claim to know what it cannot", () => {
    const badge = streamingBadge(running, new Date(2026, 1, 3, 9, 5).getTime(), false, new Date(2026, 1, 3, 9, 30).getTime());
    expect(badge).toMatchObject({ tone: "past", words: "was streaming at 09:05" });
    expect(badge?.detail[0]).toContain("does not know");
  });

  test("says of a function of the server that it ends with the server", () => {
    const answering = told(...READY, ...asked("a", "x"));
    const detail = streamingBadge(answering, undefined, true, 0, true)?.detail.join(" ") ?? "";
    expect(detail).toContain("and the end of the server, also by a restart");
    expect(detail).not.toContain("restarting the server or upgrading it does not interrupt it");
  });

  test("follows the agent: stopping, asking, done", () => {
    expect(streamingBadge(told(...READY, ...asked("a", "x"), { type: "turn.stopping", turn: "t-a" }), undefined, true, 0)?.words).toBe(
      "stopping",
    );
    const question = { type: "approval.requested", approval: "q", run: "r1", title: "May I?", options: [] } as const;
    expect(streamingBadge(told(...READY, ...asked("a", "x"), question), undefined, true, 0)?.words).toBe("waits for you");
    expect(streamingBadge(told(...READY, ...asked("a", "x"), ended("a")), undefined, true, 0)).toBeUndefined();
    expect(streamingBadge(told(READY[0]!), undefined, true, 0)?.words).toBe("starting");
  });
});

describe("answers to questions", () => {
  const approval: Approval = {
    id: "q",
    run: "r1",
    title: "May I?",
    diffs: [],
    requestedAt: 0,
    state: { is: "open" },
    options: [{ id: "yes", label: "Allow once", kind: "allow-once" }],
  };

  test("say who answered, and whether the agent has it", () => {
    expect(approvalWords(approval)).toBeUndefined();
    expect(approvalWords({ ...approval, state: { is: "answered", option: "yes", by: "Phone", at: 1 } })).toBe(
      "Answered “Allow once” by Phone, not delivered to the agent yet",
    );
    expect(approvalWords({ ...approval, state: { is: "delivered", option: "yes", at: 1 } })).toBe("Answered “Allow once”");
    expect(approvalWords({ ...approval, state: { is: "expired", text: "The agent ended.", told: "no", at: 1 } })).toBe(
      "The agent ended. The agent was told no.",
    );
  });
});

test("counts say what there is and nothing else", () => {
  const summary = { ...IDLE_CHAT, messages: 3, approvals: 1, tokens: 12_345, costUsd: 0.004 };
  expect(countWords(summary)).toBe("3 messages · 1 question · 12k tokens · < $0.01");
  expect([999, 1000, 1234, 999_600, 2_500_000].map(shortNumber)).toEqual(["999", "1k", "1.2k", "1M", "2.5M"]);
  expect(costWords(1.239)).toBe("$1.24");
});

test("a message in the outbox says why it waits", () => {
  const message = { id: "a", session: "s", text: "x", createdAt: 0, state: { is: "waiting" } } as const;
  expect(outgoingMark(message, false, 0).words).toBe("Waiting for the connection");
  expect(outgoingMark(message, true, 0).words).toBe("Waiting");
  expect(outgoingMark({ ...message, state: { is: "refused", code: "x", text: "Too long." } }, true, 0)).toEqual({
    words: "Not accepted",
    detail: "Too long.",
  });
});

test("commands are offered while one is being typed", () => {
  const commands = ["tour", "tool", "/history", "approve"].map((id) => ({ id, label: id }));
  const fitting = (text: string): readonly string[] => fittingCommands(text, commands).map(({ id }) => id);
  expect(fitting("/to")).toEqual(["tour", "tool", "/history"]);
  expect(fitting("/")).toHaveLength(4);
  expect(fitting("/tour")).toEqual([]);
  expect(fitting("/tour x")).toEqual([]);
  expect(fitting("a /to")).toEqual([]);
});

test("the composer says what becomes of a message sent now", () => {
  expect(composerHint(told(...READY), true, 0)).toMatchObject({ action: "Send", line: "" });
  expect(composerHint(told(...READY, ...asked("a", "x")), true, 0).action).toBe("Queue");
  expect(composerHint(told(...READY), false, 0).line).toContain("kept on this device");
  expect(composerHint(told(...READY), true, 100_001).line).toBe("Too long by 1 characters.");
  const asleep = told(...READY, { type: "run.ended", run: "r1", cause: "parked", wasAsked: true });
  expect(composerHint(asleep, true, 0).line).toBe("The agent sleeps; a message wakes it.");
  const over = told(...READY, { type: "run.ended", run: "r1", cause: "exited", wasAsked: false });
  expect(composerHint(over, true, 0).line).toBe("The agent's program does not run; a message starts it.");
});

test("an offer stands as long as it can be taken up", () => {
  const notice = { type: "notice", notice: "n", level: "warning", code: "auth", text: "x", offers: ["retry"] } as const;
  const held = told(...READY, { type: "input.accepted", input: "a", text: "a" }, notice, { type: "input.held", input: "a", notice: "n" });
  expect(openOffers(held, held.notices["n"]!)).toBe("a");
  const decided = { ...held, queue: [] };
  expect(openOffers(decided, held.notices["n"]!)).toBeUndefined();
});

test("a tool's input is shown once, and plainly", () => {
  expect(toolInputText({ command: "ls -1" }, "ls -1")).toBe("");
  expect(toolInputText({ command: "ls -1" }, "List")).toBe("ls -1");
  expect(toolInputText({ a: 1, b: "x" }, "T")).toBe('{\n  "a": 1,\n  "b": "x"\n}');
  expect(toolInputText(undefined, "T")).toBe("");
});

test("a long transcript is in the page from its end on, and grows upwards", () => {
  expect(firstWindow(2000, undefined)).toBe(1940);
  expect(firstWindow(10, undefined)).toBe(0);
  expect(firstWindow(2000, 500)).toBe(485);
  expect(firstWindow(2000, -1)).toBe(1940);
  expect(withOlder(1940)).toBe(1880);
  expect(withOlder(20)).toBe(0);
  expect(withNewer(1000, 2000, true)).toBe(1940);
  expect(withNewer(1000, 2000, false)).toBe(1000);
  expect(withNewer(1000, 5, true)).toBe(0);
});

test("what is said aloud: the question first, then the answer when it is complete", () => {
  expect(announcement(told(...READY, ...asked("a", "x"), ...answered("a", "half"))).text).toBe("The agent answers.");
  expect(announcement(told(...READY, ...asked("a", "x"), ...answered("a", "whole"), ended("a"))).text).toBe("whole");
  const question = { type: "approval.requested", approval: "q", run: "r1", title: "May I?", options: [] } as const;
  expect(announcement(told(...READY, ...asked("a", "x"), question))).toEqual({ text: "The agent asks: May I?", isUrgent: true });
});

test("messages are counted by who said them, as long as all of them are in the page", () => {
  const conversation = told(...READY, ...asked("i1", "one"), ...answered("i1", "two"), ended("i1"), {
    type: "input.accepted",
    input: "i2",
    text: "three",
  });
  expect(messageWords(conversation, 3)).toBe("1 of yours, 1 of the agent, 1 waiting");
  expect(messageWords({ ...conversation, earlier: 40 }, 2043)).toBe("2,043, 1 waiting");
});

test("a run and a recovery say in words how they went", () => {
  const run = { id: "r", number: 1, agent: "demo", view: "chat", origin: "new", startedAt: 0, state: "ended" } as const;
  expect(runStateWords({ ...run, cause: "agent-ended" })).toBe("ended by itself");
  expect(runStateWords({ ...run, state: "ready" })).toBe("ready");
  expect(runStateWords({ ...run, failure: { reason: "auth", text: "Sign in." } })).toBe("Sign in.");
  expect(recoveryWords({ at: 0, rung: "restart", outcome: "ok", reason: "restarted" })).toBe("began a fresh conversation");
  expect(recoveryWords({ at: 0, rung: "resume", outcome: "failed", reason: "network" })).toBe(
    "could not resume its conversation: the network between the agent and its model",
  );
});

test("a message that waited too long says since when", () => {
  const message = { id: "m", session: "s", text: "x", createdAt: 0, state: { is: "expired" } } as const;
  expect(outgoingMark(message, true, 2 * 24 * 3_600_000).words).toBe("Written 2 d ago and never sent. Does it still count?");
});

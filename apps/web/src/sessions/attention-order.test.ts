import type { Attention, ChatSummary, RunState, SessionInfo } from "@perdure/protocol";
import { describe, expect, test } from "vitest";
import { IDLE_CHAT, RUNNING, sampleSession } from "../testing/sample-session.ts";
import { countNeedsYou, groupSessions, windowTitle } from "./attention-order.ts";

function session(id: string, state: RunState = RUNNING, attention: Attention | null = null, createdAt = 0): SessionInfo {
  return sampleSession(id, { run: { id: `${id}-1`, number: 1, kind: "pty", state }, attention, createdAt });
}

const exited = (at: number): RunState => ({ is: "exited", code: 0, signal: null, at });
const ids = (sessions: readonly SessionInfo[]): readonly string[] => sessions.map(({ id }) => id);

function chat(id: string, changes: Partial<ChatSummary> = {}, state: RunState = RUNNING): SessionInfo {
  return { ...session(id, state), chat: { ...IDLE_CHAT, ...changes } };
}

describe("the order on the home screen", () => {
  test("an agent that asks comes before all else and stays there until it is answered; one that sleeps has not ended", () => {
    const sessions = [
      session("rang", RUNNING, { reason: "bell", at: 90 }),
      chat("asks", { approvals: 1, state: "asking" }),
      chat("undecided", { undecided: 1 }, exited(5)),
      chat("works", { state: "working" }),
      chat("sleeps", { state: "asleep" }, exited(40)),
      session("over", exited(50)),
    ];
    const groups = groupSessions(sessions);
    expect(ids(groups.needsYou)).toEqual(["asks", "undecided", "rang"]);
    expect(ids(groups.running)).toEqual(["works"]);
    expect(ids(groups.asleep)).toEqual(["sleeps"]);
    expect(ids(groups.ended)).toEqual(["over"]);
    expect(countNeedsYou(sessions)).toBe(3);
  });

  test("what needs the user comes first, the newest reason on top, whether its program lives or not", () => {
    const groups = groupSessions([
      session("quiet"),
      session("rang", RUNNING, { reason: "bell", at: 10 }),
      session("over", exited(30), { reason: "exit", at: 30 }),
      session("asks", RUNNING, { reason: "notification", text: "May I?", at: 20 }),
    ]);
    expect(ids(groups.needsYou)).toEqual(["over", "asks", "rang"]);
    expect(ids(groups.running)).toEqual(["quiet"]);
    expect(groups.ended).toEqual([]);
  });

  test("a starting run counts as running, a lost and a failed one as ended, the last ended on top", () => {
    const groups = groupSessions([
      session("starting", { is: "starting", at: 5 }),
      session("lost", { is: "lost", reason: "rebooted", at: 50 }),
      session("failed", { is: "failed", code: "command-missing", message: "", at: 70 }),
      session("exited", exited(60)),
    ]);
    expect(ids(groups.running)).toEqual(["starting"]);
    expect(ids(groups.ended)).toEqual(["failed", "exited", "lost"]);
  });

  test("running sessions do not change places when one of them prints something", () => {
    const before = [session("a", RUNNING, null, 1), session("b", RUNNING, null, 2)];
    const after = before.map((each) => (each.id === "a" ? { ...each, lastActivityAt: 99 } : each));
    expect(ids(groupSessions(after).running)).toEqual(ids(groupSessions(before).running));
  });

  test("the order does not depend on the order of arrival", () => {
    const one = session("a", RUNNING, { reason: "bell", at: 1 });
    const other = session("b", RUNNING, { reason: "bell", at: 1 });
    expect(ids(groupSessions([one, other]).needsYou)).toEqual(ids(groupSessions([other, one]).needsYou));
  });
});

describe("the window's title", () => {
  test("counts before the name, and says nothing of nobody", () => {
    expect(windowTitle("", 0)).toBe("perdure");
    expect(windowTitle("", 2)).toBe("(2) perdure");
    expect(windowTitle("fix the login", 1)).toBe("(1) fix the login · perdure");
  });

  test("no sessions known yet need nobody", () => {
    expect(countNeedsYou(undefined)).toBe(0);
    expect(countNeedsYou([session("a"), session("b", RUNNING, { reason: "bell", at: 1 })])).toBe(1);
  });
});

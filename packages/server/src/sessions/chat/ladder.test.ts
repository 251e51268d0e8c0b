import { EMPTY_CONVERSATION, reduce, type AgentFailure, type ChatEvent, type Conversation, type DriverEvent } from "@perdure/protocol";
import { describe, expect, test } from "vitest";
import { afterRun, hadOpenTool, next, originOf, recovered, wayOf, type EndOfRun } from "./ladder.ts";

const END: EndOfRun = { run: "a", cause: "agent-ended", text: "It ended.", wasAsked: false, knowsInputs: false, at: 100 };
const NOW = 1_000_000;

/** The conversation that these events make, each a millisecond after the one before. */
function conversation(...events: readonly DriverEvent[]): Conversation {
  return reduce(
    EMPTY_CONVERSATION,
    events.map((event, index): ChatEvent => ({ ...event, at: index + 1 })),
  );
}

const started = (run = "a", origin: "new" | "resumed" | "restarted" = "new"): DriverEvent => {
  return { type: "run.started", run, number: 1, agent: "demo", view: "chat", origin };
};
const ready = { type: "agent.ready", run: "a" } as const;
const ended = (run = "a"): DriverEvent => ({ type: "run.ended", run, cause: "agent-ended", wasAsked: false });
const accepted = (input: string): DriverEvent => ({ type: "input.accepted", input, text: `say ${input}` });
const dispatched = (input: string): DriverEvent => ({ type: "input.dispatched", input, run: "a" });
const turn = (input: string): DriverEvent => ({ type: "turn.started", turn: `t${input}`, run: "a", input });
const failed = (reason: AgentFailure): DriverEvent => ({ type: "agent.failed", run: "a", reason, text: "Its words." });

describe("the end of a run", () => {
  test("ends its turn as interrupted and expires its approvals", () => {
    const before = conversation(
      started(),
      ready,
      accepted("1"),
      dispatched("1"),
      turn("1"),
      { type: "input.consumed", input: "1" },
      {
        type: "approval.requested",
        approval: "x",
        run: "a",
        title: "May I?",
        options: [],
      },
    );
    const after = reduce(before, afterRun(before, END));
    expect(after.runningTurn).toBeNull();
    expect(after.turns["t1"]).toMatchObject({ state: "interrupted", cause: "agent-ended" });
    expect(after.approvals["x"]?.state).toMatchObject({ is: "expired", text: "It ended." });
    expect(after.runs[0]).toMatchObject({ state: "ended" });
  });

  test("lets wait again what an agent may or may not have, if it knows messages by their id", () => {
    const before = conversation(started(), ready, accepted("1"), dispatched("1"), turn("1"));
    const after = reduce(before, afterRun(before, { ...END, knowsInputs: true }));
    expect(after.queue).toEqual(["1"]);
    expect(next(after, NOW)).toEqual({ is: "start" });
  });

  test("leaves it in doubt otherwise, and the next run is to tell", () => {
    const before = conversation(started(), ready, accepted("1"), dispatched("1"), turn("1"));
    const after = reduce(before, afterRun(before, END));
    expect(after.inputs["1"]?.state).toBe("dispatched");
    expect(next(after, NOW)).toEqual({ is: "start" });
    const told = reduce(after, recovered(reduce(after, [{ ...started("b", "resumed"), at: 200 }]), "b", 201));
    expect(told.inputs["1"]?.state).toBe("unknown");
  });

  test("counts as a failed recovery if the run had never been ready", () => {
    const before = conversation(started("a", "resumed"));
    expect(reduce(before, afterRun(before, END)).recoveries).toMatchObject([{ rung: "resume", outcome: "failed" }]);
  });
});

describe("what waits while no run lives", () => {
  test("starts one", () => {
    expect(next(conversation(started(), ended(), accepted("1")), NOW)).toEqual({ is: "start" });
  });

  test("starts nothing if nothing waits, or the first that waits is held", () => {
    expect(next(conversation(started(), ended()), NOW)).toEqual({ is: "nothing" });
    const held = conversation(started(), ended(), accepted("1"), accepted("2"), { type: "input.held", input: "1", notice: "n" });
    expect(next(held, NOW)).toEqual({ is: "nothing" });
  });

  test("says which variables a run lacks that is not signed in, and what to do", () => {
    const lacking = { ...started(), missing: ["A_KEY", "B_TOKEN"] } as DriverEvent;
    const asked = next(conversation(accepted("1"), lacking, failed("auth"), ended()), NOW);
    const text = asked.is === "ask" ? asked.text : "";
    expect(text).toMatch(/^The agent is not signed in\. A_KEY, B_TOKEN were set when the session began and are not set now, /);
    expect(text).toContain("`perdure recover SESSION retry` in a shell that has them");
    expect(text).toMatch(/Its words\.$/);
    const other = next(conversation(accepted("1"), lacking, failed("network"), ended()), NOW);
    expect(other).toMatchObject({ text: "The agent cannot reach the model. Its words." });
  });

  for (const reason of ["auth", "limit", "network", "locked", "crashed"] as const) {
    test(`asks, with the agent's words, after a failure: ${reason}`, () => {
      const after = conversation(accepted("1"), started(), failed(reason), ended());
      expect(next(after, NOW)).toMatchObject({ is: "ask", code: reason, text: expect.stringContaining("Its words.") as string });
    });
  }

  test.each([
    ["auth", ["sign-in", "retry"]],
    ["limit", ["wait", "retry"]],
    ["overloaded", ["wait", "retry"]],
    ["network", ["retry"]],
    ["permission", ["retry"]],
    ["cwd-missing", ["retry"]],
    ["command-missing", ["retry"]],
    ["locked", ["wait", "retry", "restart"]],
    ["protocol", ["retry", "restart"]],
    ["crashed", ["retry", "restart"]],
    ["unknown", ["retry", "restart"]],
  ] as const)(
    "that was to be resumed and failed (%s) is never begun anew by itself, and has its own words and offers",
    (reason, offers) => {
      const after = conversation(accepted("1"), started("a", "resumed"), failed(reason), ended());
      expect(next(after, NOW)).toMatchObject({ is: "ask", code: reason, offers });
      expect(wayOf({ ...after, resumeId: "id" }, { is: "ok" })).toMatchObject({ is: "resume", resumeId: "id" });
    },
  );

  test("starts nothing more by itself after five runs in a minute, though each had answered", () => {
    const answered = (input: string): readonly DriverEvent[] => [
      accepted(input),
      started(input, "resumed"),
      dispatched(input),
      turn(input),
      { type: "turn.ended", turn: `t${input}`, end: "completed" },
      ended(input),
    ];
    const runs = ["1", "2", "3", "4", "5"].map(answered);
    const often = conversation(...runs.flat(), accepted("6"));
    const isOld = { type: "run.ended", run: "5", cause: "agent-ended", wasAsked: false, at: 50 } as const;
    const after = reduce(often, [isOld]);
    expect(next(after, 100)).toMatchObject({ is: "ask", code: "too-many-resumes" });
    expect(next(after, 100 + 60_000)).toEqual({ is: "start" });
    const four = reduce(conversation(...runs.slice(0, 4).flat(), accepted("6")), [{ ...isOld, run: "4" }]);
    expect(next(four, 100)).toEqual({ is: "start" });
  });

  test("tries again when somebody says so", () => {
    const asked = conversation(accepted("1"), started(), failed("auth"), ended(), { type: "input.requeued", input: "1" });
    expect(next(asked, NOW)).toEqual({ is: "start" });
  });

  test("falls to a restart once when the conversation is unknown, then asks", () => {
    expect(next(conversation(accepted("1"), started("a", "resumed"), failed("unknown-conversation"), ended()), NOW).is).toBe("start");
    expect(next(conversation(accepted("1"), started("a", "restarted"), failed("unknown-conversation"), ended()), NOW).is).toBe("ask");
  });

  test("asks after an interruption with a tool at work", () => {
    const open = conversation(
      started(),
      ready,
      accepted("1"),
      dispatched("1"),
      turn("1"),
      accepted("2"),
      {
        type: "message.started",
        message: "m",
        turn: "t1",
      },
      { type: "part.started", message: "m", part: "p", kind: "tool", tool: "Bash", toolKind: "execute", title: "rm" },
      { type: "input.consumed", input: "1" },
    );
    const after = reduce(open, afterRun(open, END));
    expect(hadOpenTool(after)).toBe(true);
    expect(next(after, NOW)).toMatchObject({ is: "ask", code: "tool-was-open" });
  });

  test("asks when the agent ends again and again", () => {
    const resumed = ["b", "c", "d"].flatMap((run) => [started(run, "resumed"), { ...ready, run }, ended(run)]);
    expect(next(conversation(accepted("1"), ...resumed.slice(0, 6)), NOW)).toEqual({ is: "start" });
    expect(next(conversation(accepted("1"), ...resumed), NOW)).toMatchObject({ is: "ask", code: "too-many-resumes" });
  });
});

describe("the way of the next run", () => {
  const talked = conversation(
    { type: "session.resume-id", resumeId: "id" },
    started(),
    ready,
    accepted("1"),
    dispatched("1"),
    { type: "input.consumed", input: "1" },
    ended(),
  );

  test("is a new conversation at first", () => {
    expect(wayOf(EMPTY_CONVERSATION, { is: "undecided" })).toEqual({ is: "new" });
  });

  test("is a resume, checked or not", () => {
    expect(wayOf(talked, { is: "ok" })).toEqual({ is: "resume", resumeId: "id" });
    expect(wayOf(talked, { is: "undecided" })).toEqual({ is: "resume", resumeId: "id" });
    expect(originOf(wayOf(talked, { is: "ok" }), talked)).toBe("resumed");
  });

  test("is a restart when the check, or the agent itself, does not know the id", () => {
    expect(wayOf(talked, { is: "unknown-conversation" })).toMatchObject({ is: "restart", resumeId: "id" });
    const said = reduce(talked, [
      { ...started("b", "resumed"), at: 50 },
      { type: "agent.failed", run: "b", reason: "unknown-conversation", text: "No conversation found", at: 51 },
      { ...ended("b"), at: 52 },
    ]);
    expect(wayOf(said, { is: "ok" })).toEqual({ is: "restart", reason: "No conversation found", resumeId: "id" });
  });

  test("is a new conversation without a word if the lost one held nothing", () => {
    const empty = conversation({ type: "session.resume-id", resumeId: "id" }, started(), ready, accepted("1"), ended());
    expect(wayOf(empty, { is: "unknown-conversation" })).toEqual({ is: "new" });
  });

  test("is a restart when nobody knows what the lost one held: in a terminal, or begun elsewhere", () => {
    const run = { type: "run.started", run: "a", number: 1, agent: "demo", view: "terminal", origin: "new" } as const;
    const inTerminal = conversation({ type: "session.resume-id", resumeId: "id" }, run, ready, ended());
    expect(wayOf(inTerminal, { is: "unknown-conversation" })).toMatchObject({ is: "restart", resumeId: "id" });
    expect(wayOf(conversation(run, ready, ended()), { is: "undecided" })).toMatchObject({ is: "restart", resumeId: null });
    const outside = { ...EMPTY_CONVERSATION, resumeId: "id" };
    expect(wayOf(outside, { is: "unknown-conversation" })).toMatchObject({ is: "restart", resumeId: "id" });
  });

  test("is a restart when an agent says of a conversation from elsewhere that it does not know it", () => {
    const run = { type: "run.started", run: "a", number: 1, agent: "demo", view: "chat", origin: "continued-outside" } as const;
    const outside = conversation({ type: "session.resume-id", resumeId: "id" }, run, failed("unknown-conversation"), ended());
    expect(wayOf(outside, { is: "undecided" })).toEqual({ is: "restart", reason: "Its words.", resumeId: "id" });
  });

  test("is a restart that keeps the old id when the user asks for a fresh one", () => {
    const asked = reduce(talked, [{ type: "session.resume-id", resumeId: null, at: 60 }]);
    expect(wayOf(asked, { is: "undecided" })).toMatchObject({ is: "restart", resumeId: "id" });
  });

  test("is none where the record may be and cannot be read, and tells what was found of one that is gone", () => {
    const unreadable = { is: "unreadable", place: "/home/u/.claude/projects", code: "EACCES" } as const;
    expect(wayOf(talked, unreadable)).toEqual(unreadable);
    const gone = { is: "unknown-conversation", why: "nothing in its record can be understood" } as const;
    expect(wayOf(talked, gone)).toMatchObject({ is: "restart", reason: gone.why });
  });

  test("waits for a process that writes the conversation", () => {
    expect(wayOf(talked, { is: "locked", pid: 7 })).toEqual({ is: "locked", pid: 7 });
  });
});

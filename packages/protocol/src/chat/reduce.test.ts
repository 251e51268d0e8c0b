import { describe, expect, test } from "vitest";
import { currentRun, EMPTY_CONVERSATION, MAX_RECOVERIES, type Conversation, type Part } from "./conversation.ts";
import type { ChatEvent, DriverEvent } from "./events.ts";
import { reduce } from "./reduce.ts";

/** The conversation after these events, the first at time 1. */
function after(...bodies: readonly DriverEvent[]): Conversation {
  return then(EMPTY_CONVERSATION, ...bodies);
}

function then(conversation: Conversation, ...bodies: readonly DriverEvent[]): Conversation {
  return reduce(deepFreeze(conversation), timed(bodies));
}

function timed(bodies: readonly DriverEvent[]): ChatEvent[] {
  return bodies.map((body, index) => ({ ...body, at: index + 1 }));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}

const accepted = (input: string, text = input): DriverEvent => ({ type: "input.accepted", input, text });
const dispatched = (input: string): DriverEvent => ({ type: "input.dispatched", input, run: "r1" });
const turnStarted = (turn: string, input?: string): DriverEvent => ({
  type: "turn.started",
  turn,
  run: "r1",
  ...(input === undefined ? {} : { input }),
});
const completed = (turn: string): DriverEvent => ({ type: "turn.ended", turn, end: "completed" });
const interrupted = (turn: string): DriverEvent => ({
  type: "turn.ended",
  turn,
  end: "interrupted",
  cause: "agent-lost",
  text: "It died.",
});
const said = (message: string, turn = "t1"): DriverEvent => ({ type: "message.started", message, turn });
const textPart = (part: string, message = "m1"): DriverEvent => ({ type: "part.started", message, part, kind: "text" });
const delta = (text: string, part = "p1", message = "m1"): DriverEvent => ({ type: "part.delta", message, part, text });
const tool = (part: string, message = "m1"): DriverEvent => ({
  type: "part.started",
  message,
  part,
  kind: "tool",
  tool: "Bash",
  toolKind: "execute",
  title: "ls",
});
const runStarted = (run: string, number = 1): DriverEvent => ({
  type: "run.started",
  run,
  number,
  agent: "demo",
  view: "chat",
  origin: "new",
});
const asked = (approval: string): DriverEvent => ({
  type: "approval.requested",
  approval,
  run: "r1",
  title: "May I?",
  options: [{ id: "yes", label: "Yes", kind: "allow-once" }],
});
const expired = (approval: string): DriverEvent => ({ type: "approval.expired", approval, text: "It ended.", told: "no" });
const resumed = (resumeId: string | null): DriverEvent => ({ type: "session.resume-id", resumeId });
const endedUsing = (turn: string, usage: object): DriverEvent => ({ type: "turn.ended", turn, end: "completed", usage });
const answered = (approval: string, option = "yes"): DriverEvent => ({ type: "approval.answered", approval, option, by: "Phone" });
const noted = (text: string, id = "n"): DriverEvent => ({ type: "notice", notice: id, level: "info", code: "restarted", text });

const partsOf = (conversation: Conversation, message = "m1"): readonly Part[] => conversation.messages[message]?.parts ?? [];

describe("runs", () => {
  test("start, become ready with their version, and end with a cause", () => {
    const started = after(runStarted("r1"));
    expect(currentRun(started)).toEqual({
      id: "r1",
      number: 1,
      agent: "demo",
      view: "chat",
      origin: "new",
      startedAt: 1,
      state: "starting",
    });
    const ready = then(started, { type: "agent.ready", run: "r1", version: "2" });
    expect(currentRun(ready)).toMatchObject({ state: "ready", version: "2" });
    const ended = then(ready, { type: "run.ended", run: "r1", cause: "exited", wasAsked: false });
    expect(ended.runs).toMatchObject([{ state: "ended", cause: "exited", endedAt: 1 }]);
    expect(currentRun(ended)).toBeNull();
  });

  test("that end late do not touch the next one", () => {
    const conversation = after(runStarted("r1"), runStarted("r2", 2), { type: "run.ended", run: "r1", cause: "lost", wasAsked: false });
    expect(currentRun(conversation)).toMatchObject({ id: "r2", state: "starting" });
  });

  test("keep what their agent said when it could not go on", () => {
    const conversation = after(runStarted("r1"), { type: "agent.failed", run: "r1", reason: "auth", text: "Sign in." });
    expect(conversation.runs[0]?.failure).toEqual({ reason: "auth", text: "Sign in." });
  });
});

describe("settings, title and resume id", () => {
  test("what a change of settings does not name stays as it was", () => {
    const model = { id: "big", label: "Big" };
    const conversation = after({ type: "agent.settings", model: "big", models: [model] }, { type: "agent.settings", mode: "plan" });
    expect(conversation.settings).toEqual({ model: "big", mode: "plan", models: [model], modes: [], commands: [] });
  });

  test("the newest title is the title", () => {
    expect(after({ type: "session.title", title: "One" }, { type: "session.title", title: "Two" }).title).toBe("Two");
  });

  test("the resume id before is kept, and the same id again changes nothing", () => {
    expect(after(resumed("a"), resumed("a"))).toMatchObject({ resumeId: "a", oldResumeId: null });
    expect(after(resumed("a"), resumed("b"))).toMatchObject({ resumeId: "b", oldResumeId: "a" });
    expect(after(resumed("a"), resumed(null), resumed("b"))).toMatchObject({ resumeId: "b", oldResumeId: "a" });
  });
});

describe("a message of the user", () => {
  test("waits in the order in which it was accepted, and is not yet part of the transcript", () => {
    const conversation = after({ ...accepted("a"), by: "Phone" } as DriverEvent, accepted("b"));
    expect(conversation.queue).toEqual(["a", "b"]);
    expect(conversation.inputs["a"]).toEqual({ id: "a", text: "a", state: "accepted", acceptedAt: 1, by: "Phone" });
    expect(conversation.entries).toEqual([]);
  });

  test("that is accepted again is the same message", () => {
    expect(after(accepted("a"), accepted("a", "other"))).toMatchObject({ queue: ["a"], inputs: { a: { text: "a" } } });
    expect(after(accepted("a"), dispatched("a"), accepted("a")).queue).toEqual([]);
  });

  test("can be changed while it waits, and not afterwards", () => {
    const edited: DriverEvent = { type: "input.edited", input: "a", text: "new" };
    expect(after(accepted("a"), edited).inputs["a"]?.text).toBe("new");
    expect(after(accepted("a"), dispatched("a"), edited).inputs["a"]?.text).toBe("a");
  });

  test("can be taken back while it waits, and not when the agent has it", () => {
    const removed: DriverEvent = { type: "input.removed", input: "a" };
    expect(after(accepted("a"), accepted("b"), removed)).toMatchObject({ queue: ["b"], inputs: { a: { state: "removed" } } });
    expect(after(accepted("a"), dispatched("a"), removed).inputs["a"]?.state).toBe("dispatched");
  });

  test("stands in the transcript where it was dispatched, once", () => {
    const conversation = after(accepted("a"), accepted("b"), dispatched("b"), turnStarted("t1", "b"), completed("t1"), dispatched("a"));
    expect(conversation.entries).toEqual([
      { is: "input", id: "b" },
      { is: "input", id: "a" },
    ]);
  });

  test("stands there once also when it is sent again before its turn began", () => {
    const conversation = after(accepted("a"), dispatched("a"), { type: "input.requeued", input: "a" }, dispatched("a"));
    expect(conversation.entries).toEqual([{ is: "input", id: "a" }]);
  });

  test("goes its way: dispatched, delivered, consumed, answered", () => {
    const steps: readonly [DriverEvent, string][] = [
      [accepted("a"), "accepted"],
      [dispatched("a"), "dispatched"],
      [{ type: "input.delivered", input: "a" }, "delivered"],
      [{ type: "input.consumed", input: "a" }, "consumed"],
      [turnStarted("t1", "a"), "consumed"],
      [completed("t1"), "answered"],
    ];
    let conversation = EMPTY_CONVERSATION;
    for (const [event, state] of steps) {
      conversation = then(conversation, event);
      expect(conversation.inputs["a"]?.state).toBe(state);
    }
    expect(conversation.inputs["a"]?.turn).toBe("t1");
  });

  test("does not move back when an event about it comes late", () => {
    const whole = after(accepted("a"), dispatched("a"), turnStarted("t1", "a"), completed("t1"));
    const late = ["input.delivered", "input.consumed", "input.unknown", "input.removed"] as const;
    for (const type of late) expect(then(whole, { type, input: "a" }).inputs["a"]?.state).toBe("answered");
    const consumed = after(accepted("a"), dispatched("a"), { type: "input.consumed", input: "a" });
    expect(then(consumed, { type: "input.delivered", input: "a" }).inputs["a"]?.state).toBe("consumed");
  });

  test("whose run was lost on the way is unknown, until the agent's record shows it", () => {
    const unknown = after(accepted("a"), dispatched("a"), { type: "input.unknown", input: "a" });
    expect(unknown.inputs["a"]?.state).toBe("unknown");
    expect(then(unknown, { type: "input.consumed", input: "a" }).inputs["a"]?.state).toBe("consumed");
  });

  test("that waits again stands first in the queue", () => {
    const requeued: DriverEvent = { type: "input.requeued", input: "a" };
    const conversation = after(accepted("a"), accepted("b"), dispatched("a"), { type: "input.unknown", input: "a" }, requeued);
    expect(conversation).toMatchObject({ queue: ["a", "b"], inputs: { a: { state: "accepted", releasedAt: 5 } } });
    expect(then(conversation, requeued).queue).toEqual(["a", "b"]);
  });

  test("that is held names the line that says why, and forgets it when it goes on", () => {
    const held = after(accepted("a"), { type: "input.held", input: "a", notice: "n" });
    expect(held).toMatchObject({ queue: ["a"], inputs: { a: { state: "held", notice: "n" } } });
    expect(then(held, { type: "input.requeued", input: "a" }).inputs["a"]).not.toHaveProperty("notice");
  });

  test("of an interrupted turn is not answered", () => {
    const consumed: DriverEvent = { type: "input.consumed", input: "a" };
    const conversation = after(accepted("a"), dispatched("a"), turnStarted("t1", "a"), consumed, interrupted("t1"));
    expect(conversation.inputs["a"]?.state).toBe("consumed");
  });
});

describe("a turn", () => {
  test("runs until it ends, with its cause and what it used", () => {
    const running = after(turnStarted("t1", "a"));
    expect(running).toMatchObject({
      runningTurn: "t1",
      lastTurn: "t1",
      turns: { t1: { state: "running", isStopping: false, startedAt: 1 } },
    });
    const usage = { inputTokens: 3, outputTokens: 4, costUsd: 0.5 };
    const ended = then(running, { type: "turn.ended", turn: "t1", end: "failed", cause: "limit", text: "Later.", usage });
    expect(ended).toMatchObject({
      runningTurn: null,
      lastTurn: "t1",
      turns: { t1: { state: "failed", cause: "limit", text: "Later.", usage } },
    });
  });

  test("ends once: the first end counts, and what it used is added once", () => {
    const usage = { inputTokens: 1 };
    const conversation = after(turnStarted("t1"), { type: "turn.ended", turn: "t1", end: "completed", usage }, interrupted("t1"));
    expect(conversation.turns["t1"]?.state).toBe("completed");
    expect(then(conversation, { type: "turn.ended", turn: "t1", end: "completed", usage }).usage.inputTokens).toBe(1);
  });

  test("that starts again, or late, changes nothing", () => {
    const conversation = after(turnStarted("t1"), completed("t1"), turnStarted("t1"));
    expect(conversation).toMatchObject({ runningTurn: null, turns: { t1: { state: "completed" } } });
  });

  test("that ends late leaves the one that runs alone", () => {
    expect(after(turnStarted("t1"), turnStarted("t2"), completed("t1")).runningTurn).toBe("t2");
  });

  test("is stopping from the asking on, if it runs", () => {
    const stopping: DriverEvent = { type: "turn.stopping", turn: "t1" };
    expect(after(turnStarted("t1"), stopping).turns["t1"]?.isStopping).toBe(true);
    expect(after(turnStarted("t1"), completed("t1"), stopping).turns["t1"]?.isStopping).toBe(false);
  });

  test("adds what it used to the whole", () => {
    const first = after(turnStarted("t1"), endedUsing("t1", { inputTokens: 1, cachedTokens: 9 }));
    const conversation = then(first, turnStarted("t2"), endedUsing("t2", { inputTokens: 2, outputTokens: 3, costUsd: 0.25 }));
    expect(conversation.usage).toEqual({ inputTokens: 3, outputTokens: 3, cachedTokens: 9, costUsd: 0.25 });
  });

  test("closes what was open in it: text stands as it is, a tool that ran was interrupted", () => {
    const conversation = after(turnStarted("t1"), said("m1"), textPart("p1"), delta("half"), tool("p2"), interrupted("t1"));
    expect(conversation.messages["m1"]?.isOpen).toBe(false);
    expect(partsOf(conversation)).toMatchObject([
      { text: "half", isOpen: false },
      { kind: "tool", status: "interrupted" },
    ]);
  });

  test("that completes takes its tools for completed, and does not touch earlier turns", () => {
    const first = after(turnStarted("t1"), said("m0"), tool("p0", "m0"), interrupted("t1"));
    const conversation = then(first, turnStarted("t2"), said("m1", "t2"), tool("p1"), completed("t2"));
    expect(partsOf(conversation, "m0")).toMatchObject([{ status: "interrupted" }]);
    expect(partsOf(conversation)).toMatchObject([{ status: "completed" }]);
  });
});

describe("what the agent says", () => {
  test("begins once, in the order of the transcript, and says which tool call it belongs to", () => {
    const conversation = after(said("m1"), { type: "message.started", message: "m2", turn: "t1", parent: "p9" }, said("m1"));
    expect(conversation.entries).toEqual([
      { is: "message", id: "m1" },
      { is: "message", id: "m2" },
    ]);
    expect(conversation.messages["m2"]).toMatchObject({ parent: "p9", isOpen: true, isSuperseded: false });
  });

  test("grows by what is appended, each part for itself", () => {
    const conversation = after(said("m1"), textPart("p1"), delta("Hel"), textPart("p2"), delta("World", "p2"), delta("lo"));
    expect(partsOf(conversation)).toMatchObject([{ text: "Hello" }, { text: "World" }]);
  });

  test("ends part by part, then whole", () => {
    const conversation = after(said("m1"), textPart("p1"), { type: "part.ended", message: "m1", part: "p1" });
    expect(partsOf(conversation)).toMatchObject([{ isOpen: false }]);
    expect(conversation.messages["m1"]?.isOpen).toBe(true);
    expect(then(conversation, { type: "message.ended", message: "m1" }).messages["m1"]?.isOpen).toBe(false);
  });

  test("that is said anew is superseded, not lost", () => {
    const conversation = after(said("m1"), textPart("p1"), delta("cut"), { type: "message.superseded", message: "m1" }, said("m2"));
    expect(conversation.messages["m1"]).toMatchObject({ isSuperseded: true, isOpen: false, parts: [{ text: "cut", isOpen: false }] });
    expect(conversation.entries).toHaveLength(2);
  });

  test("about tools: output grows, and an update replaces only what it names", () => {
    const diffs = [{ path: "a", before: null, after: "x" }];
    const updated: DriverEvent = { type: "part.updated", message: "m1", part: "p1", status: "completed", diffs };
    const conversation = after(said("m1"), tool("p1"), delta("one\n"), delta("two\n"), updated);
    expect(partsOf(conversation)).toEqual([
      {
        id: "p1",
        kind: "tool",
        tool: "Bash",
        toolKind: "execute",
        title: "ls",
        input: undefined,
        output: "one\ntwo\n",
        status: "completed",
        diffs,
      },
    ]);
  });

  test("about plans: the newest steps are the plan; nothing can be appended to it", () => {
    const steps = [{ text: "look", status: "pending" } as const];
    const next = [{ text: "look", status: "completed" } as const];
    const plan: DriverEvent = { type: "part.started", message: "m1", part: "p1", kind: "plan", steps };
    const conversation = after(said("m1"), plan, delta("x"), { type: "part.updated", message: "m1", part: "p1", steps: next });
    expect(partsOf(conversation)).toEqual([{ id: "p1", kind: "plan", steps: next }]);
  });

  test("of a part or a message that is not there changes nothing", () => {
    const before = after(said("m1"), textPart("p1"));
    const strays = [delta("x", "p9"), delta("x", "p1", "m9"), textPart("p1", "m9"), { type: "message.ended", message: "m9" } as const];
    expect(then(before, ...strays)).toEqual(before);
  });

  test("a part that starts again goes on as it was", () => {
    expect(partsOf(after(said("m1"), textPart("p1"), delta("a"), textPart("p1"), delta("b")))).toMatchObject([{ text: "ab" }]);
  });
});

describe("an approval", () => {
  const delivered: DriverEvent = { type: "approval.delivered", approval: "q" };

  test("is open until it is answered, then delivered", () => {
    const open = after(asked("q"));
    expect(open).toMatchObject({ openApprovals: ["q"], approvals: { q: { title: "May I?", diffs: [], state: { is: "open" } } } });
    const closed = then(open, answered("q"));
    expect(closed).toMatchObject({ openApprovals: [], approvals: { q: { state: { is: "answered", option: "yes", by: "Phone", at: 1 } } } });
    expect(then(closed, delivered).approvals["q"]?.state).toMatchObject({ is: "delivered", option: "yes" });
  });

  test("is answered once: the first answer counts", () => {
    expect(after(asked("q"), answered("q"), answered("q", "no")).approvals["q"]?.state).toMatchObject({ option: "yes" });
  });

  test("expires with what the agent was told, also when the answer was not delivered", () => {
    const told = { is: "expired", text: "It ended.", told: "no" };
    expect(after(asked("q"), expired("q"))).toMatchObject({ openApprovals: [], approvals: { q: { state: told } } });
    expect(after(asked("q"), answered("q"), expired("q")).approvals["q"]?.state).toMatchObject(told);
    expect(after(asked("q"), answered("q"), delivered, expired("q")).approvals["q"]?.state.is).toBe("delivered");
  });

  test("cannot be answered when it has expired, nor delivered unanswered, nor asked again", () => {
    expect(after(asked("q"), expired("q"), answered("q"), delivered, asked("q"))).toMatchObject({
      openApprovals: [],
      approvals: { q: { state: { is: "expired" } } },
    });
    expect(after(asked("q"), delivered).approvals["q"]?.state.is).toBe("open");
  });
});

describe("notices and recoveries", () => {
  test("a notice stands where it came first; the same id again replaces its words", () => {
    const conversation = after(noted("one"), noted("other", "n2"), noted("two"));
    expect(conversation.entries.map(({ id }) => id)).toEqual(["n", "n2"]);
    expect(conversation.notices["n"]).toEqual({ id: "n", at: 3, level: "info", code: "restarted", text: "two", offers: [] });
  });

  test("of the recoveries the newest are kept", () => {
    const tries = Array.from({ length: MAX_RECOVERIES + 5 }, (_, index): DriverEvent => {
      return { type: "recovery", rung: "resume", outcome: "failed", reason: `try ${index}` };
    });
    const { recoveries } = after(...tries);
    expect(recoveries).toHaveLength(MAX_RECOVERIES);
    expect(recoveries.at(-1)?.reason).toBe(`try ${MAX_RECOVERIES + 4}`);
  });
});

import { EMPTY_CONVERSATION, reduce, type ChatEvent, type Conversation } from "@perdure/protocol";
import { describe, expect, it } from "vitest";
import type { Agent, AgentHistory, ImportedMessage, Validation } from "../../agents/agent.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { endedElsewhere, laterElsewhere, openedElsewhere, readElsewhere, type Elsewhere } from "./elsewhere.ts";

const place = { cwd: "/", env: {} };
const ID = "the-id";

const user = (id: string): ImportedMessage => ({ id, role: "user", at: 5, text: `asked ${id}`, tools: [] });
const answer = (id: string, more: Partial<ImportedMessage> = {}): ImportedMessage => {
  return { id, role: "assistant", at: 6, text: `said ${id}`, tools: [], ends: "completed", ...more };
};

function history(messages: readonly ImportedMessage[], more: Partial<AgentHistory> = {}): AgentHistory {
  return { messages, leavesOutOlder: false, damagedLines: 0, ...more };
}

function agentWith(told: () => Promise<AgentHistory | null>, validation: Validation = { is: "ok" }): Agent {
  return { name: "Script", validate: async () => validation, history: told } as unknown as Agent;
}

const agent = agentWith(async () => null);
const told = (messages: readonly ImportedMessage[], more: Partial<AgentHistory> = {}, writer: number | null = null): Elsewhere => {
  return { is: "told", history: history(messages, more), writer };
};

const open = (elsewhere: Elsewhere): Conversation =>
  reduce(EMPTY_CONVERSATION, openedElsewhere(EMPTY_CONVERSATION, agent, elsewhere, ID, 9));
const entries = ({ entries: all }: Conversation): string[] => all.map(({ id }) => id);
const words = ({ notices }: Conversation): string[] => Object.values(notices).map(({ text }) => text);

const later = (before: Conversation, elsewhere: Elsewhere): ChatEvent[] => laterElsewhere(before, agent, elsewhere, "elsewhere.7", 9);
const read = (of: Agent): Promise<Elsewhere> => readElsewhere(of, ID, place, new FakeClock());

const TALK = [user("u1"), answer("a1"), user("u2"), answer("a2")];

describe("a conversation that is opened", () => {
  it("has what was said elsewhere, marked, above a line that says so", () => {
    const now = open(told(TALK));
    expect(entries(now)).toEqual(["u1", "r0.a1", "u2", "r0.a2", "elsewhere.opened"]);
    expect(now).toMatchObject({ resumeId: ID, runs: [], runningTurn: null, queue: [] });
    expect(Object.values(now.turns)).toMatchObject([
      { elsewhere: true, state: "completed", startedAt: 5, endedAt: 6 },
      { elsewhere: true, state: "completed" },
    ]);
    expect(Object.values(now.inputs)).toMatchObject([
      { state: "answered", acceptedAt: 5 },
      { state: "answered", acceptedAt: 5 },
    ]);
    expect(words(now)).toEqual([expect.stringContaining("said outside perdure, as Script's own record tells it. Script goes on")]);
  });

  it("says at its beginning that there was more, and what of it could not be read", () => {
    const now = open(told(TALK, { leavesOutOlder: true, damagedLines: 2 }));
    expect(entries(now)).toEqual(["elsewhere.older", "u1", "r0.a1", "u2", "r0.a2", "elsewhere.opened"]);
    expect(words(now).join(" ")).toMatch(/More was said before this\..* 2 lines could not be read\./);
  });

  it("that another process is at work in has its finished turns, and says so", () => {
    const now = open(told([...TALK, user("u3"), answer("a3", { ends: undefined as never })], {}, 77));
    expect(entries(now)).toEqual(["u1", "r0.a1", "u2", "r0.a2", "elsewhere.opened"]);
    expect(words(now).at(-1)).toContain("Process 77 has it open there now");
  });

  it("whose last question nobody answered has it as interrupted", () => {
    expect(Object.values(open(told([...TALK, user("u3")])).turns).at(-1)).toMatchObject({ state: "interrupted", cause: "agent-ended" });
  });

  it("of which nothing can be shown says why", () => {
    const now = open({ is: "untold", why: "/x is not a file." });
    expect(words(now)).toEqual([
      "What was said outside perdure cannot be shown. /x is not a file. Script goes on from what it has with your next message.",
    ]);
    expect(now).toMatchObject({ resumeId: ID, turns: {} });
  });

  it("takes the time of the opening where the record has none", () => {
    const now = open(told([{ ...user("u1"), at: 0 }, answer("a1", { at: 0 })]));
    expect(Object.values(now.turns)).toMatchObject([{ startedAt: 9, endedAt: 9 }]);
  });
});

describe("a second look", () => {
  it("finds nothing twice", () => {
    expect(later(open(told(TALK)), told(TALK))).toEqual([]);
    expect(later(open(told(TALK)), { is: "untold", why: "" })).toEqual([]);
  });

  it("has what was said since, with its own line", () => {
    const before = open(told(TALK));
    const now = reduce(before, later(before, told([...TALK, user("u3"), answer("a3")])));
    expect(entries(now).slice(-3)).toEqual(["u3", "r0.a3", "elsewhere.7"]);
  });

  it("has everything where the first one could not read", () => {
    const before = open({ is: "untold", why: "" });
    expect(entries(reduce(before, later(before, told(TALK)))).slice(1)).toEqual(["u1", "r0.a1", "u2", "r0.a2", "elsewhere.7"]);
  });

  it("does not take what waits to be sent for what was said there in the same words", () => {
    const before = reduce(open(told(TALK)), [{ type: "input.accepted", input: "mine", text: "asked u3", at: 8 }]);
    const now = reduce(before, later(before, told([...TALK, user("u3"), answer("a3")])));
    expect(entries(now).slice(-3)).toEqual(["u3", "r0.a3", "elsewhere.7"]);
    expect(now.queue).toEqual(["mine"]);
  });
});

it("its ends are no news; those of turns here are", () => {
  const ended: ChatEvent = { type: "turn.ended", turn: "t0.u1", end: "completed", at: 1 };
  expect(endedElsewhere(open(told(TALK)), ended)).toBe(true);
  expect(endedElsewhere(open(told(TALK)), { ...ended, turn: "another" })).toBe(false);
});

describe("reading the record", () => {
  it("tells what is there, and who writes it now", async () => {
    const messages = [user("u1")];
    expect(await read(agentWith(async () => history(messages)))).toEqual(told(messages));
    const locked = { is: "locked", pid: 7 } as const;
    expect(await read(agentWith(async () => history(messages), locked))).toEqual(told(messages, {}, 7));
  });

  it.each([
    ["no record", async () => null, "No record of it was found that perdure can read."],
    ["one without words", async () => history([]), "Its record holds no words."],
    ["garbage", async () => history([], { damagedLines: 3 }), "Its record holds no words, and 3 lines that cannot be read."],
    ["one that cannot be read", async () => Promise.reject(new Error("/x is not a file.")), "/x is not a file."],
  ])("says why there is nothing to tell: %s", async (_, telling, why) => {
    expect(await read(agentWith(telling))).toEqual({ is: "untold", why });
  });

  it("is not waited for longer than 15 seconds", async () => {
    const clock = new FakeClock();
    const reading = readElsewhere(
      agentWith(() => new Promise(() => undefined)),
      ID,
      place,
      clock,
    );
    clock.advance(15_000);
    expect(await reading).toEqual({ is: "untold", why: "Reading it took more than 15 seconds." });
    expect(clock.pending).toBe(0);
  });
});

import { EMPTY_CONVERSATION, reduce, type Conversation, type DriverEvent } from "@perdure/protocol";
import { describe, expect, it } from "vitest";
import { isStale, staleEnd } from "./stale.ts";

const HOUR_MS = 3_600_000;

const said = (text: string): readonly DriverEvent[] => [
  { type: "run.started", run: "r", number: 1, agent: "demo", view: "chat", origin: "new" },
  { type: "agent.ready", run: "r" },
  { type: "input.accepted", input: "i", text: "hello" },
  { type: "input.dispatched", input: "i", run: "r" },
  { type: "turn.started", turn: "t", run: "r", input: "i" },
  { type: "input.consumed", input: "i" },
  { type: "message.started", message: "m", turn: "t" },
  { type: "part.started", message: "m", part: "p", kind: "text" },
  ...(text === "" ? [] : [{ type: "part.delta", message: "m", part: "p", text } as const]),
];

function conversation(...events: readonly DriverEvent[]): Conversation {
  return reduce(
    EMPTY_CONVERSATION,
    events.map((event, index) => ({ ...event, at: index })),
  );
}

function swept(before: Conversation): Conversation {
  return reduce(before, staleEnd(before, false, HOUR_MS));
}

describe("a turn whose run is gone", () => {
  it.each(["Hello wor", "x".repeat(51), ""])("is interrupted, whatever was said: %j is kept", (text) => {
    const after = swept(conversation(...said(text)));
    const { state, cause, text: why } = after.turns["t"] ?? {};
    expect({ state, cause }).toEqual({ state: "interrupted", cause: "server-cannot-know" });
    expect(why).not.toBe("");
    expect(after.messages["m"]?.parts).toEqual([{ id: "p", kind: "text", text, isOpen: false }]);
    expect(after.runningTurn).toBeNull();
    expect(isStale(after)).toBe(false);
  });

  it("is closed once: asked again there is nothing to do", () => {
    expect(staleEnd(swept(conversation(...said("x"))), false, HOUR_MS)).toEqual([]);
  });

  it("takes its open approvals with it", () => {
    const asked: DriverEvent = { type: "approval.requested", approval: "a", run: "r", turn: "t", title: "May I?", options: [] };
    expect(swept(conversation(...said("x"), asked)).approvals["a"]?.state.is).toBe("expired");
  });

  it("is closed also where the run's own end was kept and the turn's was not", () => {
    const before = conversation(...said("x"), { type: "run.ended", run: "r", cause: "host-died", wasAsked: false });
    const events = staleEnd(before, false, HOUR_MS);
    expect(events.map(({ type }) => type)).toEqual(["turn.ended"]);
    expect(reduce(before, events).runs[0]?.cause).toBe("host-died");
  });
});

it("a conversation that is as it should be is left alone", () => {
  const ended: readonly DriverEvent[] = [
    { type: "turn.ended", turn: "t", end: "completed" },
    { type: "run.ended", run: "r", cause: "parked", wasAsked: true },
  ];
  expect(staleEnd(conversation(...said("x"), ...ended), false, HOUR_MS)).toEqual([]);
  expect(staleEnd(EMPTY_CONVERSATION, false, HOUR_MS)).toEqual([]);
});

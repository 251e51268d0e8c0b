/** A view that begins with the newest part, goes on with the events behind it, and asks for the rest, has the whole conversation. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EMPTY_CONVERSATION, type Conversation, type Entry } from "./conversation.ts";
import { newestPart, partBefore, settledBefore, withEarlier } from "./conversation-part.ts";
import type { ChatEvent, DriverEvent } from "./events.ts";
import { reduce } from "./reduce.ts";

const CHARS = 600;

/** A turn as a driver tells it: a question, a tool with its approval, an answer, perhaps a notice and an end. */
function turnEvents(number: number, shape: { readonly asks: boolean; readonly ends: boolean; readonly says: number }): DriverEvent[] {
  const [input, turn, message, tool, text] = [`i${number}`, `t${number}`, `m${number}`, `m${number}.1`, `m${number}.2`];
  const options = [{ id: "yes", label: "Yes", kind: "allow-once" } as const];
  const asking: DriverEvent[] = [
    { type: "approval.requested", approval: `a${number}`, run: "r", turn, part: tool, title: "May I?", options },
    { type: "approval.answered", approval: `a${number}`, option: "yes" },
    { type: "approval.delivered", approval: `a${number}` },
  ];
  return [
    { type: "input.accepted", input, text: `question ${number}` },
    { type: "input.dispatched", input, run: "r" },
    { type: "turn.started", turn, run: "r", input },
    { type: "input.consumed", input },
    { type: "message.started", message, turn },
    { type: "part.started", message, part: tool, kind: "tool", tool: "Bash", toolKind: "execute", title: "ls" },
    ...(shape.asks ? asking : []),
    { type: "part.updated", message, part: tool, status: "completed", output: "a file" },
    { type: "part.started", message, part: text, kind: "text" },
    ...Array.from({ length: shape.says }, (): DriverEvent => ({ type: "part.delta", message, part: text, text: "some words " })),
    { type: "notice", notice: `n${number % 3}`, level: "info", code: "told", text: `at ${number}`, turn },
    { type: "message.ended", message },
    ...(shape.ends ? [{ type: "turn.ended", turn, end: "completed", usage: { inputTokens: 1 } } as const] : []),
  ];
}

const histories = fc
  .array(fc.record({ asks: fc.boolean(), ends: fc.boolean(), says: fc.nat(20) }), { minLength: 1, maxLength: 12 })
  .map((shapes) => shapes.flatMap((shape, number) => turnEvents(number, shape)).map((body, at): ChatEvent => ({ ...body, at })));

function readBack(conversation: Conversation, whole: Conversation): Conversation {
  let now = conversation;
  for (let count = 0; (now.earlier ?? 0) > 0 && count < 1000; count += 1)
    now = withEarlier(now, partBefore(whole, now.earlier ?? 0, CHARS));
  return now;
}

const thingOf = ({ inputs, messages, notices }: Conversation, { is, id }: Entry): unknown =>
  is === "input" ? inputs[id] : is === "message" ? messages[id] : notices[id];

test("wherever the newest part was taken, events and earlier parts make the whole of it", () => {
  fc.assert(
    fc.property(histories, fc.nat(), (history, at) => {
      const cut = at % (history.length + 1);
      const whole = reduce(EMPTY_CONVERSATION, history);
      const shown = reduce(newestPart(reduce(EMPTY_CONVERSATION, history.slice(0, cut)), CHARS), history.slice(cut));
      const { queue, runningTurn, lastTurn, openApprovals, usage } = whole;
      expect(shown).toMatchObject({ queue, runningTurn, lastTurn, openApprovals, usage });
      const all = readBack(shown, whole);
      expect(all.entries).toEqual(whole.entries);
      for (const entry of whole.entries) expect(thingOf(all, entry)).toEqual(thingOf(whole, entry));
      expect([all.turns, all.approvals, all.earlier ?? 0]).toEqual([whole.turns, whole.approvals, 0]);
    }),
  );
});

const long = reduce(
  EMPTY_CONVERSATION,
  Array.from({ length: 2000 }, (_, number) => turnEvents(number, { asks: true, ends: true, says: 10 }))
    .flat()
    .map((body, at): ChatEvent => ({ ...body, at })),
);

describe("the newest part", () => {
  test("of a long conversation is small, and of a short one all of it", () => {
    expect(JSON.stringify(newestPart(long)).length).toBeLessThan(400_000);
    expect(JSON.stringify(newestPart(long, CHARS)).length).toBeLessThan(40_000);
    const short = partBefore(long, 3);
    const conversation = { ...EMPTY_CONVERSATION, ...short };
    expect(newestPart(conversation)).toBe(conversation);
  });

  test("has one entry however large that is", () => {
    const text = "x".repeat(5 * CHARS);
    const events: ChatEvent[] = [{ type: "notice", notice: "large", level: "info", code: "told", text, at: 1 }];
    expect(newestPart(reduce(long, events), CHARS).entries).toEqual([{ is: "notice", id: "large" }]);
  });

  test("has what is open wherever it stands, with why it waits", () => {
    const events: DriverEvent[] = [
      { type: "input.unknown", input: "i5" },
      { type: "input.accepted", input: "held", text: "wait" },
      { type: "notice", notice: "why", level: "warning", code: "told", text: "ask first" },
      { type: "input.held", input: "held", notice: "why" },
      { type: "approval.requested", approval: "open", run: "r", turn: "t1", part: "m1.1", title: "May I?", options: [] },
    ];
    const doubtful = { ...long, inputs: { ...long.inputs, i5: { ...long.inputs["i5"]!, state: "delivered" as const } } };
    const later = Array.from({ length: 300 }, (_, number) => turnEvents(5000 + number, { asks: false, ends: true, says: 3 })).flat();
    const part = newestPart(
      reduce(
        doubtful,
        [...events, ...later].map((body, at): ChatEvent => ({ ...body, at })),
      ),
      CHARS,
    );
    expect(part.inputs["i5"]?.state).toBe("unknown");
    expect(part.inputs["held"]?.notice).toBe("why");
    expect(part.notices["why"]?.text).toBe("ask first");
    expect(part.approvals["open"]?.title).toBe("May I?");
    expect(part.inputs["i6"]).toBeUndefined();
  });
});

describe("what was loaded before", () => {
  const start = long.entries.length;
  const loaded = withEarlier(newestPart(long, CHARS), partBefore(long, newestPart(long, CHARS).earlier ?? 0, CHARS));

  test("stays in front of a newer part that it reaches", () => {
    const more = turnEvents(2000, { asks: false, ends: true, says: 0 }).map((body, at): ChatEvent => ({ ...body, at }));
    const newer = newestPart(reduce(long, more), CHARS);
    const part = settledBefore(loaded, newer);
    expect(part?.earlier).toBe(loaded.earlier);
    const joined = part && withEarlier(newer, part);
    expect(joined?.entries).toEqual(reduce(long, more).entries.slice(loaded.earlier));
  });

  test("goes where it does not reach the newer part, or may have changed", () => {
    const far = reduce(
      long,
      Array.from({ length: 50 }, (_, number) => turnEvents(3000 + number, { asks: false, ends: true, says: 10 }))
        .flat()
        .map((body, at): ChatEvent => ({ ...body, at })),
    );
    expect(settledBefore(loaded, newestPart(far, CHARS))).toBeNull();
    const open = {
      ...loaded,
      messages: Object.fromEntries(Object.entries(loaded.messages).map(([id, one]) => [id, { ...one, isOpen: true }])),
    };
    const nearer = newestPart(
      reduce(long, [{ type: "notice", notice: "x", level: "info", code: "told", text: "y".repeat(CHARS), at: 1 }]),
      CHARS,
    );
    expect(nearer.earlier).toBe(start);
    expect(settledBefore(loaded, nearer)).not.toBeNull();
    expect(settledBefore(open, nearer)).toBeNull();
  });
});

test("a part that does not end where the conversation begins changes nothing", () => {
  const part = newestPart(long, CHARS);
  expect(withEarlier(part, partBefore(long, (part.earlier ?? 0) - 1, CHARS))).toBe(part);
  expect(withEarlier(long, partBefore(long, 5))).toBe(long);
});

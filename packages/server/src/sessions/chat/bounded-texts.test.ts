import { EMPTY_CONVERSATION, reduce, type ChatEvent } from "@perdure/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bounded, MAX_EVENT_TEXT } from "./bounded-texts.ts";

const about = { message: "m", part: "p", at: 1 };
const begun: readonly ChatEvent[] = [
  { type: "turn.started", turn: "t", run: "r", at: 1 },
  { type: "message.started", message: "m", turn: "t", at: 1 },
];
const tool: ChatEvent = { type: "part.started", ...about, kind: "tool", tool: "Bash", toolKind: "execute", title: "ls" };

function nested(levels: number): unknown {
  return JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`);
}

function partBehind(...events: readonly ChatEvent[]) {
  return reduce(EMPTY_CONVERSATION, [...begun, ...events]).messages["m"]?.parts[0];
}

const sizes = (events: readonly ChatEvent[]): number[] => events.map((event) => JSON.stringify(event).length);

describe("what the agent says", () => {
  test("is told in several events, none of it lost, whatever its characters", () => {
    const text = fc.integer({ min: 0, max: 3 }).map((odd) => "x".repeat(odd) + "👩‍💻".repeat(MAX_EVENT_TEXT / 4));
    fc.assert(
      fc.property(text, fc.boolean(), (said, isReplaced) => {
        const event: ChatEvent = isReplaced ? { type: "part.updated", ...about, text: said } : { type: "part.delta", ...about, text: said };
        const events = bounded(event);
        expect(events.length).toBeGreaterThan(1);
        expect(Math.max(...sizes(events))).toBeLessThan(MAX_EVENT_TEXT + 200);
        const texts = events.map((one) => ("text" in one ? (one.text ?? "") : ""));
        expect(texts.map((one) => Buffer.from(one).toString())).toEqual(texts); // no character is cut in two
        expect(partBehind({ type: "part.started", ...about, kind: "text" }, ...events)).toMatchObject({ text: said });
      }),
      { numRuns: 8 },
    );
  });

  test("in a bounded text is the same event", () => {
    const events: readonly ChatEvent[] = [
      { type: "part.delta", ...about, text: "hello" },
      { type: "part.updated", ...about, text: "hello", status: "running" },
      { type: "input.accepted", input: "i", text: "hello", at: 1 },
    ];
    for (const event of events) expect(bounded(event)).toEqual([event]);
  });
});

describe("what a tool got and gave", () => {
  const large = `begin ${"x".repeat(5_000_000)}`;
  const mark = /\n\[cut here: \d+ of 5000006 characters are not kept\]$/;

  test("is cut with a mark that says how much is missing", () => {
    const [updated] = bounded({ type: "part.updated", ...about, output: large, title: large, input: large });
    expect(updated).toMatchObject({
      output: expect.stringMatching(mark),
      title: expect.stringMatching(mark),
      input: expect.stringMatching(mark),
    });
    expect(sizes(bounded({ type: "part.updated", ...about, output: large }))[0]).toBeLessThan(MAX_EVENT_TEXT + 500);
  });

  test("as JSON is kept as it is, or as the beginning of its text", () => {
    const small = { command: "ls" };
    expect(bounded({ ...tool, input: small })).toMatchObject([{ input: small }]);
    const [started] = bounded({ ...tool, input: { content: large } });
    expect(started).toMatchObject({
      input: expect.stringMatching(/^\{"content":"begin x+\n\[cut here: \d+ of \d+ characters are not kept\]$/),
    });
  });

  test("in many pieces is bounded as well, wherever they are cut", () => {
    const pieces = Array.from({ length: 100 }, (_, index): ChatEvent => ({ type: "part.delta", ...about, text: `${index} `.repeat(5000) }));
    const part = partBehind(tool, ...pieces);
    const output = part?.kind === "tool" ? part.output : "";
    expect(output.length).toBeLessThan(300_000);
    expect(output).toMatch(/^0 0 .*\[cut here: the tool wrote more\]$/s);
    expect(partBehind(tool, ...pieces.slice(0, 60))).toEqual(partBehind(tool, ...pieces));
  });
});

test("what an approval is about is cut, too", () => {
  const asked: ChatEvent = {
    type: "approval.requested",
    approval: "a",
    run: "r",
    title: "May I?",
    detail: "x".repeat(5_000_000),
    options: [],
    at: 1,
  };
  expect(bounded(asked)).toMatchObject([{ title: "May I?", detail: expect.stringContaining("[cut here: ") }]);
  expect(sizes(bounded(asked))[0]).toBeLessThan(MAX_EVENT_TEXT + 500);
});

describe("what a tool is called with", () => {
  test("is told as its text where it is nested too deep to be written within others", () => {
    const inputOf = (levels: number): unknown => {
      const [event] = bounded({ type: "part.updated", ...about, input: nested(levels) });
      return event?.type === "part.updated" ? event.input : undefined;
    };
    expect(inputOf(99)).toEqual(nested(99));
    expect(inputOf(900)).toBe(JSON.stringify(nested(900)));
  });
});

test("titles and answers that are offered have a bound", () => {
  const long = "x".repeat(100_000);
  const asked: ChatEvent = {
    type: "approval.requested",
    approval: "a",
    run: "r",
    title: long,
    options: [{ id: "y", label: long, kind: "answer" }],
    at: 1,
  };
  for (const event of [...bounded(asked), ...bounded({ type: "session.title", title: long, at: 1 })]) {
    expect(JSON.stringify(event).length).toBeLessThan(10_000);
  }
});

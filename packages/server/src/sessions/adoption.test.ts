import { type ChatEvent, EMPTY_CONVERSATION, reduce } from "@perdure/protocol";
import { expect, test } from "vitest";
import { adoptionNotice, adoptionWords } from "./adoption.ts";
import { toBatch } from "./records.ts";

const started: ChatEvent[] = [
  { type: "run.started", run: "r", number: 1, agent: "demo", view: "chat", origin: "new", at: 1 },
  { type: "agent.ready", run: "r", at: 1 },
];
const resting = reduce(EMPTY_CONVERSATION, started);
const answering = reduce(resting, [{ type: "turn.started", turn: "t1", run: "r", at: 2 }]);
const adopted = (quietMs: number | null) => ({ index: 7, at: 3, quietMs });

test("in a turn it is said whatever the agent wrote last, with the turn; told again it is the same line", () => {
  const [notice] = adoptionNotice(adopted(60_000), answering);
  expect(notice).toEqual({
    type: "notice",
    notice: "host-adopted.r.7",
    level: "warning",
    code: "host-adopted",
    text: "The process that reads the agent's output was killed and another went on. A few characters of this answer may be missing.",
    turn: "t1",
    at: 3,
  });
  const once = reduce(answering, notice ? [notice] : []);
  expect(reduce(once, notice ? [notice] : []).entries).toEqual(once.entries);
});

test("between turns it is said only of an agent that wrote just before", () => {
  expect(adoptionNotice(adopted(500), resting)).toMatchObject([{ code: "host-adopted", text: expect.stringContaining("wrote last") }]);
  expect([adoptionNotice(adopted(60_000), resting), adoptionNotice(adopted(null), resting)]).toEqual([[], []]);
  expect(adoptionNotice(undefined, answering)).toEqual([]);
});

test("of a program without a conversation it is said if it wrote just before", () => {
  expect(adoptionWords(adopted(500))).toContain("A few characters of its output may be missing.");
  expect([adoptionWords(adopted(60_000)), adoptionWords(adopted(null)), adoptionWords(undefined)]).toEqual([null, null, null]);
});

test("a batch knows of it, and it takes no room in the stream", () => {
  const data = Buffer.from("x");
  const batch = toBatch(
    [
      { index: 7, offset: 5, time: 3, is: "adopted", quietMs: 500 },
      { index: 8, offset: 5, time: 4, is: "data", channel: "output", data },
    ],
    5,
  );
  expect(batch).toMatchObject({ start: 5, end: 6, nextRecord: 9, adopted: adopted(500), pieces: [{ is: "data", offset: 5 }] });
});

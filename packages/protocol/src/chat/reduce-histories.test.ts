/** Laws of the reducer over random histories, whose events come in any order, late, twice, and about things that are not there. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { EMPTY_CONVERSATION, type Conversation } from "./conversation.ts";
import { Draft } from "./draft.ts";
import type { ChatEvent, DriverEvent } from "./events.ts";
import { reduce } from "./reduce.ts";

const named = (prefix: string): fc.Arbitrary<string> => fc.constantFrom(...[1, 2, 3].map((number) => `${prefix}${number}`));
const is = <T extends string>(type: T): fc.Arbitrary<T> => fc.constant(type);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 2 });

const text = fc.string({ maxLength: 4 });
const [run, turn, input, message, part] = [named("r"), named("t"), named("i"), named("m"), named("p")];
const [approval, notice] = [named("a"), named("n")];
const about = { message, part };
const diffs = fc.constant([{ path: "f", before: null, after: "x" }]);
const steps = fc.constant([{ text: "look", status: "pending" } as const]);
const options = fc.constant([{ id: "yes", label: "Yes", kind: "allow-once" } as const]);
const usage = fc.record({ inputTokens: fc.nat(9), outputTokens: fc.nat(9), costUsd: fc.nat(4) });
const failure = fc.constantFrom("auth", "limit", "unknown-conversation");
const reason = fc.constantFrom("agent-lost", "stopped");

const EVENTS: readonly fc.Arbitrary<DriverEvent>[] = [
  fc.record({ type: is("run.started"), run, number: fc.nat(9), agent: text, view: is("chat"), origin: fc.constantFrom("new", "resumed") }),
  fc.record({ type: is("run.ended"), run, cause: text, wasAsked: fc.boolean() }),
  fc.record({ type: is("agent.ready"), run, version: text }),
  fc.record({ type: is("agent.failed"), run, reason: failure, text }),
  fc.record({ type: is("agent.settings"), model: text }),
  fc.record({ type: is("agent.settings"), mode: text, models: fc.constant([]) }),
  fc.record({ type: is("session.resume-id"), resumeId: fc.option(text, { nil: null }) }),
  fc.record({ type: is("session.title"), title: text }),
  fc.record({ type: is("input.accepted"), input, text }),
  fc.record({ type: is("input.edited"), input, text }),
  fc.record({ type: is("input.dispatched"), input, run }),
  ...(["removed", "delivered", "consumed", "unseen", "unknown", "requeued"] as const).map((what) =>
    fc.record({ type: is(`input.${what}`), input }),
  ),
  fc.record({ type: is("input.held"), input, notice }),
  fc.record({ type: is("turn.started"), turn, run, input }),
  fc.record({ type: is("turn.started"), turn, run }),
  fc.record({ type: is("turn.stopping"), turn }),
  fc.record({ type: is("turn.ended"), turn, end: fc.constantFrom("completed", "interrupted", "failed"), cause: reason, text, usage }),
  fc.record({ type: is("message.started"), message, turn }),
  fc.record({ type: is("message.ended"), message }),
  fc.record({ type: is("message.superseded"), message }),
  fc.record({ type: is("part.started"), ...about, kind: fc.constantFrom("text", "reasoning") }),
  fc.record({ type: is("part.started"), ...about, kind: is("tool"), tool: text, toolKind: is("read"), title: text }),
  fc.record({ type: is("part.started"), ...about, kind: is("plan"), steps }),
  fc.record({ type: is("part.started"), ...about, kind: fc.constantFrom("notice", "error"), text }),
  fc.record({ type: is("part.delta"), ...about, text }),
  fc.record({ type: is("part.updated"), ...about, text, status: is("running"), title: text, output: text, diffs, steps }),
  fc.record({ type: is("part.ended"), ...about }),
  fc.record({ type: is("approval.requested"), approval, run, title: text, options }),
  fc.record({ type: is("approval.answered"), approval, option: text }),
  fc.record({ type: is("approval.delivered"), approval }),
  fc.record({ type: is("approval.expired"), approval, text, told: is("no") }),
  fc.record({ type: is("notice"), notice, level: is("info"), code: text, text }),
  fc.record({ type: is("recovery"), rung: is("resume"), outcome: fc.constantFrom("ok", "failed"), reason: text }),
  fc.record({ type: is("of.a.later.release"), what: maybe(text) }) as unknown as fc.Arbitrary<DriverEvent>,
];

const histories: fc.Arbitrary<readonly ChatEvent[]> = fc
  .array(fc.oneof(...EVENTS), { maxLength: 120, size: "max" })
  .map((bodies) => bodies.map((body, index) => ({ ...body, at: index + 1 })));

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}

const overJson = (conversation: Conversation): Conversation => JSON.parse(JSON.stringify(conversation)) as Conversation;

test("wherever a history is cut, what was before and what came after make the whole, and nothing is changed in place", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const whole = reduce(EMPTY_CONVERSATION, history);
      let before = deepFreeze(EMPTY_CONVERSATION);
      for (let cut = 0; cut <= history.length; cut += 1) {
        expect(reduce(before, history.slice(cut))).toEqual(whole);
        before = deepFreeze(reduce(before, history.slice(cut, cut + 1)));
      }
      expect(before).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});

test("a snapshot that went through JSON goes on as the conversation itself", () => {
  fc.assert(
    fc.property(histories, fc.nat(120), (history, cut) => {
      const snapshot = overJson(reduce(EMPTY_CONVERSATION, history.slice(0, cut)));
      expect(overJson(reduce(snapshot, history.slice(cut)))).toEqual(overJson(reduce(EMPTY_CONVERSATION, history)));
    }),
    { numRuns: 200 },
  );
});

test("what stands in the conversation fits together", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const { entries, inputs, messages, notices, queue, turns, runningTurn, approvals, openApprovals } = reduce(
        EMPTY_CONVERSATION,
        history,
      );
      const kinds = { input: inputs, message: messages, notice: notices };
      for (const entry of entries) expect(Object.hasOwn(kinds[entry.is], entry.id)).toBe(true);
      const shown = entries.filter((entry) => entry.is !== "input").map((entry) => `${entry.is} ${entry.id}`);
      expect(new Set(shown).size).toBe(shown.length);
      expect(new Set(queue).size).toBe(queue.length);
      for (const waiting of queue) expect(["accepted", "held"]).toContain(inputs[waiting]?.state);
      expect(runningTurn === null ? "running" : turns[runningTurn]?.state).toBe("running");
      const open = Object.values(approvals).filter(({ state }) => state.is === "open");
      expect([...openApprovals].toSorted()).toEqual(open.map((one) => one.id).toSorted());
    }),
    { numRuns: 300 },
  );
});

test("what an event does not touch keeps its identity", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const before = reduce(EMPTY_CONVERSATION, history);
      const after = reduce(before, [{ type: "part.delta", message: "m1", part: "p1", text: "x", at: 1 }]);
      const others = Object.entries(before.messages).filter(([id]) => id !== "m1");
      for (const [id, one] of others) expect(after.messages[id]).toBe(one);
      for (const key of ["entries", "inputs", "notices", "turns", "approvals", "queue", "runs"] as const)
        expect(after[key]).toBe(before[key]);
    }),
  );
});

test("20,000 events in one batch make what they make in many", () => {
  const events: ChatEvent[] = [];
  for (let turnNumber = 0; events.length < 20_000; turnNumber += 1) {
    const [inputId, turnId, messageId] = [`i${turnNumber}`, `t${turnNumber}`, `m${turnNumber}`];
    events.push(
      { type: "input.accepted", input: inputId, text: "go on", at: 1 },
      { type: "input.dispatched", input: inputId, run: "r", at: 2 },
    );
    events.push(
      { type: "turn.started", turn: turnId, run: "r", input: inputId, at: 3 },
      { type: "message.started", message: messageId, turn: turnId, at: 4 },
    );
    events.push({ type: "part.started", message: messageId, part: "p", kind: "text", at: 5 });
    for (let delta = 0; delta < 30; delta += 1) events.push({ type: "part.delta", message: messageId, part: "p", text: "word ", at: 6 });
    events.push({ type: "turn.ended", turn: turnId, end: "completed", at: 7 });
  }
  const whole = reduce(EMPTY_CONVERSATION, events);
  expect(Object.values(whole.messages).every(({ parts }) => parts[0]?.kind === "text" && parts[0].text.length === 150)).toBe(true);
  let conversation = EMPTY_CONVERSATION;
  for (let from = 0; from < events.length; from += 500) conversation = reduce(conversation, events.slice(from, from + 500));
  expect(conversation).toEqual(whole);
});

test("a batch copies a collection at most once, and only one that changes", () => {
  const draft = new Draft(EMPTY_CONVERSATION);
  draft.push("entries", { is: "input", id: "a" });
  draft.put("inputs", "a", { id: "a", text: "", state: "accepted", acceptedAt: 0 });
  const { entries, inputs } = draft.now;
  draft.push("entries", { is: "input", id: "b" });
  draft.change("inputs", "a", (one) => ({ ...one, text: "x" }));
  draft.change("messages", "nobody", (one) => one);
  expect(draft.now.entries).toBe(entries);
  expect(draft.now.inputs).toBe(inputs);
  expect(draft.now.messages).toBe(EMPTY_CONVERSATION.messages);
  expect(EMPTY_CONVERSATION.entries).toEqual([]);
});

import { MAX_ERROR_TEXT, asTwoStates } from "@perdure/protocol";
import { describe, expect, test } from "vitest";
import { settle } from "../../testing/fake-clock.ts";
import { aborted, functionBench, never, type FunctionBody } from "../../testing/function-bench.ts";
import { STOP_GRACE_MS } from "./function-call.ts";

const bench = functionBench();
const { agent } = bench;

describe("a function that throws", () => {
  const long = "These are three pieces of an answer, which are long enough to be worth keeping.";

  test("in the middle leaves what it had said, as an interrupted turn with its words", async () => {
    agent(async function* () {
      yield long.slice(0, 20);
      yield long.slice(20, 40);
      yield long.slice(40);
      throw new TypeError("the model is gone");
    });
    const turn = bench.bed.prompt("hello");
    expect(await bench.bed.ended(turn)).toMatchObject({ state: "interrupted", cause: "crashed", text: "TypeError: the model is gone" });
    expect(bench.bed.text(turn)).toBe(long);
    expect(asTwoStates(bench.bed.conversation, turn)).toEqual({ status: "complete", content: long });
  });

  test("before it said anything leaves an interrupted turn with its words", async () => {
    agent(async function* () {
      if (bench.bed.clock.now() > 0) throw new Error("no key");
      yield "never";
    });
    const turn = bench.bed.prompt("hello");
    expect(await bench.bed.ended(turn)).toMatchObject({ state: "interrupted", cause: "crashed", text: "no key" });
    expect(bench.bed.conversation.inputs["i1"]?.state).toBe("consumed");
    expect(asTwoStates(bench.bed.conversation, turn)).toEqual({ status: "error", content: "no key" });
  });

  test("with no words at all is still said in words", async () => {
    agent(async function* () {
      if (bench.bed.clock.now() > 0) throw new Error("");
      yield "never";
    });
    const turn = bench.bed.prompt("hello");
    expect((await bench.bed.ended(turn)).text).toBe("(Response failed — no error detail available.)");
    expect(asTwoStates(bench.bed.conversation, turn)).toEqual({
      status: "error",
      content: "(Response failed — no error detail available.)",
    });
  });

  test("with megabytes and keys in its words has them cut and blanked", async () => {
    agent(async function* () {
      if (bench.bed.clock.now() > 0) throw new Error(`Authorization: Bearer abcdefghijklmnop ${"x".repeat(2_000_000)}`);
      yield "never";
    });
    const { text = "" } = await bench.bed.ended(bench.bed.prompt("hello"));
    expect(text.length).toBeLessThanOrEqual(MAX_ERROR_TEXT);
    expect(text).toContain("... (truncated)");
    expect(text).not.toContain("abcdefghijklmnop");
  });

  test("something that is no error, or is called and is no generator, ends its turn the same way", async () => {
    agent((() => {
      if (bench.bed.conversation.lastTurn === "t1.i1") throw { code: 7 } as unknown as Error;
      return "no generator";
    }) as unknown as FunctionBody);
    expect(await bench.bed.ended(bench.bed.prompt("hello"))).toMatchObject({ state: "interrupted", text: '{"code":7}' });
    expect(await bench.bed.ended(bench.bed.prompt("hello"))).toMatchObject({ text: "The function has not returned an async generator." });
  });
});

describe("stop", () => {
  test("in the middle aborts the signal, runs the function's finally, and keeps what was said", async () => {
    const seen: string[] = [];
    agent(async function* (request) {
      try {
        yield "Hello wor";
        await aborted(request);
        yield "ld";
      } finally {
        seen.push(`finally ${(request.signal.reason as Error).name}`);
      }
    });
    const turn = bench.bed.prompt("hello");
    await bench.bed.until(() => bench.bed.text(turn) === "Hello wor");
    bench.bed.stop();
    expect(await bench.bed.ended(turn)).toMatchObject({ state: "interrupted", cause: "stopped" });
    await settle();
    expect(seen).toEqual(["finally AbortError"]);
    expect(bench.bed.text(turn)).toBe("Hello wor");
    expect(bench.bed.notices).toEqual(["After it was told to stop the function yielded one more part; they are not kept."]);
  });

  test("before the first word ends the turn, and the message counts as read", async () => {
    agent(async function* (request) {
      await aborted(request);
      if (request.signal.aborted) throw request.signal.reason;
      yield "never";
    });
    const turn = bench.bed.prompt("hello");
    bench.bed.stop();
    const ended = await bench.bed.ended(turn);
    expect(ended).toMatchObject({ state: "interrupted", cause: "stopped" });
    expect(ended.text).toBeUndefined();
    expect(bench.bed.conversation.inputs["i1"]?.state).toBe("consumed");
    expect(bench.bed.conversation.messages).toEqual({});
  });

  test("of a function that never yields and does not listen ends the turn after a bound, and says what is not known", async () => {
    agent(async function* () {
      await never();
      yield "never";
    });
    const turn = bench.bed.prompt("hello");
    await settle();
    bench.bed.clock.advance(20 * 60_000); // how long a turn is silent says nothing
    await settle();
    expect(bench.bed.conversation.turns[turn]?.state).toBe("running");
    bench.bed.stop();
    await settle();
    bench.bed.clock.advance(STOP_GRACE_MS - 1);
    await settle();
    expect(bench.bed.conversation.turns[turn]?.state).toBe("running");
    bench.bed.clock.advance(1);
    const { state, cause } = await bench.bed.ended(turn);
    expect([state, cause]).toEqual(["interrupted", "stopped"]);
    await bench.bed.until(() => bench.bed.notices.length === 1);
    expect(bench.bed.notices[0]).toContain("has not returned within 5 s");
  });

  test("what a function yields long after its end is dropped and said, and touches no later turn", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let calls = 0;
    agent(async function* () {
      calls += 1;
      if (calls === 2) {
        yield "second";
        return;
      }
      await promise;
      yield "late";
      yield "later";
    });
    const first = bench.bed.prompt("one");
    await settle();
    bench.bed.stop();
    await settle();
    bench.bed.clock.advance(STOP_GRACE_MS);
    await bench.bed.ended(first);
    const second = bench.bed.prompt("two");
    await bench.bed.ended(second);
    resolve();
    await bench.bed.until(() => bench.bed.notices.length === 2);
    expect([bench.bed.text(first), bench.bed.text(second)]).toEqual(["", "second"]);
    expect(bench.bed.recording.inputs.filter((input) => "text" in input && input.text.includes('"turn-end"'))).toHaveLength(2);
    expect(Object.values(bench.bed.conversation.notices)).toMatchObject([
      { code: "still-at-work", turn: first },
      { code: "late-output", turn: first },
    ]);
  });

  test("a function that yields for ever while it is told to return is left alone", async () => {
    agent(async function* (request) {
      await aborted(request);
      for (;;) {
        try {
          yield "again";
        } finally {
          // eslint-disable-next-line no-unsafe-finally
          continue;
        }
      }
    });
    const turn = bench.bed.prompt("hello");
    bench.bed.stop();
    expect(await bench.bed.ended(turn)).toMatchObject({ state: "interrupted", cause: "stopped" });
    await settle();
    expect(bench.bed.notices[0]).toContain("1001 more parts");
  });

  test("a function that yields in spite of it is not asked for more, but to clean up", async () => {
    const ran: string[] = [];
    agent(async function* (request) {
      try {
        await aborted(request);
        yield "late";
        ran.push("went on");
      } finally {
        ran.push("cleaned up");
      }
    });
    const turn = bench.bed.prompt("hello");
    bench.bed.stop();
    await bench.bed.ended(turn);
    await settle();
    expect(ran).toEqual(["cleaned up"]);
  });

  test("twice, or behind the end, does no harm", async () => {
    agent(async function* (request) {
      await aborted(request);
      yield "x";
    });
    const turn = bench.bed.prompt("hello");
    bench.bed.stop();
    bench.bed.stop();
    await bench.bed.ended(turn);
    bench.bed.stop();
    await settle();
    expect(bench.bed.events.filter(({ type }) => type === "turn.ended")).toHaveLength(1);
  });
});

test("a function is not read faster than its words are kept", async () => {
  let yielded = 0;
  agent(async function* () {
    for (; yielded < 100; yielded += 1) yield "word ";
  });
  bench.bed.holdsBack = true;
  const turn = bench.bed.prompt("hello");
  await settle();
  expect(yielded).toBe(0); // the first word waits for its room
  for (let n = 1; n <= 3; n += 1) {
    bench.bed.makeRoom();
    await settle();
    expect(yielded).toBe(n);
  }
  bench.bed.holdsBack = false;
  bench.bed.makeRoom();
  await bench.bed.ended(turn);
  expect(bench.bed.text(turn)).toBe("word ".repeat(100));
});

describe("a limit of silence, where one is set", () => {
  test("ends a turn that says nothing, counted from its last word", async () => {
    agent(
      async function* (request) {
        yield "one";
        await aborted(request);
      },
      { maxSilenceMs: 90_000 },
    );
    const turn = bench.bed.prompt("hello");
    await settle();
    bench.bed.clock.advance(89_999);
    await settle();
    expect(bench.bed.conversation.turns[turn]?.state).toBe("running");
    bench.bed.clock.advance(1);
    expect(await bench.bed.ended(turn)).toMatchObject({
      state: "interrupted",
      cause: "agent-lost",
      text: "The function has said nothing for 90000 ms.",
    });
    expect(bench.bed.clock.pending).toBe(0);
  });

  test("does not count while a person is waited for", async () => {
    agent(
      async function* (request) {
        const { option } = await request.ask({ title: "May I?" });
        yield option;
      },
      { maxSilenceMs: 1_000 },
    );
    const turn = bench.bed.prompt("hello");
    await bench.bed.until(() => bench.bed.conversation.openApprovals.length === 1);
    bench.bed.clock.advance(3_600_000);
    await settle();
    bench.bed.command({ is: "answer", approval: "r1.a1", option: "deny" });
    expect(await bench.bed.ended(turn)).toMatchObject({ state: "completed" });
    expect(bench.bed.text(turn)).toBe("deny");
  });
});

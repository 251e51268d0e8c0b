import type { ToolPart } from "@perdure/protocol";
import { describe, expect, test } from "vitest";
import { settle } from "../../testing/fake-clock.ts";
import { aborted, functionBench, never } from "../../testing/function-bench.ts";
import { functionAgent } from "./function-agent.ts";
import type { FunctionPart, FunctionRequest } from "./function-parts.ts";

const bench = functionBench();
const { agent } = bench;

describe("an answer", () => {
  test("is what the function yields, and ends once", async () => {
    agent(async function* ({ prompt }) {
      yield "You said ";
      yield { type: "text", text: prompt };
    });
    const turn = bench.bed.prompt("hello");
    expect(await bench.bed.ended(turn)).toMatchObject({ state: "completed" });
    expect(bench.bed.text(turn)).toBe("You said hello");
    expect(bench.bed.conversation.inputs["i1"]?.state).toBe("answered");
    expect(bench.bed.events.filter(({ type }) => type === "turn.ended")).toHaveLength(1);
    expect(bench.bed.events.filter(({ type }) => type === "message.started")).toHaveLength(1);
  });

  test("holds reasoning, tools, plans, notices, usage and a title", async () => {
    agent(async function* () {
      yield { type: "reasoning", text: "Let me see." };
      yield { type: "plan", steps: [{ text: "look", status: "running" }] };
      yield { type: "tool", id: "x", name: "read", kind: "read", input: { path: "a" } };
      yield { type: "tool-output", id: "x", text: "line 1\n" };
      yield { type: "tool-output", id: "x", text: "line 2\n" };
      yield { type: "tool-end", id: "x", diffs: [{ path: "a", before: null, after: "b" }] };
      yield { type: "tool", id: "y", name: "test", title: "Run the tests" };
      yield { type: "tool-end", id: "y", status: "failed", output: "red" };
      yield { type: "plan", steps: [{ text: "look", status: "completed" }] };
      yield { type: "notice", text: "Something to know." };
      yield { type: "title", title: "A look" };
      yield { type: "usage", usage: { inputTokens: 10, outputTokens: 2 } };
      yield "Done.";
    });
    const turn = bench.bed.prompt("look");
    expect(await bench.bed.ended(turn)).toMatchObject({ state: "completed", usage: { inputTokens: 10, outputTokens: 2 } });
    const parts = Object.values(bench.bed.conversation.messages)[0]?.parts ?? [];
    expect(parts.map(({ kind }) => kind)).toEqual(["reasoning", "plan", "tool", "tool", "text"]);
    expect(parts[1]).toMatchObject({ steps: [{ status: "completed" }] });
    expect(parts[2]).toMatchObject({
      tool: "read",
      toolKind: "read",
      output: "line 1\nline 2\n",
      status: "completed",
      diffs: [{ path: "a" }],
    });
    expect(parts[3]).toMatchObject({ title: "Run the tests", status: "failed", output: "red" });
    expect(bench.bed.notices).toEqual(["Something to know."]);
    expect(bench.bed.conversation.title).toBe("A look");
  });

  test("that is empty is complete and says so", async () => {
    agent(async function* () {});
    expect(await bench.bed.ended(bench.bed.prompt("hello"))).toMatchObject({ state: "completed" });
    expect(bench.bed.notices).toEqual(["The agent ended its turn without an answer."]);
    expect(bench.bed.conversation.messages).toEqual({});
  });

  test("gets what was said before, without the prompt, and the choices of the user", async () => {
    const seen: FunctionRequest[] = [];
    agent(
      async function* (request) {
        seen.push(request);
        yield `answer ${seen.length}`;
        if (seen.length === 2) throw new Error("cut");
      },
      {
        models: [
          { id: "small", label: "Small" },
          { id: "large", label: "Large" },
        ],
        modes: [{ id: "plain", label: "Plain" }],
      },
    );
    await bench.bed.ended(bench.bed.prompt("one"));
    bench.bed.command({ is: "set-model", model: "large" });
    await bench.bed.ended(bench.bed.prompt("two"));
    await bench.bed.ended(bench.bed.prompt("three"));
    expect(
      seen.map(({ prompt, messages, model, mode }) => [
        prompt,
        messages.map(({ role, text, isCut }) => `${role} ${text} ${isCut}`),
        model,
        mode,
      ]),
    ).toEqual([
      ["one", [], "small", "plain"],
      ["two", ["user one false", "assistant answer 1 false"], "large", "plain"],
      ["three", ["user one false", "assistant answer 1 false", "user two false", "assistant answer 2 true"], "large", "plain"],
    ]);
    expect(seen[2]?.conversation.turns).toHaveProperty("t3.i3");
  });

  test("that is long and comes at once comes whole, in lines of bounded length that split no character", async () => {
    const long = "x".repeat(16 * 1024 - 1) + "🙂".repeat(20_000);
    agent(async function* () {
      yield long;
    });
    const turn = bench.bed.prompt("hello");
    await bench.bed.ended(turn);
    expect(bench.bed.text(turn)).toBe(long);
    const lines = bench.bed.recording.inputs.flatMap((input) => (input.is === "output" && "text" in input ? [input.text] : []));
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(20_000);
    expect(lines.filter((line) => /\\ud[89a-f]/i.test(line))).toEqual([]);
  });
});

describe("what cannot be shown", () => {
  test("is passed over, said three times at most, and harms nothing", async () => {
    const wrong: unknown[] = [7, null, { type: "image" }, { type: "tool-end", id: 3 }, { type: "plan" }, undefined];
    agent(async function* () {
      yield "before";
      for (const each of wrong) yield each as FunctionPart;
      yield " after";
    });
    const turn = bench.bed.prompt("hello");
    expect(await bench.bed.ended(turn)).toMatchObject({ state: "completed" });
    expect(bench.bed.text(turn)).toBe("before after");
    expect(bench.bed.notices).toHaveLength(3);
    expect(bench.bed.notices[0]).toBe("It yielded number in the place of a part. It was passed over.");
    expect(bench.bed.notices[2]).toContain("Whatever more is wrong in this turn is not told.");
  });

  test("is cut where it is too long", async () => {
    const circle: { me?: unknown } = {};
    circle.me = circle;
    agent(async function* () {
      yield { type: "tool", id: "a", name: "n".repeat(1000), input: "i".repeat(100_000) };
      yield { type: "tool-end", id: "a", output: "o".repeat(1_000_000) };
      yield { type: "tool", id: "b", name: "b", input: circle };
      yield { type: "notice", text: "token=sk-abcdefghijklmnopqrstuvwxyz" };
    });
    await bench.bed.ended(bench.bed.prompt("hello"));
    const [a, b] = Object.values(bench.bed.conversation.messages)[0]!.parts as [ToolPart, ToolPart];
    expect([a.tool.length, (a.input as string).length, a.output.length]).toEqual([200, 64 * 1024, 256 * 1024]);
    expect(b.input).toBe("(it cannot be written as JSON)");
    expect(bench.bed.notices.join()).not.toContain("abcdefghijkl");
  });

  test("is a tool that is not at work, or was begun twice, or is one of too many", async () => {
    agent(async function* () {
      yield { type: "tool-output", id: "nobody", text: "x" };
      yield { type: "tool", id: "a", name: "a" };
      yield { type: "tool", id: "a", name: "a" };
      for (let n = 0; n < 200; n += 1) yield { type: "tool", id: `many-${n}`, name: "many" };
    });
    await bench.bed.ended(bench.bed.prompt("hello"));
    expect(bench.bed.notices).toEqual([
      'No tool "nobody" is at work.',
      'The tool "a" was begun twice.',
      'More than 200 tools at once: "many" is not shown.',
    ]);
  });
});

describe("a question", () => {
  test("waits for a person, and the function goes on with the answer", async () => {
    agent(async function* (request) {
      yield { type: "tool", id: "rm", name: "rm" };
      const answer = await request.ask({ title: "Remove it?", detail: "rm -r build", tool: "rm" });
      yield { type: "tool-end", id: "rm", status: answer.isAllowed ? "completed" : "failed" };
      yield `${answer.option} ${answer.isAllowed} ${answer.note}`;
    });
    const turn = bench.bed.prompt("clean up");
    await bench.bed.until(() => bench.bed.conversation.openApprovals.length === 1);
    const approval = bench.bed.conversation.approvals["r1.a1"];
    expect(approval).toMatchObject({ title: "Remove it?", detail: "rm -r build", turn, part: "r1.p2" });
    bench.bed.command({ is: "answer", approval: "r1.a1", option: "deny", note: "not now" });
    await bench.bed.ended(turn);
    expect(bench.bed.text(turn)).toBe("deny false not now");
  });

  test("that is open when the user stops rejects and expires", async () => {
    agent(async function* (request) {
      try {
        await request.ask({ title: "May I?" });
      } catch (error) {
        yield `not kept: ${String(error)}`;
      }
    });
    const turn = bench.bed.prompt("hello");
    await bench.bed.until(() => bench.bed.conversation.openApprovals.length === 1);
    bench.bed.stop();
    expect(await bench.bed.ended(turn)).toMatchObject({ state: "interrupted", cause: "stopped" });
    expect(bench.bed.conversation.approvals["r1.a1"]?.state).toMatchObject({
      is: "expired",
      text: "The turn ended before it was answered.",
    });
  });

  test("that nobody waits for any more expires with its turn", async () => {
    let asked: Promise<unknown> = Promise.resolve();
    agent(async function* (request) {
      asked = request.ask({ title: "May I?" });
      yield "I did not wait.";
    });
    await bench.bed.ended(bench.bed.prompt("hello"));
    await expect(asked).rejects.toThrow("The turn is over.");
    expect(bench.bed.conversation.openApprovals).toEqual([]);
  });

  test("without a title or with options that are none, or one of too many, is refused to the function", async () => {
    const refused: string[] = [];
    agent(async function* (request) {
      for (const bad of [{ title: " " }, { title: "x", options: [] }, { title: "x", options: [{ id: "a" }] }]) {
        await request.ask(bad as never).catch((error: Error) => refused.push(error.message));
      }
      for (let n = 0; n < 100; n += 1) request.ask({ title: `${n}` }).catch(() => undefined);
      await request.ask({ title: "x" }).catch((error: Error) => refused.push(error.message));
      yield "done";
    });
    await bench.bed.ended(bench.bed.prompt("hello"));
    expect(refused).toEqual([
      "The question has no title.",
      "The question needs 1 to 20 options with an id, a label and a kind.",
      "The question needs 1 to 20 options with an id, a label and a kind.",
      "100 questions are open already.",
    ]);
  });
});

describe("the end of the run", () => {
  test("closes the turn as it stands; the function is told and waited for", async () => {
    const seen: string[] = [];
    agent(async function* (request) {
      yield "Hello wor";
      await aborted(request);
      seen.push("told");
    });
    const turn = bench.bed.prompt("hello");
    await bench.bed.until(() => bench.bed.text(turn) === "Hello wor");
    bench.bed.exit();
    expect(bench.bed.conversation.turns[turn]).toMatchObject({ state: "interrupted", cause: "agent-ended" });
    await bench.bed.end();
    expect(seen).toEqual(["told"]);
    expect(bench.bed.text(turn)).toBe("Hello wor");
  });

  test("waits no longer than it may for a function that does not listen", async () => {
    agent(async function* () {
      await never();
      yield "never";
    });
    bench.bed.prompt("hello");
    await settle();
    const ended = bench.bed.end(1_000);
    bench.bed.clock.advance(1_000);
    await ended;
    bench.bed.exit();
    expect(bench.bed.conversation.runningTurn).toBeNull();
  });
});

test("a function that may do a thing twice has its message only with the end of its turn", async () => {
  agent(
    async function* (request) {
      yield "half";
      await aborted(request);
    },
    { resumes: true },
  );
  const turn = bench.bed.prompt("hello");
  await bench.bed.until(() => bench.bed.text(turn) === "half");
  expect(bench.bed.conversation.inputs["i1"]?.state).toBe("dispatched");
  bench.bed.stop();
  await bench.bed.ended(turn);
  expect(bench.bed.conversation.inputs["i1"]?.state).toBe("consumed");
});

test("an agent needs an id and a name that can be used", () => {
  agent(async function* () {});
  const run = bench.bed.driver && async function* (): AsyncGenerator<FunctionPart> {};
  for (const id of ["", "Mine", "a b", "-a", "a".repeat(65)])
    expect(() => functionAgent({ id, name: "x", run })).toThrow("is no id of an agent");
  for (const name of [" ", "n".repeat(101)]) expect(() => functionAgent({ id: "mine", name, run })).toThrow("The name");
});

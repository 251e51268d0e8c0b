import { PerdureError } from "@perdure/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { outboxBench, quiet, shownBy } from "../testing/outbox-bench.ts";
import { settled } from "../testing/client-bench.ts";
import type { Fate } from "../testing/fake-message-server.ts";
import { createMemoryMessages, type KeptMessage, type KeptMessages } from "./kept-messages.ts";
import { EXPIRES_AFTER_MS, expiring } from "./message-changes.ts";

describe("a message that was never sent", () => {
  test("is edited under a new id, in its place", async () => {
    const { open, server } = outboxBench();
    const outbox = open({ isConnected: false });
    const id = await outbox.send("s1", "frist");
    await outbox.send("s1", "second");
    await outbox.edit(id, "first");
    expect(shownBy(outbox)).toEqual(["first: waiting", "second: waiting"]);
    expect(outbox.has(id)).toBe(false);
    outbox.connection(true);
    await quiet();
    expect(server.asked).toEqual(["send first", "send second"]);
  });

  test("is just forgotten when it is removed", async () => {
    const { open, server } = outboxBench();
    const outbox = open({ isConnected: false });
    const id = await outbox.send("s1", "hello");
    await outbox.remove(id);
    expect(outbox.messages).toEqual([]);
    outbox.connection(true);
    await quiet();
    expect(server.asked).toEqual([]);
    await expect(outbox.remove(id)).rejects.toMatchObject({ code: "not-found" });
    await expect(outbox.edit(id, "x")).rejects.toMatchObject({ code: "not-found" });
  });
});

describe.each(["lose", "lose-answer"] as const)("a message that may have been sent (%s)", (fate) => {
  test("is taken back with the server before the new text is sent", async () => {
    const { open, server } = outboxBench();
    server.fate = () => (server.asked.length === 1 ? fate : "go");
    const outbox = open();
    const id = await outbox.send("s1", "frist");
    await quiet();
    await outbox.edit(id, "first");
    expect(shownBy(outbox)).toEqual(["first: waiting"]);
    outbox.connection(false);
    outbox.connection(true);
    await quiet();
    expect(server.asked).toEqual(["send frist", "remove frist", "send first"]);
    expect(server.texts).toEqual(["first"]);
  });

  test("is taken back when it is removed, though the first try of that fails, too", async () => {
    const { open, server, clock } = outboxBench();
    server.fate = () => (server.asked.length <= 2 ? fate : "go");
    const outbox = open();
    const id = await outbox.send("s1", "hello");
    await quiet();
    await outbox.remove(id);
    expect(outbox.messages).toEqual([]);
    clock.advance(1000);
    await quiet();
    clock.advance(2000);
    await quiet();
    expect(server.asked).toEqual(["send hello", "remove hello", "remove hello"]);
    expect(server.texts).toEqual([]);
  });
});

/** The answer was lost, the agent has the message, and then it is edited. */
async function lateEdit() {
  const bench = outboxBench();
  bench.server.fate = () => (bench.server.asked.length === 1 ? "lose-answer" : "go");
  const outbox = bench.open();
  const id = await outbox.send("s1", "frist");
  await quiet();
  bench.server.dispatchAll();
  await outbox.edit(id, "first");
  outbox.connection(false);
  outbox.connection(true);
  await quiet();
  return { ...bench, outbox };
}

describe("a message that the agent has already", () => {
  test("is not said twice: the edited one waits for the user", async () => {
    const { server, outbox } = await lateEdit();
    expect(server.texts).toEqual(["frist"]);
    expect(outbox.messages).toMatchObject([{ text: "first", state: { is: "refused", code: "message-sent" } }]);
  });

  test("is followed by the edited one if the user wants it", async () => {
    const { server, outbox } = await lateEdit();
    await outbox.retry(outbox.messages[0]?.id ?? "");
    await quiet();
    expect(server.texts).toEqual(["frist", "first"]);
  });

  test("cannot be removed: it is just no longer waited for", async () => {
    const { open, server } = outboxBench();
    server.fate = () => (server.asked.length === 1 ? "lose-answer" : "go");
    const outbox = open();
    const id = await outbox.send("s1", "hello");
    await quiet();
    server.dispatchAll();
    await outbox.remove(id);
    outbox.connection(false);
    outbox.connection(true);
    await quiet();
    expect(server.texts).toEqual(["hello"]);
    expect(outbox.messages).toEqual([]);
  });
});

describe("a message under way", () => {
  test("that is edited is taken back when it has arrived", async () => {
    const { open, server } = outboxBench();
    server.fate = () => (server.asked.length === 1 ? "hold" : "go");
    const outbox = open();
    const id = await outbox.send("s1", "frist");
    await quiet();
    await outbox.edit(id, "frist!");
    await outbox.edit(outbox.messages[0]?.id ?? "", "first");
    server.letGo();
    await quiet();
    expect(server.asked).toEqual(["send frist", "remove frist", "send first"]);
    expect(server.texts).toEqual(["first"]);
  });

  test("that is refused after it was removed is not offered back", async () => {
    const { open, server } = outboxBench();
    server.fate = () => "hold";
    const outbox = open();
    const id = await outbox.send("s1", "hello");
    await quiet();
    server.fate = () => "bad-request";
    await outbox.remove(id);
    server.letGo();
    await quiet();
    expect(outbox.messages).toEqual([]);
  });

  test("has arrived when the server's conversation has it, whatever was heard", async () => {
    const { open, server } = outboxBench();
    server.fate = () => "lose-answer";
    const outbox = open();
    const id = await outbox.send("s1", "hello");
    await quiet();
    outbox.seen([id, "another"]);
    await quiet();
    expect(outbox.messages).toEqual([]);
  });
});

/** `false`: the message has left in this moment, because the server has it. */
async function isInTime(change: Promise<void>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (error instanceof PerdureError && error.code === "not-found") return false;
    throw error;
  }
}

/** Tells of each message that takes the place of another. */
function watched(store: KeptMessages, replaced: (before: KeptMessage, after: KeptMessage) => void): KeptMessages {
  const update: KeptMessages["update"] = (change) =>
    store.update((messages) => {
      const made = change(messages);
      for (const after of made.put ?? []) {
        const before = messages.find(({ position, state }) => position === after.position && state.is !== "withdrawn");
        if (before && !messages.some(({ id }) => id === after.id)) replaced(before, after);
      }
      return made;
    });
  return { ...store, update };
}

type Step = { readonly do: "send" | "edit" | "remove" | "page" | "dispatch"; readonly which: number; readonly fates: readonly Fate[] };
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    do: fc.constantFrom("send", "send", "edit", "remove", "page", "dispatch"),
    which: fc.nat(3),
    fates: fc.array(fc.constantFrom<Fate>("go", "lose", "lose-answer"), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 25 },
);

test("whatever is sent, edited, removed, lost and reloaded: each text has one effect, or none if it was taken back in time", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const { open, server, clock } = outboxBench();
      // Texts that were written in the place of a refused message: the user was told, and means another one.
      const afresh = new Set<string>();
      const store = watched(createMemoryMessages(), (before, after) => {
        if (before.state.is === "refused") afresh.add(after.text);
      });
      let outbox = open({ store });
      let texts = 0;
      let fates: Fate[] = [];
      server.fate = () => fates.shift() ?? "go";
      // A text and the ones that it replaced.
      const versions = new Map<string, string[]>();
      const removed = new Set<string>();
      for (const step of plan) {
        fates = [...step.fates];
        const waiting = outbox.messages.at(step.which % Math.max(1, outbox.messages.length));
        const text = `text ${++texts}`;
        if (step.do === "send") versions.set(text, []);
        if (step.do === "send") await outbox.send("s1", text);
        if (step.do === "edit" && waiting) {
          const earlier = versions.get(waiting.text) ?? [];
          if (!(await isInTime(outbox.edit(waiting.id, text)))) continue;
          versions.delete(waiting.text);
          versions.set(text, afresh.has(text) ? [] : [waiting.text, ...earlier]);
          if (afresh.has(text) && earlier[0] !== undefined) versions.set(earlier[0], earlier.slice(1));
          if (afresh.has(text) && earlier[0] !== undefined) removed.add(earlier[0]);
        }
        if (step.do === "remove" && waiting) {
          if (await isInTime(outbox.remove(waiting.id))) removed.add(waiting.text);
        }
        if (step.do === "dispatch") server.dispatchAll();
        if (step.do === "page") {
          outbox.close();
          outbox = open({ store });
        }
        await settled();
      }
      fates = [];
      for (let turn = 0; turn < 20; turn += 1) {
        clock.advance(30_000);
        for (let wait = 0; wait < 10; wait += 1) await settled();
      }
      expect(new Set(server.texts).size).toBe(server.texts.length);
      const refused = new Set(outbox.messages.map((message) => message.text));
      const wrong = [...versions].filter(([text, earlier]) => {
        const effects = [text, ...earlier].filter((one) => server.texts.includes(one));
        if (removed.has(text)) return effects.length > 1;
        // What the user takes for sent is what was sent; else it is offered.
        return effects.length !== 1 || (effects[0] !== text && !refused.has(text));
      });
      expect(wrong).toEqual([]);
      for (const message of outbox.messages) expect(message.state).toMatchObject({ is: "refused", code: "message-sent" });
    }),
    { numRuns: 300 },
  );
});

function waitingSinceThen(waitingSince: number): KeptMessage {
  const about = { id: String(waitingSince), session: "s", text: "t", createdAt: waitingSince, position: 1, mayHaveBeenSent: false };
  return { ...about, waitingSince, state: { is: "waiting" } };
}

test("a message is asked about that waited for a day, or whose time cannot be told because the clock was set back", () => {
  const now = 100 * EXPIRES_AFTER_MS;
  const expired = (waitingSince: number): boolean => expiring(now)([waitingSinceThen(waitingSince)]).put?.length === 1;
  expect([now, now - EXPIRES_AFTER_MS + 1, now + EXPIRES_AFTER_MS - 1].map(expired)).toEqual([false, false, false]);
  expect([now - EXPIRES_AFTER_MS, now + EXPIRES_AFTER_MS, now * 2].map(expired)).toEqual([true, true, true]);
});

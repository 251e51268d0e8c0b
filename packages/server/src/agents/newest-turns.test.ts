import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { ImportedMessage } from "./agent.ts";
import { newestTurns, turnsOf } from "./newest-turns.ts";

const WHOLE = { isCut: false, damagedLines: 0 };

/** `u` and `a`: who speaks; a number behind it: how many characters. */
function talk(words: string): ImportedMessage[] {
  return words.split(" ").map((word, index) => ({
    id: `${index}${word}`,
    role: word.startsWith("u") ? "user" : "assistant",
    at: index,
    text: "x".repeat(Number(word.slice(1))),
    tools: [],
  }));
}

function kept(words: string, characters: number, { messages = 100, isCut = false } = {}): string {
  const history = newestTurns(talk(words), { isCut, damagedLines: 0 }, { messages, characters });
  const ids = history.messages.map(({ id }) => id.replace(/^\d+(?=[ua])/, ""));
  return `${ids.join(" ")}${history.leavesOutOlder ? " | older" : ""}`;
}

it("what fits is taken whole", () => {
  expect(kept("u1 a2 u3 a4", 10)).toBe("u1 a2 u3 a4");
  expect(newestTurns([], WHOLE)).toEqual({ messages: [], leavesOutOlder: false, damagedLines: 0 });
});

it("the newest whole turns are taken, and it is said that there are older ones", () => {
  expect(kept("u1 a2 u3 a4", 9)).toBe("u3 a4 | older");
  expect(kept("u1 a2 u3 a4 a1", 100, { messages: 4 })).toBe("u3 a4 a1 | older");
});

it("a turn whose beginning was not read is left out, unless it is the only one", () => {
  expect(kept("a2 u3 a4", 100, { isCut: true })).toBe("u3 a4 | older");
  expect(kept("a2 a4", 100, { isCut: true })).toBe("a2 a4 | older");
  expect(kept("u3 a4", 100, { isCut: true })).toBe("u3 a4 | older");
});

it("of a turn that alone is too much its question and its end are taken", () => {
  expect(kept("u1 a1 u2 a9 a3 a4", 10)).toBe("u2 a3 a4 | older");
  expect(kept("u2 a1 a1 a1", 100, { messages: 3 })).toBe("u2 a1 a1 | older");
  expect(kept("u20 a1", 10)).toBe(" | older");
});

it("tools count with what they gave", () => {
  const [user, answer] = talk("u1 a1");
  const tools = [{ id: "t", tool: "Bash", title: "ls", output: "x".repeat(20) }];
  const history = newestTurns([user!, { ...answer!, tools }], WHOLE, { messages: 9, characters: 10 });
  expect(history).toMatchObject({ messages: [{ role: "user" }], leavesOutOlder: true });
});

it("of any talk at most so much is taken, from its end, beginning with a whole turn", () => {
  const words = fc.array(fc.tuple(fc.constantFrom("u", "a"), fc.nat(20)), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 20 }), (said, characters, messages) => {
      const all = talk(said.map(([who, length]) => `${who}${length}`).join(" "));
      const { messages: taken, leavesOutOlder } = newestTurns(all, WHOLE, { messages, characters });
      expect(taken.length).toBeLessThanOrEqual(messages);
      expect(taken.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(characters);
      expect(leavesOutOlder).toBe(taken.length < all.length);
      expect(turnsOf(taken).length < 2 || isDeepStrictEqual(all.slice(-taken.length), taken)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

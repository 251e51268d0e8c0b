import { EMPTY_CONVERSATION, type ChatEvent, type ConversationPart } from "@perdure/protocol";
import { expect, test } from "vitest";
import { EarlierEntries } from "./earlier-entries.ts";

const part: ConversationPart = {
  ...EMPTY_CONVERSATION,
  earlier: 3,
  entries: [{ is: "input", id: "i" }],
  inputs: { i: { id: "i", text: "hello", state: "unknown", acceptedAt: 1 } },
};
const about: ChatEvent = { type: "input.requeued", input: "i", at: 2 };
const elsewhere: ChatEvent = { type: "input.requeued", input: "j", at: 2 };

/** A server whose answers the test gives. */
function asked() {
  const answers: PromiseWithResolvers<ConversationPart>[] = [];
  const before: number[] = [];
  const earlier = new EarlierEntries((count) => {
    before.push(count);
    const answer = Promise.withResolvers<ConversationPart>();
    answers.push(answer);
    return answer.promise;
  });
  return { earlier, answers, before };
}

test("what was said before is asked for once at a time, and not where there is nothing", async () => {
  const { earlier, answers, before } = asked();
  expect(await earlier.load(0)).toBeNull();
  const loading = earlier.load(4);
  expect(await earlier.load(4)).toBeNull();
  answers[0]!.resolve(part);
  expect(await loading).toBe(part);
  expect(before).toEqual([4]);
});

test("an answer that events of meanwhile are about is asked for again, a bounded number of times", async () => {
  const { earlier, answers } = asked();
  const loading = earlier.load(4);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    earlier.came([elsewhere, about]);
    answers[attempt]!.resolve({ ...part, earlier: attempt });
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await loading)?.earlier).toBe(2);
  expect(answers).toHaveLength(3);
});

test("events about something else do not matter", async () => {
  const { earlier, answers } = asked();
  const loading = earlier.load(4);
  earlier.came([elsewhere]);
  answers[0]!.resolve(part);
  expect(await loading).toBe(part);
});

test("of an answer to a conversation that began anew nothing comes, and the next is asked for", async () => {
  const { earlier, answers } = asked();
  const first = earlier.load(4);
  earlier.restart();
  const second = earlier.load(9);
  answers[0]!.resolve(part);
  expect(await first).toBeNull();
  earlier.came([about]);
  answers[1]!.resolve(part);
  await new Promise((resolve) => setImmediate(resolve));
  answers[2]!.resolve(part);
  expect(await second).toBe(part);
});

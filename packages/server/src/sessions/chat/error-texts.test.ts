// Whatever an agent says of what went wrong: what is kept of it is never empty, never longer than the limit, and holds no secret. The
// recordings of the real agents, with other words in the place of theirs.

import { MAX_ERROR_TEXT, type ChatEvent } from "@perdure/protocol";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { fold, type RecordedInput, type Recording } from "../../agents/acceptance.ts";
import { demoDriver } from "../../agents/demo/driver.ts";
import { allRecordings, FIRST_RUN } from "../../agents/recordings.ts";
import { seededRandom } from "../../testing/recordings.ts";
import { withSafeTexts } from "./safe-texts.ts";

const SECRET = `sk-ant-${"a1B2".repeat(8)}`;
/** Fields in which agents put words, whatever the dialect. */
const WORDS = /^(message|text|error|errors|result|details?|reason|description|content|additionalDetails|subtitle|stderr)$/;

const SAID: readonly string[] = [
  "",
  " \n\t",
  "\u0000",
  "\uD83D",
  "null",
  "It did not work.",
  ...["x", "é", "👍", " ", `${SECRET} `].map((part) => part.repeat(6000)),
  ...["401 Unauthorized", "429 rate limit", "529 overloaded", "ECONNREFUSED", "No conversation found"].map((said) => `${said}: ${SECRET}`),
  `Authorization: Bearer ${SECRET}`,
  `{"api_key":"${SECRET}"}`,
  `${"y".repeat(4090)} ${SECRET}`,
];

/** The same words for the same seed. */
function wordsOf(seed: number): () => string {
  const random = seededRandom(seed);
  return () => SAID[random(SAID.length)]!;
}

const nothing: Recording = { setup: FIRST_RUN, time: 0, inputs: [] };

it.each([...allRecordings(), ["demo", demoDriver, nothing] as const])("%s", (_, driver, recording) => {
  let count = 0;
  const property = fc.property(fc.nat(), fc.nat(recording.inputs.length), fc.boolean(), (seed, cut, isLost) => {
    const said = wordsOf(seed);
    const inputs = recording.inputs
      .slice(0, cut)
      .filter(({ is }) => is !== "exit")
      .map((input) => withOtherWords(input, said));
    const time = (inputs.at(-1)?.time ?? 0) + 1;
    const end = isLost ? ({ is: "lost", reason: said() } as const) : ({ is: "exited", code: 1, signal: null } as const);
    const all: RecordedInput[] = [...inputs, { is: "stderr", time, text: said() }, { is: "exit", time, end }];
    for (const { events } of fold(() => driver, { ...recording, inputs: all }))
      for (const event of events) count += check({ at: 0, ...event });
  });
  fc.assert(property, { numRuns: 12 });
  expect(count).toBeGreaterThan(0);
});

/** Answers how many texts it looked at. */
function check(event: ChatEvent): number {
  const safe = withSafeTexts(event);
  const text = textOf(safe);
  if (text === undefined) return 0;
  expect(text.trim()).not.toBe("");
  expect(text.length).toBeLessThanOrEqual(MAX_ERROR_TEXT);
  expect(text).not.toContain(SECRET);
  return 1;
}

/** Of what went wrong; not what somebody said. */
function textOf(event: ChatEvent): string | undefined {
  if (event.type === "notice" || event.type === "agent.failed" || event.type === "approval.expired" || event.type === "turn.ended")
    return event.text;
  return event.type === "part.started" && (event.kind === "notice" || event.kind === "error") ? event.text : undefined;
}

/** A line that is no JSON stays as it is. */
function withOtherWords(input: RecordedInput, said: () => string): RecordedInput {
  if (input.is === "stderr") return { ...input, text: said() };
  if (input.is !== "output" || !("text" in input)) return input;
  const lines = input.text.split("\n").map((line) => {
    try {
      return JSON.stringify(otherWords(JSON.parse(line), "", said));
    } catch {
      return line;
    }
  });
  return { ...input, text: lines.join("\n") };
}

function otherWords(value: unknown, key: string, said: () => string): unknown {
  if (typeof value === "string") return WORDS.test(key) ? said() : value;
  if (Array.isArray(value)) return value.map((one) => otherWords(one, key, said));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, otherWords(one, name, said)]));
}

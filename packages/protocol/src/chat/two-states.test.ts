import { expect, test } from "vitest";
import { EMPTY_CONVERSATION } from "./conversation.ts";
import type { DriverEvent, TurnEnd, TurnEndCause } from "./events.ts";
import { reduce } from "./reduce.ts";
import { asTwoStates, type TwoStates } from "./two-states.ts";

function turn(text: string, end?: TurnEnd, cause?: TurnEndCause, words?: string): TwoStates | null {
  const events: DriverEvent[] = [
    { type: "turn.started", turn: "t", run: "r" },
    ...(text === ""
      ? []
      : ([
          { type: "message.started", message: "m", turn: "t" },
          { type: "part.started", message: "m", part: "p", kind: "text" },
          { type: "part.delta", message: "m", part: "p", text },
        ] as const)),
    ...(end === undefined
      ? []
      : [{ type: "turn.ended", turn: "t", end, ...(cause ? { cause } : {}), ...(words ? { text: words } : {}) } as const]),
  ];
  const conversation = reduce(
    EMPTY_CONVERSATION,
    events.map((event, at) => ({ at, ...event })),
  );
  return asTwoStates(conversation, "t");
}

const long = "x".repeat(51);

test.for([
  ["an answer that is whole", ["hi", "completed"], "complete", "hi"],
  ["a whole answer without a word", ["", "completed"], "complete", "(The answer was empty.)"],
  ["one that runs", ["Hello wor"], "streaming", "Hello wor"],
  ["a cut one of more than 50 characters", [long, "interrupted", "crashed"], "complete", long],
  ["a cut one of 50", [long.slice(1), "interrupted", "stopped"], "error", long.slice(1)],
  ["one that was stopped before its first word", ["", "interrupted", "stopped"], "error", "(Response interrupted. Please try again.)"],
  [
    "one whose server died before its first word",
    ["", "interrupted", "server-ended", "The server ended."],
    "error",
    "(Interrupted — this response was not completed. Please retry.)",
  ],
  ["a failed one with words", ["", "failed", "auth", "Sign in."], "error", "Sign in."],
  ["a failed one without any", ["", "failed"], "error", "(Response failed — no error detail available.)"],
] as const)("%s", ([, [text, end, cause, words], status, content]) => {
  expect(turn(text, end, cause, words)).toEqual({ status, content });
});

test("a turn that is not there", () => {
  expect(asTwoStates(EMPTY_CONVERSATION, "t")).toBeNull();
});

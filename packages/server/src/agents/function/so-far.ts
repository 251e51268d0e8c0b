/** The conversation so far, as a function gets it: what was said, in the order of the transcript. */
import type { AgentMessage, Conversation, Turn } from "@perdure/protocol";
import type { FunctionMessage } from "./function-parts.ts";

/** What was said before this message, oldest first. Behind *Begin a fresh conversation* only what was said since. */
export function messagesBefore(conversation: Conversation, input: string): readonly FunctionMessage[] {
  const { entries, inputs, messages, turns } = conversation;
  const isSince = since(conversation);
  return entries.flatMap(({ is, id }): FunctionMessage[] => {
    if (is === "input") {
      const one = inputs[id];
      const turn = one?.turn === undefined ? undefined : turns[one.turn];
      if (one === undefined || id === input || !turn || !isSince(turn)) return [];
      return [{ role: "user", text: one.text, at: one.acceptedAt, isCut: false }];
    }
    const one = is === "message" ? messages[id] : undefined;
    const turn = one && turns[one.turn];
    if (!one || !turn || one.isSuperseded || turn.input === input || !isSince(turn)) return [];
    const text = textOf(one);
    return text === ""
      ? []
      : [{ role: "assistant", text, at: one.startedAt, isCut: turn.state === "interrupted" || turn.state === "failed" }];
  });
}

/** What was said in earlier turns about this message. */
export function saidBefore({ entries, messages, turns }: Conversation, input: string, turn: string): string {
  return entries
    .flatMap(({ is, id }) => {
      const one = is === "message" ? messages[id] : undefined;
      return one && one.turn !== turn && turns[one.turn]?.input === input ? [textOf(one)] : [];
    })
    .join("");
}

/** Turns of runs that have the conversation in which this run is. */
function since({ runs }: Conversation): (turn: Turn) => boolean {
  const first = runs.findLastIndex(({ origin }) => origin === "restarted");
  const known = new Set(runs.slice(Math.max(0, first)).map(({ id }) => id));
  return ({ run }) => known.has(run);
}

function textOf({ parts }: AgentMessage): string {
  return parts.flatMap((part) => (part.kind === "text" ? [part.text] : [])).join("");
}

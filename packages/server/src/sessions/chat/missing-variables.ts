/**
 * What is said where an agent is not signed in and its run lacks variables that an earlier one had: which ones, and what to do. Names
 * alone: values of secrets are never kept.
 */
import type { ChatEvent, Conversation } from "@perdure/protocol";

const MAX_NAMES = 8;

/** `isAlive`: the agent still runs, without them. */
export function missingWords(missing: readonly string[], isAlive: boolean): string {
  const names = missing.slice(0, MAX_NAMES).join(", ") + (missing.length > MAX_NAMES ? ` and ${missing.length - MAX_NAMES} more` : "");
  const [was, it] = missing.length === 1 ? ["was", "it"] : ["were", "them"];
  const first = isAlive
    ? "end the agent (`perdure end SESSION`) and go on by `perdure ask -s SESSION`"
    : "use `perdure recover SESSION retry`";
  return `${names} ${was} set when the session began and ${was === "was" ? "is" : "are"} not set now, because values of secrets are not kept: ${first} in a shell that has ${it}, or set ${it} in the login shell's profile.`;
}

/** Behind a turn that failed because nobody is signed in. */
export function missingNotice({ runs }: Conversation, events: readonly ChatEvent[]): ChatEvent[] {
  const failed = events.find((event) => event.type === "turn.ended" && event.end === "failed" && event.cause === "auth");
  const missing = runs.at(-1)?.missing ?? [];
  if (failed?.type !== "turn.ended" || missing.length === 0) return [];
  const { turn, at } = failed;
  const text = missingWords(missing, true);
  return [{ type: "notice", notice: `missing-variables.${turn}`, level: "warning", code: "missing-variables", text, turn, at }];
}

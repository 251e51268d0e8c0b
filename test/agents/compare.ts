// The events of a run as a sequence that two agents of one dialect must share: kinds and order, without ids, texts and times. How often
// text comes in pieces, notices and settings are an agent's own affair.

import type { DriverEvent } from "@perdure/protocol";

const OWN_AFFAIRS: ReadonlySet<DriverEvent["type"]> = new Set([
  "agent.settings",
  "session.title",
  "session.resume-id",
  "notice",
  "message.ended",
  "part.updated",
]);

export function sequenceOf(events: readonly DriverEvent[]): string[] {
  const words = events.filter(({ type }) => !OWN_AFFAIRS.has(type)).map(wordOf);
  return words.filter((word, at) => word !== words[at - 1]);
}

function wordOf(event: DriverEvent): string {
  switch (event.type) {
    case "part.started":
      return `${event.type} ${event.kind}`;
    case "turn.ended":
      return `${event.type} ${event.end}`;
    case "agent.failed":
      return `${event.type} ${event.reason}`;
    case "approval.requested":
      return `${event.type} ${event.options.some(({ kind }) => kind.startsWith("reject")) ? "to allow or reject" : "otherwise"}`;
    default:
      return event.type;
  }
}

/** The first place at which they differ, in words; `null` if they do not. */
export function difference(real: readonly string[], made: readonly string[]): string | null {
  const length = Math.max(real.length, made.length);
  for (let at = 0; at < length; at++) {
    if (real[at] === made[at]) continue;
    return `at ${at}, behind "${real[at - 1] ?? "nothing"}": the real one has "${real[at] ?? "nothing"}", the made-up one "${made[at] ?? "nothing"}"`;
  }
  return null;
}

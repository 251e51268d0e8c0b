/**
 * What the session itself has to say about the driver's events: behind them, and of a turn that was cut, its real cause. Pure.
 */
import type { ChatEvent, Conversation } from "@perdure/protocol";
import { afterRun, causeOf, recovered, type EndOfRun } from "./ladder.ts";
import type { Folded } from "./driver-run.ts";
import { missingNotice } from "./missing-variables.ts";

/** The events behind those of the driver. `after`: what the conversation is behind some events. */
export function behind(
  events: readonly ChatEvent[],
  end: EndOfRun | null,
  after: (events: readonly ChatEvent[]) => Conversation,
): readonly ChatEvent[] {
  const ready = events.find((event) => event.type === "agent.ready");
  const said: ChatEvent[] = events.flatMap((event) =>
    event.type === "input.unseen" ? [{ type: "input.requeued", input: event.input, at: event.at }] : [],
  );
  said.push(...missingNotice(after([]), events));
  if (ready) said.push(...recovered(after([...events, ...said]), ready.run, ready.at));
  if (end) said.push(...afterRun(after([...events, ...said]), end));
  return said;
}

/** The driver only sees that the program is gone; a turn that was cut by it ends with the real cause. */
export function withCause(folded: Folded | null, end: EndOfRun | null): Folded | null {
  if (!folded || !end || end.cause === "agent-ended") return folded;
  const events = folded.events.map((event): ChatEvent => {
    const isCut = event.type === "turn.ended" && event.end === "interrupted" && event.cause === "agent-ended";
    return isCut ? { ...event, cause: causeOf(end), text: end.text } : event;
  });
  return { ...folded, events };
}

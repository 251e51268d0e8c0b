/** A conversation for tests: events in few words, and what they come to. */
import { EMPTY_CONVERSATION, reduce, type ChatEvent, type Conversation, type DriverEvent } from "@perdure/protocol";

const OPTIONS = [
  { id: "allow", label: "Allow once", kind: "allow-once" },
  { id: "always", label: "Always allow", kind: "allow-always" },
  { id: "reject", label: "Reject", kind: "reject-once" },
] as const;

export function timed(events: readonly DriverEvent[]): ChatEvent[] {
  return events.map((event) => ({ at: 1000, ...event }));
}

export function after(...events: readonly (readonly DriverEvent[])[]): Conversation {
  return reduce(EMPTY_CONVERSATION, timed(events.flat()));
}

export function more(conversation: Conversation, ...events: readonly (readonly DriverEvent[])[]): Conversation {
  return reduce(conversation, timed(events.flat()));
}

export function run(id = "r1", number = 1): readonly DriverEvent[] {
  return [
    { type: "run.started", run: id, number, agent: "demo", view: "chat", origin: number === 1 ? "new" : "resumed" },
    { type: "agent.ready", run: id },
  ];
}

/** The user says something, and its turn begins. */
export function asked(input: string, words = input, of = "r1"): readonly DriverEvent[] {
  return [
    { type: "input.accepted", input, text: words },
    { type: "input.dispatched", input, run: of },
    { type: "turn.started", turn: `t.${input}`, run: of, input },
    { type: "input.consumed", input },
  ];
}

/** A part of text, left open. */
export function text(input: string, part: string, words: string): readonly DriverEvent[] {
  const message = `m.${input}`;
  return [
    { type: "message.started", message, turn: `t.${input}` },
    { type: "part.started", message, part, kind: "text" },
    { type: "part.delta", message, part, text: words },
  ];
}

export function approval(input: string, id = "a1"): readonly DriverEvent[] {
  return [
    { type: "approval.requested", approval: id, run: "r1", turn: `t.${input}`, title: "Run make?", detail: "In /", options: OPTIONS },
  ];
}

export function ended(input: string, end: "completed" | "interrupted" | "failed" = "completed"): readonly DriverEvent[] {
  return [{ type: "turn.ended", turn: `t.${input}`, end, ...(end === "completed" ? {} : { cause: "agent-ended" as const }) }];
}

/** Conversations for the tests of what is drawn of them: made of events, as the real ones are. */
import { EMPTY_CONVERSATION, reduce, type ChatEvent, type Conversation } from "@perdure/protocol";

type Timed<T> = T extends ChatEvent ? Omit<T, "at"> : never;

/** An event without its time; each comes a second after the one before. */
export type Told = Timed<ChatEvent>;

export function told(...events: readonly Told[]): Conversation {
  return reduce(
    EMPTY_CONVERSATION,
    events.map((event, index) => ({ ...event, at: (index + 1) * 1000 })),
  );
}

/** A run that is ready. */
export const READY: readonly Told[] = [
  { type: "run.started", run: "r1", number: 1, agent: "demo", view: "chat", origin: "new" },
  { type: "agent.ready", run: "r1", version: "1.0" },
];

/** A message of the user that begins a turn. */
export function asked(id: string, text: string): readonly Told[] {
  return [
    { type: "input.accepted", input: id, text },
    { type: "input.dispatched", input: id, run: "r1" },
    { type: "turn.started", turn: `t-${id}`, run: "r1", input: id },
    { type: "input.consumed", input: id },
  ];
}

/** What the agent says to it. */
export function answered(id: string, text: string): readonly Told[] {
  const message = `m-${id}`;
  return [
    { type: "message.started", message, turn: `t-${id}` },
    { type: "part.started", message, part: `p-${id}`, kind: "text" },
    { type: "part.delta", message, part: `p-${id}`, text },
  ];
}

export function ended(id: string): Told {
  return { type: "turn.ended", turn: `t-${id}`, end: "completed" };
}

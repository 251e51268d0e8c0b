/**
 * The texts of errors in events, as they may be kept: every event passes here before it is committed, whoever wrote it, so that no
 * driver has to think of it. What a person said, what the agent answered and what an approval is about stay as they are.
 */
import type { ChatEvent } from "@perdure/protocol";
import { errorText } from "../../agents/error-text.ts";

/** The same event if there is nothing to change in it. */
export function withSafeTexts(event: ChatEvent): ChatEvent {
  switch (event.type) {
    case "notice":
    case "agent.failed":
    case "approval.expired":
      return withText(event, event.text);
    case "turn.ended":
      return event.text === undefined ? event : withText(event, event.text);
    case "part.started":
      return event.kind === "notice" || event.kind === "error" ? withText(event, event.text) : event;
    default:
      return event;
  }
}

function withText<E extends ChatEvent>(event: E, text: string): E {
  const safe = errorText(text);
  return safe === text ? event : { ...event, text: safe };
}

/** Where tests let the server die in a conversation: behind the commit of an event, before anybody is told. */
import type { ChatEvent } from "@perdure/protocol";
import { crashPoint, type CrashPoint } from "../../platform/crash.ts";

const CRASHES: Readonly<Partial<Record<ChatEvent["type"], CrashPoint>>> = {
  "input.accepted": "server-after-message-accepted",
  "input.dispatched": "server-after-message-dispatched",
  "input.delivered": "server-after-message-delivered",
  "input.consumed": "server-after-message-consumed",
  "part.delta": "server-after-answer-part",
  "approval.requested": "server-after-approval-requested",
  "approval.answered": "server-after-approval-answered",
  "turn.ended": "server-after-turn-ended",
};

export function crashBehind(events: readonly ChatEvent[]): void {
  for (const { type } of events) {
    const point = CRASHES[type];
    if (point) crashPoint(point);
  }
}

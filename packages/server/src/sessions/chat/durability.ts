/** How durable events must be before they are told. */
import type { ChatEvent } from "@perdure/protocol";
import type { Durability } from "../../store/store.ts";

/** What a person sent or decided is on disk before anybody hears of it; what an agent says can be told again by its wire. */
export function durabilityOf(events: readonly ChatEvent[]): Durability {
  return events.every(({ type }) => /^(part|message)\.|^input\.(delivered|consumed)$/.test(type)) ? "normal" : "full";
}

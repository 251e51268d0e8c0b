/** What it means for a conversation that the host has rows of the ledger, by what each was for. */
import type { ChatEvent } from "@perdure/protocol";

export function deliveredEvents(causes: readonly string[], at: number): ChatEvent[] {
  return causes.flatMap((cause): ChatEvent[] => {
    const [what, id = ""] = split(cause);
    if (what === "prompt") return [{ type: "input.delivered", input: id, at }];
    return what === "answer" ? [{ type: "approval.delivered", approval: id, at }] : [];
  });
}

function split(cause: string): [what: string, id?: string] {
  const at = cause.indexOf(":");
  return at === -1 ? [cause] : [cause.slice(0, at), cause.slice(at + 1)];
}

/** How a session is seen, and the way to its page: a new one is not on the list yet, so who made it says what it is. */
import type { SessionInfo } from "@perdure/protocol";

export type Look = "chat" | "terminal";

export function lookOf({ chat, run }: SessionInfo): Look {
  return chat !== null && run.kind === "pipe" ? "chat" : "terminal";
}

/** Arguments for the router's `navigate`. */
export function wayTo(session: SessionInfo): readonly [path: string, options: { readonly state: { readonly look: Look } }] {
  return [`/s/${session.id}`, { state: { look: lookOf(session) } }];
}

/** What an entry of the browser's history says. */
export function lookIn(state: unknown): Look | undefined {
  const look = typeof state === "object" && state !== null && "look" in state ? state.look : undefined;
  return look === "chat" || look === "terminal" ? look : undefined;
}

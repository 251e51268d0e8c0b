/** The page of a session: a conversation where its run speaks in messages, else its terminal. Each is loaded when first needed. */
import { lazy, useState, type ReactElement } from "react";
import { useHistoryState } from "wouter/use-browser-location";
import { useSessions } from "../live/services.ts";
import { lookIn, lookOf, type Look } from "./session-look.ts";

const ChatPage = lazy(async () => import("../chat/chat-page.tsx"));
const TerminalPage = lazy(async () => import("../terminal/terminal-page.tsx"));

export function SessionPage({ id }: { readonly id: string }): ReactElement {
  const look = useLook(id);
  if (look === undefined) return <div className="app-frame bg-screen" />;
  return look === "chat" ? <ChatPage id={id} /> : <TerminalPage id={id} />;
}

/** As the list says; before it does, as whoever came here said. One that is gone stays what it was; of an unknown one the terminal tells. */
function useLook(id: string): Look | undefined {
  const sessions = useSessions();
  const told = lookIn(useHistoryState());
  const [last, setLast] = useState<Look | undefined>(undefined);
  const listed = sessions?.find((session) => session.id === id);
  const now = listed === undefined ? (last ?? told) : lookOf(listed);
  if (now !== last) setLast(now);
  return now ?? (sessions === undefined ? undefined : "terminal");
}

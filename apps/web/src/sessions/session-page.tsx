/** The page of a session: a conversation where its run speaks in messages, else its terminal. Each is loaded when first needed. */
import type { SessionInfo } from "@perdure/protocol";
import { lazy, useEffect, useState, type ReactElement } from "react";
import { useServices, useSessions } from "../live/services.ts";

const ChatPage = lazy(async () => import("../chat/chat-page.tsx"));
const TerminalPage = lazy(async () => import("../terminal/terminal-page.tsx"));

export function SessionPage({ id }: { readonly id: string }): ReactElement {
  const look = useLook(id);
  if (look === undefined) return <div className="app-frame bg-screen" />;
  return look === "chat" ? <ChatPage id={id} /> : <TerminalPage id={id} />;
}

/** A session that is gone or unknown is the terminal's to tell; what was a chat stays one until it is known to be none. */
function useLook(id: string): "chat" | "terminal" | undefined {
  const listed = useSessions()?.find((session) => session.id === id);
  const [last, setLast] = useState<"chat" | "terminal" | undefined>(undefined);
  const asked = useAsked(id, listed === undefined && last === undefined);
  const found = listed === undefined ? asked : lookOf(listed);
  if (found !== undefined && found !== last) setLast(found);
  return found ?? last;
}

export function lookOf({ chat, run }: SessionInfo): "chat" | "terminal" {
  return chat !== null && run.kind === "pipe" ? "chat" : "terminal";
}

/** What is not on the list yet, as a session that was made a moment ago, is asked for. */
function useAsked(id: string, isNeeded: boolean): "chat" | "terminal" | undefined {
  const { rest } = useServices();
  const sessions = useSessions();
  const isListReady = sessions !== undefined;
  const [look, setLook] = useState<"chat" | "terminal" | undefined>(undefined);
  useEffect(() => {
    if (!isNeeded || !isListReady) return undefined;
    const left = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        setLook(lookOf(await rest.get(id, { signal: left.signal })));
      } catch {
        if (!left.signal.aborted) setLook("terminal");
      }
    };
    void ask();
    return () => left.abort();
  }, [rest, id, isNeeded, isListReady]);
  return look;
}

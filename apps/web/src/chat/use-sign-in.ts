/** The agent's own program in a terminal: the one place where its sign-in can be done. The conversation waits. */
import { useCallback } from "react";
import { useLocation } from "wouter";
import { useServices } from "../live/services.ts";
import { wayTo } from "../sessions/session-look.ts";
import { useChat } from "./chat-actions.ts";

export function useSignIn(): () => Promise<void> {
  const { rest } = useServices();
  const { session } = useChat();
  const [, navigate] = useLocation();
  return useCallback(async () => {
    if (session === undefined || session.chat === null) return;
    const { agent } = session.chat;
    const made = await rest.create({ agent: { agent, view: "terminal" }, cwd: session.cwd, name: `Sign in to ${agent}` });
    navigate(...wayTo(made));
  }, [rest, session, navigate]);
}

/** What can be done in a conversation, for all that is drawn of it: each refusal is said in words, and nothing runs twice at once. */
import type { ChatView } from "@perdure/client";
import type { SessionInfo } from "@perdure/protocol";
import { createContext, useCallback, useContext, useRef, useState, type Context } from "react";
import { useServices } from "../live/services.ts";

export interface ChatScene {
  readonly view: ChatView;
  readonly session: SessionInfo | undefined;
  /** Puts a text into the composer, to be changed and sent again. */
  readonly compose: (text: string) => void;
}

export const ChatContext: Context<ChatScene | undefined> = createContext<ChatScene | undefined>(undefined);

export function useChat(): ChatScene {
  const scene = useContext(ChatContext);
  if (scene === undefined) throw new Error("No conversation: this component must be below the chat page.");
  return scene;
}

export interface Attempt {
  readonly isBusy: boolean;
  /** Resolves with whether it worked. While one runs, another is not begun. */
  readonly attempt: (act: () => Promise<unknown>) => Promise<boolean>;
}

export function useAttempt(): Attempt {
  const { toasts } = useServices();
  const [isBusy, setBusy] = useState(false);
  const running = useRef(false);
  const attempt = useCallback(
    async (act: () => Promise<unknown>): Promise<boolean> => {
      if (running.current) return false;
      running.current = true;
      setBusy(true);
      try {
        await act();
        return true;
      } catch (error) {
        toasts.say(error instanceof Error ? error.message : "That did not work.");
        return false;
      } finally {
        running.current = false;
        setBusy(false);
      }
    },
    [toasts],
  );
  return { isBusy, attempt };
}

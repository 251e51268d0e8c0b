/** Conversations that lie with the agents, read when the page is opened, seen again or connected again; "" of a directory asks for none. */
import type { OutsideConversation } from "@perdure/protocol";
import { useEffect, useState } from "react";
import { useConnection, useServices } from "../live/services.ts";

const NONE: readonly OutsideConversation[] = [];

export function useOutsideConversations({
  cwd,
  agent,
}: {
  readonly cwd?: string;
  readonly agent?: string;
}): readonly OutsideConversation[] {
  const { rest } = useServices();
  const isLive = useConnection().is === "connected";
  const [conversations, setConversations] = useState(NONE);
  useEffect(() => {
    if (!isLive || cwd === "") return undefined;
    const left = new AbortController();
    const read = async (): Promise<void> => {
      if (document.visibilityState !== "visible") return;
      const about = { ...(cwd === undefined ? {} : { cwd }), ...(agent === undefined ? {} : { agent }) };
      try {
        setConversations(await rest.conversations(about, { signal: left.signal }));
      } catch {
        // Nothing is missing that the user asked for; the list stays as it was.
      }
    };
    void read();
    document.addEventListener("visibilitychange", () => void read(), { signal: left.signal });
    return () => left.abort();
  }, [rest, isLive, cwd, agent]);
  return conversations;
}

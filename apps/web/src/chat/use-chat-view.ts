/** The conversation of a page as React sees it: open while it is drawn, told when the page is hidden. */
import type { ChatClient, ChatState, ChatView } from "@perdure/client";
import { useMemo, useSyncExternalStore } from "react";
import { useServices } from "../live/services.ts";

export interface OpenChat {
  readonly view: ChatView;
  readonly state: ChatState;
}

export function useChatView(session: string): OpenChat | undefined {
  const { chats } = useServices();
  const watched = useMemo(() => openWhileWatched(chats, session), [chats, session]);
  return useSyncExternalStore(watched.subscribe, watched.read);
}

interface Watched {
  readonly read: () => OpenChat | undefined;
  readonly subscribe: (listener: () => void) => () => void;
}

function openWhileWatched(chats: ChatClient, session: string): Watched {
  let open: OpenChat | undefined;
  return {
    read: () => open,
    subscribe(listener) {
      const view = chats.open(session, { visible: isVisible() });
      const changed = (): void => {
        open = { view, state: view.state };
        listener();
      };
      const unsubscribe = view.subscribe(changed);
      const onVisibility = (): void => view.setVisible(isVisible());
      document.addEventListener("visibilitychange", onVisibility);
      changed();
      return () => {
        open = undefined;
        document.removeEventListener("visibilitychange", onVisibility);
        unsubscribe();
        view.close();
      };
    },
  };
}

function isVisible(): boolean {
  return document.visibilityState === "visible";
}

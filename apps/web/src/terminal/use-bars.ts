/** What is open below the terminal, kept by the tab. The key bar is there by itself on a device for fingers. */
import { useState } from "react";
import { loadSessionView, saveSessionView, type SessionView } from "../keep/view-state.ts";
import { TOUCH, useMedia } from "../ui/use-media.ts";

export interface Bars {
  readonly isComposing: boolean;
  readonly hasKeyBar: boolean;
  readonly setComposing: (is: boolean) => void;
  readonly setKeyBar: (has: boolean) => void;
}

export function useBars(session: string): Bars {
  const isTouch = useMedia(TOUCH);
  const [view, setView] = useState(() => loadSessionView(session));
  const change = (changed: Partial<SessionView>): void => {
    saveSessionView(session, changed);
    setView((before) => ({ ...before, ...changed }));
  };
  return {
    isComposing: view.isComposing,
    hasKeyBar: view.hasKeyBar ?? isTouch,
    setComposing: (isComposing) => change({ isComposing }),
    setKeyBar: (hasKeyBar) => change({ hasKeyBar }),
  };
}

/**
 * A reader who comes back to a place far above the end: what was said there is asked for before anything is drawn, so that the page
 * opens where it was left. Within a bound, and while it can be had; else it opens at its end.
 */
import type { ChatView } from "@perdure/client";
import type { Conversation } from "@perdure/protocol";
import { useEffect, useState } from "react";
import { loadChatPlace } from "../keep/view-state.ts";
import type { Row } from "./transcript-rows.ts";

/** Entries that are asked for at most. */
const MAX_ENTRIES = 10_000;

/** `false` while the place may still come. */
export function usePlaceThere(session: string, conversation: Conversation | undefined, rows: readonly Row[], view: ChatView): boolean {
  const [place] = useState(() => loadChatPlace(session));
  const [isOver, setOver] = useState(place === undefined);
  const earlier = conversation?.earlier ?? 0;
  const isHere = place !== undefined && rows.some(({ key }) => key === place.row);
  const isLooking = !isOver && !isHere && earlier > 0 && rows.length < MAX_ENTRIES;
  if (!isOver && !isLooking && conversation !== undefined) setOver(true);
  useEffect(() => {
    if (!isLooking) return undefined;
    let isWanted = true;
    const look = async (): Promise<void> => {
      await view.loadEarlier();
      if (isWanted && view.state.conversation?.earlier === earlier) setOver(true);
    };
    void look();
    return () => {
      isWanted = false;
    };
  }, [isLooking, earlier, view]);
  return isOver;
}

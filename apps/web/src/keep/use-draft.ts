/** The draft of a session's message as a text field has it: there at once after a reload, kept with every key. */
import { useCallback, useEffect, useRef, useState } from "react";
import { useServices } from "../live/services.ts";

/** `inserted`: text to put in, once, from elsewhere. */
export function useDraft(
  session: string,
  inserted: { readonly text: string } | undefined,
): readonly [text: string, change: (text: string) => void] {
  const { drafts } = useServices();
  const [text, setText] = useState("");
  const loaded = useRef<Promise<void>>(Promise.resolve());
  const present = useRef("");
  const show = useCallback((next: string): void => {
    present.current = next;
    setText(next);
  }, []);
  const change = useCallback(
    (next: string): void => {
      show(next);
      drafts.set(session, next);
    },
    [drafts, session, show],
  );
  useEffect(() => {
    let isLeft = false;
    const load = async (): Promise<void> => {
      const draft = await drafts.get(session);
      if (!isLeft && present.current === "") show(draft);
    };
    loaded.current = load();
    return () => {
      isLeft = true;
      void drafts.flush();
    };
  }, [drafts, session, show]);
  useEffect(() => {
    if (inserted === undefined) return;
    // After the draft: what comes back is added to it, not put in its place.
    void loaded.current.then(() => change([present.current, inserted.text].filter((part) => part !== "").join("\n")));
  }, [inserted, change]);
  return [text, change];
}

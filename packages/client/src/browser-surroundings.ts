/** The surroundings of a page: the network's, the page's and the window's events. */
import type { Surroundings, SurroundingsEvent } from "./surroundings.ts";

const WINDOW_EVENTS = ["online", "offline", "pageshow", "pagehide", "focus"] as const;
const DOCUMENT_EVENTS = ["freeze", "resume"] as const;

/** Listens to the given window (the page's own by default). */
export function browserSurroundings(page: Window = window): Surroundings {
  return {
    // `false` is sure enough to say so; `true` says nothing.
    isOnline: () => page.navigator.onLine,
    subscribe: (listener) => {
      const removals = [
        ...WINDOW_EVENTS.map((name) => listen(page, name, () => listener(name))),
        ...DOCUMENT_EVENTS.map((name) => listen(page.document, name, () => listener(name))),
        listen(page.document, "visibilitychange", () => tellVisible(page, listener)),
      ];
      return () => removals.forEach((remove) => remove());
    },
  };
}

function tellVisible(page: Window, listener: (event: SurroundingsEvent) => void): void {
  if (page.document.visibilityState === "visible") listener("visible");
}

function listen(target: EventTarget, name: string, call: () => void): () => void {
  target.addEventListener(name, call);
  return () => target.removeEventListener(name, call);
}

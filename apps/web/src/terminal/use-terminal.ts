/** The terminal of a page as React sees it: made when its frame is there, ended when the page is left. */
import type { Rest } from "@perdure/client";
import { useEffect, useRef, useState, type RefObject } from "react";
import { loadFontSize, loadSessionView, saveSessionView } from "../keep/view-state.ts";
import { useServices } from "../live/services.ts";
import { keySequence } from "../phone/keys.ts";
import { afterKey, applyModifiers, heldBy, NO_MODIFIERS, type StickyModifiers } from "../phone/sticky-modifiers.ts";
import { scrollByTouch } from "../phone/touch-layer.ts";
import { useLatest } from "../ui/use-latest.ts";
import { DARK, PHONE } from "../ui/use-media.ts";
import { useStore } from "../ui/use-store.ts";
import { viewSession, type SessionViewer, type ViewerState } from "./session-viewer.ts";
import { TerminalScreen } from "./terminal-screen.ts";

export interface Terminal {
  readonly screen: TerminalScreen;
  readonly viewer: SessionViewer;
}

export interface TerminalHandle {
  readonly frame: RefObject<HTMLDivElement | null>;
  /** `undefined` until the frame is in the page. */
  readonly terminal: Terminal | undefined;
  readonly state: ViewerState | undefined;
  readonly isAtEnd: boolean;
  readonly modifiers: StickyModifiers;
  readonly setModifiers: (modifiers: StickyModifiers) => void;
}

export function useTerminal(session: string): TerminalHandle {
  const { client, rest, toasts } = useServices();
  const frame = useRef<HTMLDivElement>(null);
  const [terminal, setTerminal] = useState<Terminal | undefined>(undefined);
  const [isAtEnd, setAtEnd] = useState(true);
  const [modifiers, setModifiers] = useState(NO_MODIFIERS);
  const held = useLatest(modifiers);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const typed = (text: string): void => {
      opened.viewer.send(applyModifiers(text, heldBy(held.current)));
      setModifiers(afterKey);
    };
    const opened = openTerminal({ element, session, client, rest, typed, moved: setAtEnd, say: (line) => toasts.say(line) });
    setTerminal(opened);
    return () => {
      setTerminal(undefined);
      opened.close();
    };
  }, [client, rest, toasts, session, held]);
  const state = useStore(terminal?.viewer, () => terminal?.viewer.state);
  return { frame, terminal, state, isAtEnd, modifiers, setModifiers };
}

interface Opening {
  readonly element: HTMLElement;
  readonly session: string;
  readonly client: Parameters<typeof viewSession>[0]["client"];
  readonly rest: Rest;
  readonly typed: (text: string) => void;
  readonly moved: (isAtEnd: boolean) => void;
  readonly say: (line: string) => void;
}

function openTerminal({ element, session, client, rest, typed, moved, say }: Opening): Terminal & { close(): void } {
  let viewer: SessionViewer | undefined;
  const dark = matchMedia(DARK);
  const screen: TerminalScreen = new TerminalScreen(element, {
    fontSize: loadFontSize(matchMedia(PHONE).matches),
    isDark: dark.matches,
    fetchLines: (from, count, signal) => rest.lines(session, from, count, { signal }),
    events: {
      input: typed,
      binary: (text) => viewer?.sendBytes(Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff)),
      ownSize: (size) => viewer?.resize(size),
      moved: () => {
        if (viewer?.state.isDrawn === true) moved(screen.isAtEnd);
      },
    },
  });
  const { place } = loadSessionView(session);
  const opened = viewSession({ client, session, screen, place, isVisible: isVisible(), say });
  viewer = opened;
  const keepPlace = (): void => {
    if (opened.state.isDrawn) saveSessionView(session, { place: screen.reading.place ?? undefined });
  };
  const ended = new AbortController();
  const onVisibility = (): void => {
    opened.setVisible(isVisible());
    if (!isVisible()) keepPlace();
  };
  const onColours = (): void => {
    screen.setDark(dark.matches);
    opened.recolour();
  };
  document.addEventListener("visibilitychange", onVisibility, { signal: ended.signal });
  globalThis.addEventListener("pagehide", keepPlace, { signal: ended.signal });
  dark.addEventListener("change", onColours, { signal: ended.signal });
  const stopTouches = [scrollByTouch(touchedBy(screen, opened)), scrollByTouch(readBy(screen))];
  return {
    screen,
    viewer: opened,
    close() {
      keepPlace();
      ended.abort();
      for (const stop of stopTouches) stop();
      opened.close();
      screen.dispose();
    },
  };
}

function isVisible(): boolean {
  return document.visibilityState === "visible";
}

function touchedBy(screen: TerminalScreen, viewer: SessionViewer): Parameters<typeof scrollByTouch>[0] {
  return {
    element: screen.element,
    get rowHeightPx() {
      return screen.rowHeightPx;
    },
    get modes() {
      return screen.modes;
    },
    pan: (x, y) => {
      const rest = screen.pan(x, y);
      if (screen.modes.mouse || screen.modes.alternate) return rest;
      screen.reading.scrollBy(rest); // to the pixel
      return 0;
    },
    scrollLines: (lines) => screen.reading.scrollBy(lines * screen.rowHeightPx),
    turnWheel: (lines, x, y) => screen.turnWheel(lines, x, y),
    pressArrows: (lines) => {
      const arrow = keySequence(lines < 0 ? "up" : "down", heldBy(NO_MODIFIERS), screen.modes.applicationCursor);
      viewer.send(arrow.repeat(Math.abs(lines)));
    },
  };
}

/** Fingers on the history itself, pixel by pixel. */
function readBy({ reading }: TerminalScreen): Parameters<typeof scrollByTouch>[0] {
  return {
    element: reading.element,
    rowHeightPx: 1,
    modes: { mouse: false, alternate: false },
    pan: (_x, y) => y,
    scrollLines: (pixels) => reading.scrollBy(pixels),
    turnWheel: () => undefined,
    pressArrows: () => undefined,
  };
}

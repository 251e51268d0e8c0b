/** A session's terminal with everything around it. Loaded when first needed: xterm.js is most of the app's weight. */
import { isAlive } from "@perdure/protocol";
import { useCallback, useEffect, useState, type ReactElement } from "react";
import { useConnection, useServices } from "../live/services.ts";
import { ComposeBar } from "../phone/compose-bar.tsx";
import { KeyBar } from "../phone/key-bar.tsx";
import { keySequence, type BarKey } from "../phone/keys.ts";
import { pasteSequence } from "../phone/paste-text.ts";
import { afterKey, heldBy, tapModifier } from "../phone/sticky-modifiers.ts";
import { useWindowTitle } from "../sessions/needs-you-badge.ts";
import { TOUCH, useMedia } from "../ui/use-media.ts";
import { useCommands } from "./commands/use-commands.ts";
import { EndBanner } from "./end-banner.tsx";
import { GonePage } from "./gone-page.tsx";
import { ReturnedBanner } from "./returned-banner.tsx";
import { ScreenOverlays } from "./screen-overlays.tsx";
import { SearchBar } from "./search/search-bar.tsx";
import { opensSearch } from "./search/search-keys.ts";
import { TerminalHeader } from "./terminal-header.tsx";
import { useBars } from "./use-bars.ts";
import { useTerminal, type Terminal, type TerminalHandle } from "./use-terminal.ts";

export default function TerminalPage({ id }: { readonly id: string }): ReactElement {
  const handle = useTerminal(id);
  const { terminal, state, frame } = handle;
  const isLive = useConnection().is === "connected";
  const bars = useBars(id);
  const [inserted, setInserted] = useState<{ readonly text: string } | undefined>(undefined);
  const input = useInput(handle);
  useTypingFocus(handle);
  useWindowTitle(state?.session?.name ?? "");
  const [isSearching, setSearching] = useSearchKeys(terminal);
  const commands = useCommands(id, state?.session === undefined ? undefined : terminal);
  if (state?.gone !== undefined) return <GonePage reason={state.gone} />;
  const { session } = state ?? {};
  return (
    <div className="app-frame flex flex-col bg-screen">
      <TerminalHeader session={session} terminal={terminal} bars={bars} commands={commands} onSearch={() => setSearching(true)} />
      {isSearching && terminal !== undefined && (
        <SearchBar
          session={id}
          terminal={terminal}
          onClose={() => {
            setSearching(false);
            terminal.screen.focus();
          }}
        />
      )}
      <div className="relative min-h-0 grow">
        <div
          ref={frame}
          data-testid="terminal"
          onClick={() => terminal?.screen.focus()}
          className={`terminal-frame absolute inset-0 touch-none overflow-hidden overscroll-contain pt-1 pl-1.5 transition-[opacity,filter] duration-300 ${isLive ? "" : "opacity-55 grayscale-[.7]"}`}
        />
        <ScreenOverlays handle={handle} />
      </div>
      {state !== undefined && state.returned.length > 0 && (
        <ReturnedBanner
          returned={state.returned}
          onForget={(returned) => terminal?.viewer.forgetReturned(returned)}
          onCompose={(text) => {
            bars.setComposing(true);
            setInserted({ text });
          }}
        />
      )}
      {session !== undefined && !isAlive(session.run.state) && <EndBanner session={session} size={terminal?.screen.ownSize} />}
      {bars.isComposing && <ComposeBar session={id} onSend={input.compose} inserted={inserted} />}
      {bars.hasKeyBar && (
        <KeyBar
          modifiers={handle.modifiers}
          onKey={input.key}
          onModifier={(name) => handle.setModifiers(tapModifier(handle.modifiers, name))}
          onPaste={() => void input.paste(() => bars.setComposing(true))}
        />
      )}
      <div className="h-[env(safe-area-inset-bottom)] shrink-0 bg-paper" />
    </div>
  );
}

/** At a desk the keys go to the program at once, also to its next run. On a phone that would bring the keyboard up. */
function useTypingFocus({ terminal, state }: TerminalHandle): void {
  const isTouch = useMedia(TOUCH);
  const run = state?.session?.run.number;
  useEffect(() => {
    const isFree = document.activeElement === null || document.activeElement === document.body;
    if (run !== undefined && !isTouch && isFree) terminal?.screen.focus();
  }, [terminal, run, isTouch]);
}

/** Opens the search by its keys, wherever the focus is on the page. */
function useSearchKeys(terminal: Terminal | undefined): [boolean, (is: boolean) => void] {
  const [isSearching, setSearching] = useState(false);
  useEffect(() => {
    if (terminal === undefined) return undefined;
    const ended = new AbortController();
    const onKey = (event: KeyboardEvent): void => {
      if (!opensSearch(event, terminal.screen.modes.alternate)) return;
      event.preventDefault();
      event.stopPropagation();
      setSearching(true);
    };
    document.addEventListener("keydown", onKey, { capture: true, signal: ended.signal });
    return () => ended.abort();
  }, [terminal]);
  return [isSearching, setSearching];
}

interface Input {
  readonly key: (key: BarKey) => void;
  readonly compose: (text: string, withEnter: boolean) => boolean;
  /** Where the page may not read the clipboard, `instead` opens a field to paste into. */
  readonly paste: (instead: () => void) => Promise<void>;
}

function useInput({ terminal, modifiers, setModifiers }: TerminalHandle): Input {
  const { toasts } = useServices();
  const send = useCallback(
    (text: string): boolean => {
      const isTaken = terminal?.viewer.send(text) ?? false;
      if (!isTaken) toasts.say("Not sent: nothing takes input now.");
      return isTaken;
    },
    [terminal, toasts],
  );
  return {
    key(key) {
      send(keySequence(key, heldBy(modifiers), terminal?.screen.modes.applicationCursor ?? false));
      setModifiers(afterKey(modifiers));
    },
    compose(text, withEnter) {
      const paste = text === "" ? "" : pasteSequence(text, terminal?.screen.modes.bracketedPaste ?? false);
      return send(withEnter ? `${paste}\r` : paste);
    },
    async paste(instead) {
      const text = await readClipboard();
      if (text === undefined) instead();
      else if (text !== "") send(pasteSequence(text, terminal?.screen.modes.bracketedPaste ?? false));
    },
  };
}

/** The clipboard's text; `undefined` where the page may not read it, as on a plain-HTTP address. */
async function readClipboard(): Promise<string | undefined> {
  try {
    return await navigator.clipboard.readText();
  } catch {
    return undefined;
  }
}

/** The commands of a page's terminal: known, badged, and gone to by keys. */
import type { ShellCommand } from "@perdure/protocol";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { useServices } from "../../live/services.ts";
import { useStore } from "../../ui/use-store.ts";
import type { ReadingPlace } from "../reading/reading-place.ts";
import type { Terminal } from "../use-terminal.ts";
import { CommandBadges } from "./command-badges.ts";
import { commandBeside } from "./command-jump.ts";
import { commandKey } from "./command-keys.ts";
import { SessionCommands } from "./session-commands.ts";

export interface Commands {
  /** Newest first. */
  readonly list: readonly ShellCommand[];
  /** To the previous (-1) or next (1) command; behind the last one is the end. */
  readonly go: (by: -1 | 1) => void;
  readonly goTo: (command: ShellCommand) => void;
}

export function useCommands(session: string, terminal: Terminal | undefined): Commands {
  const { rest } = useServices();
  const store = useMemo(() => new SessionCommands({ rest, session }), [rest, session]);
  const badges = useRef<CommandBadges | null>(null);
  /** The line that one went to, and where reading was then. */
  const at = useRef<{ readonly line: number; readonly place: ReadingPlace | null } | undefined>(undefined);
  useEffect(() => {
    if (terminal === undefined) return undefined;
    const { screen } = terminal;
    const drawn = new CommandBadges(screen);
    badges.current = drawn;
    const stop = screen.content.listen({ marked: () => store.refresh(), drawn: () => drawn.changed() });
    screen.reading.decorateWith(drawn.decorate);
    const unsubscribe = store.subscribe(() => {
      // What was gone to on the live screen is over with the next command.
      if (at.current?.place === null) at.current = undefined;
      if (at.current === undefined) drawn.mark(null);
      drawn.show(store.commands);
      screen.reading.changed();
    });
    drawn.show(store.commands);
    store.refresh(0);
    return () => {
      unsubscribe();
      stop();
      store.rest();
      badges.current = null;
      screen.reading.decorateWith(undefined);
      drawn.close();
    };
  }, [terminal, store]);
  const list = useStore(store, () => store.commands);
  const goToLine = useCallback(
    (line: number | null) => {
      if (terminal === undefined) return;
      const { reading } = terminal.screen;
      if (line === null) terminal.screen.goToEnd();
      else reading.goToLine(line, true);
      at.current = line === null ? undefined : { line, place: reading.place };
      badges.current?.mark(line);
    },
    [terminal],
  );
  const go = useCallback(
    (by: -1 | 1) => {
      const jump = (): void => {
        const place = terminal?.screen.reading.place ?? null;
        const isThere = at.current !== undefined && isSame(at.current.place, place);
        const from = isThere ? at.current!.line : (place?.line ?? Infinity);
        const next = commandBeside(store.commands, from, by);
        if (next !== null || by > 0) goToLine(next?.line ?? null);
      };
      void store.latest().then(jump);
    },
    [terminal, store, goToLine],
  );
  useCommandKeys(terminal, go);
  return useMemo(() => ({ list, go, goTo: (command) => goToLine(command.line) }), [list, go, goToLine]);
}

function isSame(a: ReadingPlace | null, b: ReadingPlace | null): boolean {
  return a === b || (a !== null && b !== null && a.line === b.line && a.px === b.px);
}

/** Wherever the focus is on the page. */
function useCommandKeys(terminal: Terminal | undefined, go: (by: -1 | 1) => void): void {
  useEffect(() => {
    if (terminal === undefined) return undefined;
    const ended = new AbortController();
    const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);
    const onKey = (event: KeyboardEvent): void => {
      const by = commandKey(event, terminal.screen.modes.alternate, isMac);
      if (by === null) return;
      event.preventDefault();
      event.stopPropagation();
      go(by);
    };
    document.addEventListener("keydown", onKey, { capture: true, signal: ended.signal });
    return () => ended.abort();
  }, [terminal, go]);
}

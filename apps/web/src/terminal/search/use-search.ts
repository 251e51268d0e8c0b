/** A search in one session's history, newest match first: what was found, where one is in it, and how it goes on. */
import type { LineMatch } from "@perdure/protocol";
import { useCallback, useEffect, useState } from "react";
import { useServices } from "../../live/services.ts";

const TYPING_MS = 250;

interface Found {
  readonly query: string;
  readonly matches: readonly LineMatch[];
  /** `null`: the whole history was searched. */
  readonly next: number | null | undefined;
  readonly hasFailed: boolean;
}

const NOTHING: Found = { query: "", matches: [], next: undefined, hasFailed: false };

export interface Search {
  readonly query: string;
  readonly setQuery: (query: string) => void;
  readonly matches: readonly LineMatch[];
  /** Which of the matches is shown; 0 is the newest. */
  readonly at: number;
  readonly isSearching: boolean;
  readonly isComplete: boolean;
  readonly hasFailed: boolean;
  /** Towards older matches (1) or newer ones (-1). */
  readonly go: (by: 1 | -1) => void;
}

/** `show` is told of each line that one goes to. */
export function useSearch(session: string, show: (line: number) => void): Search {
  const { rest } = useServices();
  const [query, setQuery] = useState("");
  const [found, setFound] = useState(NOTHING);
  const [at, setAt] = useState(0);
  /** More is wanted than there is: the first match, or one older than the last. */
  const isWanting = query !== "" && (found.query !== query || (found.matches.length <= at && found.next !== null && !found.hasFailed));
  useEffect(() => {
    if (!isWanting) return undefined;
    const ended = new AbortController();
    const known = found.query === query ? found : { ...NOTHING, query };
    const ask = async (): Promise<void> => {
      try {
        const { matches, next } = await rest.search(session, query, known.next ?? undefined, { signal: ended.signal });
        if (!ended.signal.aborted) setFound({ query, matches: [...known.matches, ...matches], next, hasFailed: false });
      } catch {
        if (!ended.signal.aborted) setFound({ ...known, hasFailed: true });
      }
    };
    const timer = setTimeout(() => void ask(), known.next === undefined ? TYPING_MS : 0);
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  }, [isWanting, found, query, rest, session]);
  const isCurrent = found.query === query;
  const matches = isCurrent ? found.matches : NOTHING.matches;
  const line = matches[at]?.line;
  useEffect(() => {
    if (line !== undefined) show(line);
  }, [line, show]);
  const isComplete = isCurrent && found.next === null;
  const go = useCallback(
    (by: 1 | -1) => setAt((before) => Math.max(0, Math.min(before + by, isComplete ? Math.max(0, matches.length - 1) : matches.length))),
    [isComplete, matches.length],
  );
  return {
    query,
    setQuery: (text) => {
      setQuery(text);
      setAt(0);
    },
    matches,
    at,
    isSearching: isWanting,
    isComplete,
    hasFailed: isCurrent && found.hasFailed,
    go,
  };
}

/** Over the terminal: a field to search the whole history, how many lines match, and the way from one to the next. */
import { MAX_QUERY_LENGTH } from "@perdure/protocol";
import { ChevronDown, ChevronUp, X } from "lucide-react";
import { useCallback, useEffect, useRef, type ReactElement } from "react";
import { IconButton } from "../../ui/button.tsx";
import type { Terminal } from "../use-terminal.ts";
import { type Search, useSearch } from "./use-search.ts";

interface SearchBarProps {
  readonly session: string;
  readonly terminal: Terminal;
  readonly onClose: () => void;
}

export function SearchBar({ session, terminal, onClose }: SearchBarProps): ReactElement {
  const show = useCallback((line: number) => terminal.screen.reading.goToLine(line, true), [terminal]);
  const search = useSearch(session, show);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <search className="flex items-center gap-1 border-b border-line bg-paper py-1 pr-1 pl-2.5">
      <input
        ref={field}
        aria-label="Search the history"
        placeholder="Search the history"
        value={search.query}
        maxLength={MAX_QUERY_LENGTH}
        autoComplete="off"
        autoCorrect="off"
        autoCapitalize="off"
        spellCheck={false}
        onChange={(event) => search.setQuery(event.target.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === "Enter") search.go(event.shiftKey ? -1 : 1);
          else if (event.key === "Escape") onClose();
          else return;
          event.preventDefault();
        }}
        className="min-h-10 min-w-0 grow rounded-xl border border-line bg-sunken px-3 text-base"
      />
      <output className="shrink-0 px-1 text-tiny text-soft tabular">{wordsOf(search)}</output>
      <IconButton label="Older match" onClick={() => search.go(1)}>
        <ChevronUp size={20} />
      </IconButton>
      <IconButton label="Newer match" onClick={() => search.go(-1)}>
        <ChevronDown size={20} />
      </IconButton>
      <IconButton label="Close the search" onClick={onClose}>
        <X size={20} />
      </IconButton>
    </search>
  );
}

function wordsOf({ query, matches, at, isSearching, isComplete, hasFailed }: Search): string {
  if (query === "") return "";
  if (hasFailed) return "no connection";
  if (matches.length === 0) return isSearching ? "…" : "nothing";
  return `${Math.min(at + 1, matches.length)} of ${matches.length}${isComplete ? "" : "+"}${isSearching ? " …" : ""}`;
}

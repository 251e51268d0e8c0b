/**
 * What an engine reads of the lines that pass through it, when it was opened to read the history: the lines with certain numbers,
 * or those that hold a text.
 */
import { LineReader, type EmulatedTerminal, type LineMatch, type PlacedRow, type StyledLines } from "@perdure/protocol";
import { LineMatches, type LineSearch } from "./line-matches.ts";

/** What is wanted: the lines with numbers from `from` up to and without `to`, or matches among them. */
export type Wanted = { readonly is: "lines"; readonly from: number; readonly to: number } | ({ readonly is: "matches" } & LineSearch);

/** What was gathered so far. */
export type Gathered =
  | { readonly is: "lines"; readonly lines: StyledLines }
  /** Newest first; `hasMore`: there were more than were asked for. */
  | { readonly is: "matches"; readonly matches: readonly LineMatch[]; readonly hasMore: boolean };

export interface Gatherer {
  /** A row leaves, or is read at the end. */
  take(row: PlacedRow): void;
  /** The first number that is not wanted any more. */
  readonly to: number;
  readonly gathered: Gathered;
}

export function gathererOf(wanted: Wanted, terminal: EmulatedTerminal): Gatherer {
  if (wanted.is === "lines") {
    const reader = new LineReader(terminal, wanted.from, wanted.to);
    return {
      take: (row) => reader.take(row),
      to: wanted.to,
      get gathered() {
        return { is: "lines", lines: reader.lines } as const;
      },
    };
  }
  const matches = new LineMatches(wanted);
  return {
    take: (row) => matches.take(row),
    to: wanted.to,
    get gathered() {
      return { is: "matches", matches: matches.found, hasMore: matches.hasMore } as const;
    },
  };
}

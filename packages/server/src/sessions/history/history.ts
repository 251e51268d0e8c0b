/**
 * A session's history as numbered lines, as screens of the past, and searched (PROTOCOL §13). Everything is read again from the log
 * when it is asked for, beginning with the kept screen before it, so that what it costs does not depend on how long the history is.
 */
import {
  FIRST_PLACE,
  firstWholeNumber,
  type HistoryLines,
  type LineMatch,
  MAX_LINES,
  numberAt,
  parseCursor,
  PerdureError,
  type SearchAnswer,
  type StyledLines,
} from "@perdure/protocol";
import type { Clock } from "../../platform/clock.ts";
import { SCROLLBACK_LINES, type ScreenSnapshot } from "../../terminal/engine.ts";
import type { Gathered, Wanted } from "../../terminal/gatherer.ts";
import { cutLines, LineCache, PAGE_LINES } from "./line-cache.ts";
import { entries, entryBefore, type Kept, Replay, type ReplaySource } from "./replay.ts";
import { Turns } from "./turns.ts";

/** Lines before the page that is read, taken along: whoever scrolls up wants them next. */
const LINES_BEFORE = 2 * PAGE_LINES;
const TIMEOUT_MS = 30_000;
/** A search answers with what it has found after so long. */
const SEARCH_MS = 1_000;

/** What the histories of all sessions share. */
export interface HistoryServices {
  readonly cache: LineCache;
  /** Each replay takes an engine, which is some megabytes. */
  readonly turns: Turns;
}

export function historyServices(): HistoryServices {
  return { cache: new LineCache(), turns: new Turns(2) };
}

export interface Search {
  readonly query: string;
  /** Lines before this number; default: all. */
  readonly before?: number;
  readonly limit: number;
}

interface Read {
  readonly gathered: Gathered;
  /** Lines below it never change. */
  readonly settled: number;
}

export class History {
  readonly #source: ReplaySource;
  readonly #services: HistoryServices;
  readonly #clock: Clock;
  /** The first line that is kept, and for which beginning of the stream that holds. */
  #first: { readonly trimmed: number; readonly line: number } | null = null;

  constructor(source: ReplaySource, services: HistoryServices, clock: Clock) {
    this.#source = source;
    this.#services = services;
    this.#clock = clock;
  }

  /** Number of the first line that is still kept. */
  async first(): Promise<number> {
    const { trimmed } = this.#source.stream();
    if (trimmed === 0) return 0;
    if (this.#first?.trimmed !== trimmed) {
      const [oldest] = await entries(this.#source);
      this.#first = { trimmed, line: oldest ? firstWholeNumber(oldest.place) : 0 };
    }
    return this.#first.line;
  }

  /** Lines from a number on, at least one if there is one; fewer than asked for where a page ends. Lines that are gone are passed over. */
  async lines(from: number, count: number, signal: AbortSignal): Promise<HistoryLines> {
    const first = await this.first();
    const start = Math.max(from, first);
    const { incarnation } = this.#source.stream();
    const history = `${this.#source.key.session} ${incarnation}`;
    const cached = this.#services.cache.find(history, start);
    const page = cached
      ? { lines: cached, settled: cached.from + cached.lines.length }
      : await this.#readPage(history, start, first, signal);
    const to = start + Math.min(count, MAX_LINES);
    return { ...cutLines(page.lines, start, to), first, settled: page.settled, incarnation };
  }

  /** Searches backwards, the newest line first, until there are enough matches or it has taken long. */
  async search({ query, before, limit }: Search, signal: AbortSignal): Promise<SearchAnswer> {
    const until = this.#clock.now() + SEARCH_MS;
    const first = await this.first();
    const matches: LineMatch[] = [];
    let to = before ?? Number.MAX_SAFE_INTEGER;
    while (to > first && matches.length < limit && (matches.length === 0 || this.#clock.now() < until)) {
      const kept = entryBefore(await entries(this.#source), to - 1);
      if (!kept) break;
      const from = Math.max(first, firstWholeNumber(kept.place));
      const wanted: Wanted = { is: "matches", query, from, to, limit: limit - matches.length };
      const { gathered } = await this.#read(kept, wanted, signal);
      if (gathered.is !== "matches") throw new Error("the wrong thing was read");
      matches.push(...gathered.matches);
      to = gathered.hasMore ? (gathered.matches.at(-1)?.line ?? from) : from;
      if (this.#clock.now() >= until) break;
    }
    return { matches, next: to > first ? to : null };
  }

  /** The place in the output that a cursor names. Throws `bad-request`, and `cursor-gone` if it is of another incarnation. */
  offsetOf(text: string): number {
    const cursor = parseCursor(text);
    if (!cursor) throw new PerdureError("bad-request", "A cursor is written <16 digits>_<16 digits>.");
    if (cursor.incarnation === this.#source.stream().incarnation) return cursor.offset;
    throw new PerdureError("cursor-gone", "The cursor belongs to a history that was cut since.");
  }

  /** The screen as it was at a place in the output, with the lines above it. */
  screenAt(offset: number, signal: AbortSignal): Promise<ScreenSnapshot> {
    return this.#at(offset, (replay, bound) => replay.engine.snapshot(SCROLLBACK_LINES, bound), signal);
  }

  /** The same as text, a row each. */
  textAt(offset: number, signal: AbortSignal): Promise<readonly string[]> {
    return this.#at(offset, (replay, bound) => replay.engine.lines(SCROLLBACK_LINES, bound), signal);
  }

  async #at<T>(offset: number, ask: (replay: Replay, bound: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#source.reaches(offset, signal);
    const { trimmed, tail } = this.#source.stream();
    if (offset < trimmed) throw new PerdureError("cursor-gone", "That part of the history is no longer kept.");
    if (offset > tail) throw new PerdureError("cursor-gone", "The place lies beyond the end of the history.");
    const kept = (await entries(this.#source)).findLast((each) => each.offset <= offset);
    return this.#replay(kept ?? { offset: trimmed, place: FIRST_PLACE }, undefined, signal, async (replay, bound) => {
      let hasMore = true;
      while (hasMore) hasMore = await replay.feed(offset, bound);
      return ask(replay, bound);
    });
  }

  /** Reads the page with a line, and those before it that lie on the way. */
  async #readPage(history: string, line: number, first: number, signal: AbortSignal): Promise<{ lines: StyledLines; settled: number }> {
    const kept = entryBefore(await entries(this.#source), line);
    if (!kept) throw new PerdureError("cursor-gone", "That part of the history is no longer kept.");
    const page = Math.floor(line / PAGE_LINES) * PAGE_LINES;
    const from = Math.max(first, firstWholeNumber(kept.place), page - LINES_BEFORE);
    const read = await this.#readLines(kept, from, page + PAGE_LINES, signal);
    this.#services.cache.add(history, read.lines, read.settled);
    const isCutBefore = from < line && line >= from + read.lines.lines.length;
    return isCutBefore ? this.#readLines(kept, line, page + PAGE_LINES, signal) : read;
  }

  async #readLines(kept: Kept, from: number, to: number, signal: AbortSignal): Promise<{ lines: StyledLines; settled: number }> {
    const { gathered, settled } = await this.#read(kept, { is: "lines", from, to }, signal);
    if (gathered.is !== "lines") throw new Error("the wrong thing was read");
    return { lines: gathered.lines, settled };
  }

  /** Up to the end of what is wanted, or of the log as it stands now. */
  #read(kept: Kept, wanted: Wanted, signal: AbortSignal): Promise<Read> {
    const { tail } = this.#source.stream();
    return this.#replay(kept, wanted, signal, async (replay, bound) => {
      for (;;) {
        const hasMore = await replay.feed(tail, bound);
        const { gathered, reached } = await replay.engine.gathered(!hasMore, bound);
        if (gathered) return { gathered, settled: numberAt(reached) };
      }
    });
  }

  #replay<T>(
    kept: Kept,
    wants: Wanted | undefined,
    signal: AbortSignal,
    work: (replay: Replay, bound: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const take = async (): Promise<T> => {
      const replay = await Replay.open(this.#source, kept, wants);
      try {
        return await work(replay, bound);
      } finally {
        replay.close();
      }
    };
    return this.#services.turns.run(take, bound);
  }
}

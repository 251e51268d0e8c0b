/**
 * The screen engines of all sessions, behind one interface. An engine is fed with a session's output and can say at any
 * offset what its screen is. It lives in a worker thread; feeding never waits, reading does.
 */

import type { LinePlace, ScreenColours } from "@perdure/protocol";
import type { Gathered, Wanted } from "./gatherer.ts";
import type { ShellMark } from "./shell-marks.ts";

/** Where an engine starts: nothing, or a snapshot taken before. */
export interface EngineStart {
  readonly cols: number;
  readonly rows: number;
  /** Offset of the first byte that will be fed. */
  readonly offset: number;
  readonly snapshot: Uint8Array | null;
  /** Where the first row of the snapshot is in the count of lines; default: the beginning. */
  readonly place?: LinePlace;
  /** Where typing of a command had begun before. */
  readonly typedAt?: LinePlace | null;
  /** What is to be read of the lines that pass through. */
  readonly wants?: Wanted;
}

/** A screen as VT bytes for an empty terminal of this size; `offset` may lie a few bytes before the end of what was fed (an unfinished sequence). */
export interface ScreenSnapshot {
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
  readonly data: Uint8Array;
  /** Where its first row is in the count of lines. */
  readonly place?: LinePlace;
  /** Number of the first line of the session that is still kept. */
  readonly firstLine?: number;
}

/** What an engine answers: the screen, and where it is free. */
export interface EngineSnapshot extends ScreenSnapshot {
  readonly place: LinePlace;
  /**
   * Rows from the cursor to the first one below everything on the main screen, negative upwards; on the alternate screen from where the
   * cursor will be on the main one.
   */
  readonly toFreeRow: number;
}

/**
 * What the engine saw in the output. Answers to queries carry the offset of the query's last byte as their number. At most ten
 * bells, notifications and titles a second are told, the last title always; a replay tells them again, with the same offsets.
 */
export type EngineEvent =
  | { readonly is: "bell"; readonly offset: number }
  | { readonly is: "notification"; readonly offset: number; readonly text: string }
  | { readonly is: "title"; readonly title: string }
  | { readonly is: "answer"; readonly offset: number; readonly data: Uint8Array }
  /** A shell's mark, with the place of the cursor in the count of lines. */
  | { readonly is: "mark"; readonly offset: number; readonly place: LinePlace; readonly mark: ShellMark }
  /** The engine is lost, and only this one: what waits for it is rejected, what it is fed from now on is ignored. Close it and open another. */
  | { readonly is: "fault"; readonly error: Error };

/** The engine of one session. After `close` every method but `close` throws. */
export interface Engine {
  /** Output from `offset` on; it must continue what was fed before. `isLive`: answer queries in it. The data stays the caller's. */
  feed(offset: number, data: Uint8Array, isLive: boolean): void;
  resize(offset: number, cols: number, rows: number): void;
  /** Who asks for colours in what is fed from now on is told these, unless the program has set its own. */
  recolour(colours: ScreenColours): void;
  /** Bytes fed and not yet parsed. Beyond {@link MAX_ENGINE_LAG_BYTES} the engine gives up with a fault. */
  readonly lagBytes: number;
  /** Resolves when `lagBytes` is at most this. */
  drained(maxLagBytes: number, signal: AbortSignal): Promise<void>;
  /** The screen after everything fed so far; `scrollback` lines above it at most. */
  snapshot(scrollback: number, signal: AbortSignal): Promise<EngineSnapshot>;
  /** Screen and scrollback as text, trailing blanks cut, newest last. */
  lines(scrollback: number, signal: AbortSignal): Promise<readonly string[]>;
  /** What was wanted of the lines, once all of it has passed. `toEnd`: what is still in the terminal is taken as it is now; then nothing more is fed. */
  gathered(toEnd: boolean, signal: AbortSignal): Promise<Gathering>;
  close(): void;
}

/** What an engine has read of the lines. */
export interface Gathering {
  /** `null`: not all of it has passed yet. */
  readonly gathered: Gathered | null;
  /** Where the terminal's first row is: lines before it never change. */
  readonly reached: LinePlace;
}

/** Makes engines. `close` ends the worker; a worker without engines ends by itself. */
export interface Engines {
  open(start: EngineStart, onEvent: (event: EngineEvent) => void): Engine;
  /** Starts the worker, so that the first engine need not wait for it. It ends again if none comes. */
  warm(): void;
  close(): Promise<void>;
}

/** Lines kept above the screen. Older ones are in the log. */
export const SCROLLBACK_LINES = 1000;

/** Most bytes that may wait in an engine. Feeders keep far below with `lagBytes` and `drained`. */
export const MAX_ENGINE_LAG_BYTES = 64 * 1024 * 1024;

/**
 * Agents that are no programs: their runs live in the server's own process and end with it. What a driver is told and tells is the
 * same as with a program, lines both ways; only who reads and writes them is here.
 */
import type { Conversation } from "@perdure/protocol";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";

export { IN_PROCESS_COMMAND } from "@perdure/protocol";

/** What a run is given by whoever keeps its lines. */
export interface InProcessPlace {
  readonly session: string;
  readonly run: string;
  readonly cwd: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The conversation as it is committed; `null`: the session is gone. */
  conversation(): Conversation | null;
  /**
   * Takes one line for the driver, without its line feed, at once and in order. Resolves when there is room for the next one: who goes
   * on writing before that is not held up, but fills memory. After the run's end lines are dropped. Never rejects.
   */
  write(line: string): Promise<void>;
}

export interface InProcessRun {
  /** One line of the driver, without its line feed. Does not throw. */
  take(line: string): void;
  /** Ends what is at work; resolves when it has ended, or after `graceMs`. */
  end(graceMs: number): Promise<void>;
}

export interface InProcessAgent {
  begin(place: InProcessPlace): InProcessRun;
}

/** The connection in words, and what happened while it was gone. */
import type { ConnectionState } from "@perdure/client";
import type { AttachedHow } from "@perdure/protocol";
import { durationWords } from "../sessions/relative-time.ts";

/** Failures in a row after which the page says more than "reconnecting". */
export const FAILURE_SCREEN_ATTEMPTS = 10;
const WORTH_SAYING_MS = 5 * 60_000;

export type ConnectionTone = "live" | "busy" | "down";

export interface ConnectionWords {
  readonly tone: ConnectionTone;
  readonly words: string;
  /** Can the user do something about it by trying again? */
  readonly canRetry: boolean;
}

export function connectionWords(state: ConnectionState, now: number): ConnectionWords {
  switch (state.is) {
    case "connected":
      return { tone: "live", words: "Live", canRetry: false };
    case "connecting":
      return { tone: "busy", words: "Connecting…", canRetry: false };
    case "waiting": {
      const seconds = Math.ceil((state.until - now) / 1000);
      return { tone: "busy", words: seconds > 0 ? `Reconnecting in ${seconds} s` : "Reconnecting…", canRetry: true };
    }
    case "offline":
      return { tone: "down", words: "Offline", canRetry: true };
    case "closed":
      break;
  }
  return { tone: "down", words: CLOSED[state.reason], canRetry: false };
}

const CLOSED = {
  asked: "Disconnected",
  unauthorized: "Signed out",
  "wrong-protocol": "Reload to update",
} as const;

/** Has it failed so often that the user deserves an explanation? */
export function isFailing(state: ConnectionState): boolean {
  return "attempt" in state && state.attempt >= FAILURE_SCREEN_ATTEMPTS;
}

const HOW: Readonly<Record<AttachedHow, string>> = {
  tail: "",
  first: "",
  behind: "brought up to date",
  trimmed: "older output is no longer kept",
  "beyond-tail": "the server lost the last moment of output",
  incarnation: "the history was restored and may be shorter",
};

/** The line after coming back; `undefined` when there is nothing worth a line. */
export function reconnectedWords(how: AttachedHow, awayMs: number, hasRunChanged: boolean): string | undefined {
  if (awayMs <= 0) return undefined;
  const changes = [HOW[how], hasRunChanged ? "a new run has begun" : ""].filter((words) => words !== "");
  if (awayMs <= WORTH_SAYING_MS && changes.length === 0) return undefined;
  return [`Reconnected (away ${durationWords(awayMs)})`, ...changes].join(" · ");
}

/** What a run's state, a session's attention and its watchers are called on the screen. */
import { ERROR_CODES, isErrorCode, type Attention, type LostReason, type RunState, type Watcher } from "@perdure/protocol";
import { agoWords, durationWords } from "./relative-time.ts";

const LOST: Readonly<Record<LostReason, string>> = {
  "host-died": "its host process died",
  "host-died-exit-unknown": "it ended while its host was gone",
  rebooted: "the machine restarted",
  "power-cut": "the machine lost power",
  "never-started": "it never started",
  "host-state-missing": "the host knows nothing of it",
  "server-ended": "the server in which it ran ended",
};

/** Short, for a row: "Running 2 h", "Exited 0 · 5 min ago", "Lost: the machine restarted". */
export function stateWords(state: RunState, now: number): string {
  switch (state.is) {
    case "starting":
      return "Starting";
    case "running":
      return `Running ${durationWords(now - state.at)}`;
    case "exited":
      return `${exitWords(state)} · ${agoWords(state.at, now)}`;
    case "lost":
      return `Lost: ${LOST[state.reason]}`;
    case "failed":
      break;
  }
  return `Could not start: ${failureWords(state)}`;
}

/** One sentence for the banner above a run that is over; `undefined` while it lives. */
export function endSentence(state: RunState, now: number): string | undefined {
  switch (state.is) {
    case "starting":
    case "running":
      return undefined;
    case "exited":
      return `The program ${exitVerb(state)}, ${agoWords(state.at, now)}.`;
    case "lost":
      return `The program was lost: ${LOST[state.reason]}.`;
    case "failed":
      break;
  }
  return `The program could not start: ${failureWords(state)}`;
}

export function attentionWords(attention: Attention, now: number): string {
  const ago = agoWords(attention.at, now);
  switch (attention.reason) {
    case "bell":
      return `Rang the bell ${ago}`;
    case "notification":
      return attention.text === undefined || attention.text === "" ? `Notified ${ago}` : attention.text;
    case "answer":
      return `Answered ${ago}`;
    case "approval":
    case "question":
      return attention.text === undefined || attention.text === "" ? `Asks since ${ago}` : attention.text;
    case "exit":
      break;
  }
  return `Ended ${ago}`;
}

/** Who looks at it now; "" when nobody does. */
export function watcherWords(watchers: readonly Watcher[]): string {
  const names = [...new Set(watchers.filter((watcher) => watcher.visible).map((watcher) => watcher.name))];
  if (names.length === 0) return "";
  if (names.length <= 2) return names.join(", ");
  return `${names[0]} and ${names.length - 1} more`;
}

type Exited = Extract<RunState, { is: "exited" }>;
type Failed = Extract<RunState, { is: "failed" }>;

function exitWords(state: Exited): string {
  if (state.signal !== null) return `Ended by ${state.signal}`;
  return state.code === null ? "Ended" : `Exited ${state.code}`;
}

function exitVerb(state: Exited): string {
  if (state.signal !== null) return `was ended by ${state.signal}`;
  if (state.code === null) return "ended";
  return state.code === 0 ? "exited normally" : `exited with code ${state.code}`;
}

function failureWords(state: Failed): string {
  if (state.message !== "") return state.message;
  return isErrorCode(state.code) ? ERROR_CODES[state.code] : state.code;
}

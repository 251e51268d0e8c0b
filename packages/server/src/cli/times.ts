/**
 * Times and lengths of time in words for people. Scripts get milliseconds with `--json`.
 */
import { CommandFailure, EXIT } from "./exit-codes.ts";

const UNITS = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
  { name: "s", ms: 1000 },
] as const;

/** How long ago a time was: `now`, `12 s ago`, `3 h ago`. A time in the future, by a clock that was set, is `now`. */
export function timeAgo(at: number, now: number): string {
  const words = duration(now - at);
  return words === "" ? "now" : `${words} ago`;
}

/** A length of time in its largest whole unit; empty below a second. */
export function duration(ms: number): string {
  const unit = UNITS.find((each) => ms >= each.ms);
  return unit === undefined ? "" : `${Math.floor(ms / unit.ms)} ${unit.name}`;
}

/** Reads a number of seconds as milliseconds. Throws a usage error that names the flag. */
export function parseSeconds(text: string, flag: string, maxSeconds: number): number {
  const seconds = text.trim() === "" ? Number.NaN : Number(text);
  if (!(seconds >= 0 && seconds <= maxSeconds)) {
    throw new CommandFailure(EXIT.usage, `${flag} wants a number of seconds from 0 to ${maxSeconds}, not "${text}".`);
  }
  return Math.round(seconds * 1000);
}

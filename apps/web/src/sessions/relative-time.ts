/** Times in words, short enough for a row: "just now", "4 min", "2 h", "3 d", then the date. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long something took or has lasted. Never negative: clocks of two machines differ. */
export function durationWords(ms: number): string {
  if (ms < MINUTE) return `${Math.max(1, Math.floor(ms / SECOND))} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** When something was. Within a minute it is "just now"; after a week it is a date. */
export function agoWords(at: number, now: number): string {
  const ms = now - at;
  if (ms < MINUTE) return "just now";
  if (ms < 7 * DAY) return `${durationWords(ms)} ago`;
  return new Date(at).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
}

/** The time of day, or date and time when it was another day. */
export function clockWords(at: number, now: number): string {
  const time = new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  return isToday ? time : `${new Date(at).toLocaleDateString(undefined, { day: "numeric", month: "short" })}, ${time}`;
}

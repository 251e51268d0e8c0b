/**
 * Which rows of a long transcript are in the page: its end, and more of what is older as the reader goes up. While the end is
 * followed, what is far above leaves the page again.
 */

const FIRST_ROWS = 60;
const MORE_ROWS = 60;
const MOST_WHILE_FOLLOWING = 180;
/** Rows kept above one that is returned to. */
const ABOVE = 15;

/** The first row to show at the beginning. `at`: the row that is returned to, if there is one. */
export function firstWindow(length: number, at: number | undefined): number {
  const end = Math.max(0, length - FIRST_ROWS);
  return at === undefined || at < 0 ? end : Math.max(0, Math.min(end, at - ABOVE));
}

export function withOlder(start: number): number {
  return Math.max(0, start - MORE_ROWS);
}

/** The window behind new rows. */
export function withNewer(start: number, length: number, isFollowing: boolean): number {
  if (start > length) return firstWindow(length, undefined);
  return isFollowing && length - start > MOST_WHILE_FOLLOWING ? length - FIRST_ROWS : start;
}

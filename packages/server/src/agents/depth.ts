/**
 * How deep a value is nested. JSON can be read far deeper than it can be written: what is written again and again (a driver's state,
 * events, snapshots) must not come near that.
 */

/** Deeper than anything that is meant; a page can still draw it, and it can be written within other values. */
export const MAX_DEPTH = 100;

export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((one) => isDeeperThan(one, levels - 1));
}

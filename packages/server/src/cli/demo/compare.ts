/** Compares what was printed with what somebody has seen of it. */

export interface Comparison {
  readonly printed: number;
  readonly seen: number;
  /** Printed and never seen. */
  readonly lost: readonly number[];
  /** Seen more often than once. */
  readonly doubled: readonly number[];
  /** Seen after a higher one. */
  readonly misplaced: number;
}

export function compare(printed: readonly number[], seen: readonly number[]): Comparison {
  const counts = new Map<number, number>();
  let highest = 0;
  let misplaced = 0;
  for (const number of seen) {
    const before = counts.get(number) ?? 0;
    counts.set(number, before + 1);
    if (number < highest && before === 0) misplaced += 1;
    highest = Math.max(highest, number);
  }
  return {
    printed: printed.length,
    seen: counts.size,
    lost: printed.filter((number) => !counts.has(number)),
    doubled: [...counts].filter(([, count]) => count > 1).map(([number]) => number),
    misplaced,
  };
}

/**
 * "Did you mean": finds the words nearest to one that was mistyped, by the number of letters to insert, delete, replace or
 * swap with their neighbour.
 */

/** Longer words are not compared: nobody mistypes them letter by letter. */
const MAX_LENGTH = 64;

/** The candidates that may have been meant, nearest first, then in the order given, at most three. */
export function nearest(word: string, candidates: readonly string[]): readonly string[] {
  const wanted = word.toLowerCase();
  if (wanted === "" || wanted.length > MAX_LENGTH) return [];
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, away: distance(wanted, candidate.toLowerCase(), limit) }))
    .filter(({ away }) => away <= limit)
    .toSorted((a, b) => a.away - b.away)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** The sentence to append to an error, with a leading blank; empty if nothing is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates);
  const last = near.at(-1);
  if (last === undefined) return "";
  const rest = near.slice(0, -1);
  return ` Did you mean ${rest.length === 0 ? last : `${rest.join(", ")} or ${last}`}?`;
}

/** The edits between two words; `Infinity` as soon as it is known to be over the limit. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return Infinity;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const swaps = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (row[j - 1] ?? Infinity) + 1,
        (last[j] ?? Infinity) + 1,
        (last[j - 1] ?? Infinity) + cost,
        swaps ? (beforeLast[j - 2] ?? Infinity) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? Infinity;
}

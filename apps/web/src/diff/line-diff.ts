/**
 * What changed between two texts, line by line: the shortest way from one to the other (Myers), within a bound. Beyond it the whole
 * middle counts as replaced: coarser, never wrong.
 */

export interface DiffLine {
  readonly is: "same" | "added" | "removed";
  readonly text: string;
  /** Line numbers from 1; absent on the side where the line is not. */
  readonly before?: number;
  readonly after?: number;
}

/** Lines that belong together; between two hunks nothing changed for a while. */
export interface Hunk {
  readonly lines: readonly DiffLine[];
  /** Unchanged lines left out before it. */
  readonly skipped: number;
}

export interface LineDiff {
  readonly hunks: readonly Hunk[];
  /** Unchanged lines left out behind the last hunk. */
  readonly skippedAfter: number;
  readonly added: number;
  readonly removed: number;
}

const CONTEXT = 3;
/** Steps of the search; each costs memory in its own number. */
const MAX_STEPS = 800;

export function diffLines(before: string | null, after: string): LineDiff {
  const [from, to] = [linesOf(before ?? ""), linesOf(after)];
  const head = commonHead(from, to);
  const tail = commonTail(from, to, head);
  const middle = middleOf(from.slice(head, from.length - tail), to.slice(head, to.length - tail));
  const kinds = [...repeat("same", head), ...middle, ...repeat("same", tail)];
  return hunksOf(numbered(kinds, from, to));
}

/** A text that ends with a line break has no empty line behind it. */
function linesOf(text: string): readonly string[] {
  if (text === "") return [];
  return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
}

function commonHead(from: readonly string[], to: readonly string[]): number {
  let count = 0;
  while (count < from.length && count < to.length && from[count] === to[count]) count += 1;
  return count;
}

function commonTail(from: readonly string[], to: readonly string[], head: number): number {
  const most = Math.min(from.length, to.length) - head;
  let count = 0;
  while (count < most && from[from.length - 1 - count] === to[to.length - 1 - count]) count += 1;
  return count;
}

type Kind = DiffLine["is"];

function repeat(kind: Kind, count: number): Kind[] {
  return Array.from({ length: count }, () => kind);
}

function replaced(from: readonly string[], to: readonly string[]): Kind[] {
  return [...repeat("removed", from.length), ...repeat("added", to.length)];
}

/** Myers' search: `furthest[k]` is how far one gets in `from` on diagonal k with the steps so far. */
function middleOf(from: readonly string[], to: readonly string[]): Kind[] {
  if (from.length === 0 || to.length === 0) return replaced(from, to);
  const most = Math.min(MAX_STEPS, from.length + to.length);
  const furthest = new Int32Array(2 * most + 3);
  const trail: Int32Array[] = [];
  for (let steps = 0; steps <= most; steps += 1) {
    trail.push(furthest.slice(most - steps, most + steps + 3));
    for (let diagonal = -steps; diagonal <= steps; diagonal += 2) {
      const at = most + 1 + diagonal;
      const isDown = diagonal === -steps || (diagonal !== steps && (furthest[at - 1] ?? 0) < (furthest[at + 1] ?? 0));
      let x = isDown ? (furthest[at + 1] ?? 0) : (furthest[at - 1] ?? 0) + 1;
      while (x < from.length && x - diagonal < to.length && from[x] === to[x - diagonal]) x += 1;
      furthest[at] = x;
      if (x >= from.length && x - diagonal >= to.length) return walkBack(trail, from.length, to.length);
    }
  }
  return replaced(from, to);
}

/** Each entry of the trail holds the diagonals around 0 as they were before its step: index `steps + 1` is diagonal 0. */
function walkBack(trail: readonly Int32Array[], fromLength: number, toLength: number): Kind[] {
  const kinds: Kind[] = [];
  let x = fromLength;
  let y = toLength;
  for (let steps = trail.length - 1; steps > 0; steps -= 1) {
    const before = trail[steps] ?? new Int32Array(0);
    const diagonal = x - y;
    const read = (k: number): number => before[steps + 1 + k] ?? 0;
    const isDown = diagonal === -steps || (diagonal !== steps && read(diagonal - 1) < read(diagonal + 1));
    const previousDiagonal = isDown ? diagonal + 1 : diagonal - 1;
    const previousX = read(previousDiagonal);
    const startX = isDown ? previousX : previousX + 1;
    for (; x > startX; x -= 1) kinds.push("same");
    kinds.push(isDown ? "added" : "removed");
    x = previousX;
    y = previousX - previousDiagonal;
  }
  for (; x > 0; x -= 1) kinds.push("same");
  return kinds.toReversed();
}

function numbered(kinds: readonly Kind[], from: readonly string[], to: readonly string[]): readonly DiffLine[] {
  let before = 0;
  let after = 0;
  return kinds.map((is): DiffLine => {
    if (is !== "added") before += 1;
    if (is !== "removed") after += 1;
    const text = (is === "added" ? to[after - 1] : from[before - 1]) ?? "";
    if (is === "same") return { is, text, before, after };
    return is === "added" ? { is, text, after } : { is, text, before };
  });
}

function hunksOf(lines: readonly DiffLine[]): LineDiff {
  const isNear = nearChanges(lines);
  const hunks: Hunk[] = [];
  let skipped = 0;
  for (let at = 0; at < lines.length;) {
    if (!isNear[at]) {
      skipped += 1;
      at += 1;
      continue;
    }
    let end = at;
    while (end < lines.length && isNear[end]) end += 1;
    hunks.push({ lines: lines.slice(at, end), skipped });
    skipped = 0;
    at = end;
  }
  const count = (is: Kind): number => lines.filter((line) => line.is === is).length;
  return { hunks, skippedAfter: skipped, added: count("added"), removed: count("removed") };
}

function nearChanges(lines: readonly DiffLine[]): readonly boolean[] {
  const isNear = lines.map(() => false);
  for (const [at, line] of lines.entries()) {
    if (line.is === "same") continue;
    isNear.fill(true, Math.max(0, at - CONTEXT), at + CONTEXT + 1);
  }
  return isNear;
}

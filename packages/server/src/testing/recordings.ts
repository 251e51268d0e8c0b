/** Terminal output made up from a seed: the same seed gives the same bytes. It looks like what tools that print lines print. */

/** Numbers from 0 up to, not including, `below`. */
export type Random = (below: number) => number;

/** A small generator of pseudo-random numbers (xorshift), for tests and benches. */
export function seededRandom(seed: number): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x85ebca6b) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const WORDS = [
  "build",
  "ok",
  "src/main.ts",
  "warning:",
  "naïve",
  "漢字",
  "テスト",
  "👍",
  "🚀",
  "中",
  "—",
  "e\u0301",
  "x",
  "0.38",
  "https://example.org/a/b",
  "│",
  "✓",
];
const STYLES = [
  "0",
  "1",
  "2",
  "3",
  "4",
  "7",
  "9",
  "22",
  "23",
  "24",
  "27",
  "29",
  "31",
  "92",
  "39",
  "44",
  "103",
  "49",
  "38;5;208",
  "48;5;17",
  "38;2;1;2;3",
  "48;2;9;8;7",
  "1;32",
  "0;1;2;33",
];

/** Lines as a build, a test run or a log prints them: words of several scripts, colours, long lines that wrap, progress bars. */
export function lineOutput(seed: number, minBytes: number): Uint8Array {
  const random = seededRandom(seed);
  let text = "";
  while (text.length < minBytes) text += random(8) === 0 ? progress(random) : line(random);
  return new TextEncoder().encode(text);
}

function line(random: Random): string {
  const words = random(10) === 0 ? 40 + random(60) : random(14);
  let text = "";
  for (let count = 0; count < words; count++) {
    if (random(4) === 0) text += `\x1b[${pick(random, STYLES)}m`;
    text += pick(random, WORDS);
    if (random(3) > 0) text += random(8) === 0 ? "\t" : " ";
  }
  return `${text}${random(3) === 0 ? "\x1b[0m" : ""}\r\n`;
}

/** One row written over again and again. */
function progress(random: Random): string {
  let text = "";
  const steps = 2 + random(6);
  for (let step = 0; step < steps; step++) {
    text += `\r\x1b[32m${"█".repeat(step * 3)}\x1b[0m ${step * 10}%${random(2) === 0 ? "\x1b[K" : ""}`;
  }
  return `${text}\r\n`;
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)]!;
}

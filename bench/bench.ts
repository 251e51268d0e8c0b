// A benchmark answers one question with findings, each measured beside its limit or peer in the same run: absolute numbers of a busy
// machine say little, ratios taken in turns say something.

/** How a finding is judged: `ratio` is value / limit. */
export type Rule = "ratio at least" | "ratio at most" | "at least" | "at most";

export interface Finding {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The limit or peer, measured in the same run, in the same unit. */
  readonly limit: number | null;
  readonly ratio: number | null;
  readonly rule: Rule | null;
  readonly accept: number | null;
  readonly aim: number | null;
  /** Accepted; true for what is only printed. */
  readonly ok: boolean;
}

export interface BenchContext {
  /** Rounds of everything that is measured in turns. */
  readonly rounds: number;
  readonly seed: number;
  /** Removed afterwards. */
  readonly scratch: string;
  /** A remark for the reader, not a result. */
  readonly say: (line: string) => void;
}

export interface Bench {
  readonly name: string;
  readonly question: string;
  run(context: BenchContext): Promise<readonly Finding[]>;
}

export interface Judged {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly limit?: number;
  readonly rule: Rule;
  readonly accept: number;
  readonly aim?: number;
}

/** A finding with a verdict. */
export function judge({ name, value, unit, limit, rule, accept, aim }: Judged): Finding {
  const ratio = limit === undefined ? null : value / limit;
  const judged = rule.startsWith("ratio") ? ratio : value;
  const ok = judged !== null && (rule.endsWith("at least") ? judged >= accept : judged <= accept);
  return { name, value, unit, limit: limit ?? null, ratio, rule, accept, aim: aim ?? null, ok };
}

/** A finding that is only printed. */
export function note(name: string, value: number, unit: string, limit?: number): Finding {
  return {
    name,
    value,
    unit,
    limit: limit ?? null,
    ratio: limit === undefined ? null : value / limit,
    rule: null,
    accept: null,
    aim: null,
    ok: true,
  };
}

/** The value that this share of the values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

// A fault run breaks the real binaries many times, by a seed, and says in a table what happened. It fails by its list of failures.

export interface FaultOptions {
  /** How often the fault is put in. */
  readonly times: number;
  readonly seed: number;
  /** Progress, for a person who waits. */
  readonly say: (line: string) => void;
}

export interface FaultReport {
  /** One object a line of the table. */
  readonly rows: readonly Readonly<Record<string, string | number>>[];
  /** Empty: everything was kept. */
  readonly failures: readonly string[];
}

export interface FaultRun {
  readonly name: string;
  readonly question: string;
  /** Times when none are asked for. */
  readonly times: number;
  run(options: FaultOptions): Promise<FaultReport>;
}

/** The rows as text, columns of one width. */
export function formatTable(rows: FaultReport["rows"]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, ...rows.map((row) => names.map((name) => String(row[name] ?? "")))];
  const widths = names.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

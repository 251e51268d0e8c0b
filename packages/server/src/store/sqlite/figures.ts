/** Figures for diagnostics: how long transactions take, and how much of what is in the file. */
import type { StoreStats } from "../store.ts";
import type { Database } from "./database.ts";

const KEPT_TIMES = 1_000;

/** How long the last 1,000 transactions took. */
export class CommitTimes {
  readonly #milliseconds: number[] = [];
  #next = 0;

  add(milliseconds: number): void {
    this.#milliseconds[this.#next] = milliseconds;
    this.#next = (this.#next + 1) % KEPT_TIMES;
  }

  /** The time that this share of transactions did not exceed; 0 before the first. */
  quantile(share: number): number {
    const sorted = this.#milliseconds.toSorted((a, b) => a - b);
    return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;
  }
}

export function readStats(db: Database, times: CommitTimes): StoreStats {
  const file = db.get<{ bytes: number }>("SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()");
  const log = db.get<{ logBytes: number; storedBytes: number }>(
    "SELECT coalesce(sum(length), 0) AS logBytes, coalesce(sum(length(data) + length(marks)), 0) AS storedBytes FROM chunk",
  );
  return {
    fileBytes: file?.bytes ?? 0,
    logBytes: log?.logBytes ?? 0,
    storedBytes: log?.storedBytes ?? 0,
    commitP50Ms: times.quantile(0.5),
    commitP99Ms: times.quantile(0.99),
  };
}

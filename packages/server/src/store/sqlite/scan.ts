/**
 * Reads all readable rows of a table in a damaged file: forward until a damaged page, backward from the end until the other side of
 * it, then the same in both halves of what is between. The number of attempts is bounded.
 */
import type { Database } from "./database.ts";
import { isDamage } from "./failure.ts";
import type { TableName } from "./schema.ts";

const MAX_ATTEMPTS = 4_000;
const FIRST_ROW = Number.MIN_SAFE_INTEGER;
const LAST_ROW = Number.MAX_SAFE_INTEGER;

/** What could not be read: at least one row for each place where reading broke off. */
export interface ScanResult {
  readonly unreadable: number;
}

/** Gives each readable row once, without its rowid. The order is not that of the table. */
export function scanTable<Row>(db: Database, table: TableName, onRow: (row: Row) => void): ScanResult {
  const gaps = [{ from: FIRST_ROW, to: LAST_ROW }];
  let unreadable = 0;
  for (let attempts = 0; gaps.length > 0 && attempts < MAX_ATTEMPTS; attempts += 1) {
    const gap = gaps.pop();
    if (!gap || gap.from > gap.to) continue;
    const last = readRange(db, table, gap.from, gap.to, "ASC", onRow);
    if (last === "all") continue;
    const first = readRange(db, table, last === null ? gap.from : last + 1, gap.to, "DESC", onRow);
    if (first === "all") continue;
    unreadable += 1;
    const [from, to] = [last === null ? gap.from : last + 1, first === null ? gap.to : first - 1];
    // Without any row from either side the width of the gap says nothing: only known rows bound a search worth doing.
    if (from >= to || (from === FIRST_ROW && to === LAST_ROW && last === null && first === null)) continue;
    const middle = Math.floor(from / 2 + to / 2);
    gaps.push({ from, to: middle }, { from: middle + 1, to });
  }
  return { unreadable };
}

/** Reads rows until damage. Returns "all", or the last rowid that was read (`null` if there was none). */
function readRange<Row>(
  db: Database,
  table: TableName,
  from: number,
  to: number,
  direction: "ASC" | "DESC",
  onRow: (row: Row) => void,
): number | null | "all" {
  let last: number | null = null;
  const sql = `SELECT rowid AS scanned_row, * FROM ${table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid ${direction}`;
  const rows = db.iterate<Row & { scanned_row: number }>(sql, from, to)[Symbol.iterator]();
  for (;;) {
    const next = nextRow(rows);
    if (next === "damaged") return last;
    if (next.done) return "all";
    const { scanned_row: row, ...columns } = next.value;
    onRow(columns as unknown as Row);
    last = row;
  }
}

function nextRow<Row>(rows: Iterator<Row>): IteratorResult<Row> | "damaged" {
  try {
    return rows.next();
  } catch (error) {
    if (isDamage(error)) return "damaged";
    throw error;
  }
}

/**
 * Reads all readable rows of a table in a damaged file: forward until a damaged page, backward from the end until the other side of
 * it, then the same in both halves of what is between, the lower half first. The number of attempts is bounded.
 */
import type { Database, Row } from "./database.ts";
import { isDamage } from "./failure.ts";
import type { TableName } from "./schema.ts";

const MAX_ATTEMPTS = 1_000;
/** Rowids are given out from 1 on. Behind a damaged end, rows are looked for up to this far. */
const MAX_ROWS_BEYOND = 1_000_000;

/** Gives each readable row once; the order is not that of the table. Returns in how many places rows could not be read. */
export function scanTable(db: Database, table: TableName, onRow: (row: Row) => void): number {
  const gaps = [{ from: 1, to: Number.MAX_SAFE_INTEGER }];
  let [places, endOfLast] = [0, 0];
  for (let attempts = 0; gaps.length > 0; attempts += 1) {
    const gap = gaps.pop();
    if (!gap || gap.from > gap.to) continue;
    const rest = attempts < MAX_ATTEMPTS ? readInward(db, table, gap, onRow) : gap;
    if (!rest) continue;
    if (rest.from < rest.to && attempts < MAX_ATTEMPTS) {
      const middle = Math.floor((rest.from + rest.to) / 2);
      gaps.push({ from: middle + 1, to: rest.to }, { from: rest.from, to: middle });
      continue;
    }
    if (places === 0 || rest.from > endOfLast + 1) places += 1;
    endOfLast = rest.to;
  }
  return places;
}

interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Reads a range of rowids from both ends; returns what is left between two damaged places, or `null` if all was read. */
function readInward(db: Database, table: TableName, gap: Gap, onRow: (row: Row) => void): Gap | null {
  const last = readRange(db, table, gap, "ASC", onRow);
  if (last === "all") return null;
  const from = last === null ? gap.from : last + 1;
  const first = readRange(db, table, { from, to: gap.to }, "DESC", onRow);
  if (first === "all") return null;
  const to = first === null ? Math.min(gap.to, from + MAX_ROWS_BEYOND) : first - 1;
  return { from, to };
}

/** Reads rows until damage. Returns "all", or the last rowid that was read (`null` if there was none). */
function readRange(db: Database, table: TableName, gap: Gap, direction: "ASC" | "DESC", onRow: (row: Row) => void): number | null | "all" {
  let last: number | null = null;
  const sql = `SELECT rowid AS scanned_row, * FROM ${table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid ${direction}`;
  const rows = db.iterate<Row>(sql, gap.from, gap.to)[Symbol.iterator]();
  for (;;) {
    const next = nextRow(rows);
    if (next === "damaged") return last;
    if (next.done) return "all";
    const { scanned_row: row, ...columns } = next.value;
    onRow(columns);
    last = Number(row);
  }
}

function nextRow(rows: Iterator<Row>): IteratorResult<Row> | "damaged" {
  try {
    return rows.next();
  } catch (error) {
    if (isDamage(error)) return "damaged";
    throw error;
  }
}

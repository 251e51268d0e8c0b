// Findings as a table for people.

import type { Finding } from "./bench.ts";

const head = ["", "value", "limit or peer", "ratio", "accepted", "aim", ""];

export function formatTable(findings: readonly Finding[]): string {
  const rows = [head, ...findings.map(cells)];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0, column))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 || column === head.length - 1 ? cell.padEnd(width) : cell.padStart(width);
}

function cells({ name, value, unit, limit, ratio, rule, accept, aim, ok }: Finding): string[] {
  const sign = rule === null ? "" : `${rule.startsWith("ratio") ? "× " : ""}${rule.endsWith("least") ? "≥" : "≤"} `;
  return [
    name,
    `${number(value)} ${unit}`,
    limit === null ? "" : `${number(limit)} ${unit}`,
    ratio === null ? "" : number(ratio),
    accept === null ? "" : `${sign}${number(accept)}`,
    aim === null ? "" : `${sign}${number(aim)}`,
    rule === null ? "" : ok ? (aim === null || meets(rule, ratio, value, aim) ? "ok, aim met" : "ok") : "MISSED",
  ];
}

function meets(rule: string, ratio: number | null, value: number, aim: number): boolean {
  const judged = rule.startsWith("ratio") ? (ratio ?? Number.NaN) : value;
  return rule.endsWith("least") ? judged >= aim : judged <= aim;
}

function number(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
}

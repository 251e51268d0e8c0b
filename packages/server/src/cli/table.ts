/**
 * Aligned columns for listings. Texts may come from programs (titles, names): control characters are shown as blanks, so that
 * a listing cannot be used to send sequences to the reader's terminal.
 */
import { stripVTControlCharacters } from "node:util";

const ESCAPE = "\u001b";
// oxlint-disable-next-line no-control-regex -- sequences begin with it
const STYLE = /\u001b\[[\d;]*m/g;

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Colours the padded text; it must not change its width. */
  readonly paint?: (text: string, row: Row) => string;
  /** Cut to this many cells, with an ellipsis. */
  readonly maxWidth?: number;
}

/** Lines of a table: the titles, then one line a row; no trailing blanks. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[], paintTitle: (text: string) => string): string[] {
  const cells = rows.map((row) => columns.map((column) => cut(plainText(column.text(row)), column.maxWidth)));
  const widths = columns.map((column, index) => Math.max(cellWidth(column.title), ...cells.map((line) => cellWidth(line[index] ?? ""))));
  const title = columns.map((column, index) => pad(column.title, widths[index] ?? 0, index === columns.length - 1)).join("  ");
  const lines = rows.map((row, at) => {
    const painted = columns.map((column, index) => {
      const text = pad(cells[at]?.[index] ?? "", widths[index] ?? 0, index === columns.length - 1);
      return column.paint === undefined ? text : column.paint(text, row);
    });
    return painted.join("  ").trimEnd();
  });
  return [paintTitle(title), ...lines];
}

/** A text without escape sequences and control characters: safe to print. */
export function plainText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it removes
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
}

function pad(text: string, width: number, isLast: boolean): string {
  return isLast ? text : text + " ".repeat(Math.max(0, width - cellWidth(text)));
}

function cut(text: string, maxWidth: number | undefined): string {
  if (maxWidth === undefined || cellWidth(text) <= maxWidth) return text;
  let kept = "";
  for (const character of text) {
    if (cellWidth(kept + character) > maxWidth - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Cells a text takes in a terminal: two for wide characters, none for marks that combine and for sequences of style. */
export function cellWidth(text: string): number {
  let width = 0;
  for (const character of text.includes(ESCAPE) ? text.replaceAll(STYLE, "") : text) {
    if (/\p{Mark}|\u200d/u.test(character)) continue;
    width += isWide(character) ? 2 : 1;
  }
  return width;
}

function isWide(character: string): boolean {
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u.test(
    character,
  );
}

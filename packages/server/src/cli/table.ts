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
  /** Where the table is too wide, it is cut as far as this. */
  readonly leastWidth?: number;
  /** Of an id the beginning is enough: it is cut first, and without an ellipsis. */
  readonly isId?: true;
}

const GAP = 2;

/** Lines of a table: the titles, then one line a row; no trailing blanks. `room`: the cells that a line should fit in, as far as it can. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paintTitle: (text: string) => string,
  room: number = Infinity,
): string[] {
  const texts = rows.map((row) => columns.map((column) => cut(plainText(column.text(row)), column.maxWidth)));
  const wanted = columns.map((column, index) => Math.max(cellWidth(column.title), ...texts.map((line) => cellWidth(line[index] ?? ""))));
  const widths = fit(columns, wanted, room);
  const cells = texts.map((line) => line.map((text, index) => cut(text, widths[index], columns[index]?.isId)));
  const title = columns.map((column, index) => pad(column.title, widths[index] ?? 0, index === columns.length - 1)).join(" ".repeat(GAP));
  const lines = rows.map((row, at) => {
    const painted = columns.map((column, index) => {
      const text = pad(cells[at]?.[index] ?? "", widths[index] ?? 0, index === columns.length - 1);
      return column.paint === undefined ? text : column.paint(text, row);
    });
    return painted.join(" ".repeat(GAP)).trimEnd();
  });
  return [paintTitle(title), ...lines];
}

/** A text without escape sequences, control characters and those that turn the order of letters: safe to print. */
export function plainText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it removes
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, " ");
}

/** Ids are cut first, then always the widest of those that may be narrower. */
function fit<Row>(columns: readonly Column<Row>[], wanted: readonly number[], room: number): readonly number[] {
  const widths = [...wanted];
  const least = columns.map(({ title, leastWidth }, index) => Math.max(cellWidth(title), leastWidth ?? wanted[index] ?? 0));
  const excess = (): number => widths.reduce((sum, width) => sum + width, GAP * (columns.length - 1)) - room;
  const spare = (at: number): number => Math.max(0, (widths[at] ?? 0) - (least[at] ?? 0));
  const narrow = (at: number, by: number): void => {
    widths[at] = (widths[at] ?? 0) - by;
  };
  columns.forEach(({ isId }, at) => isId && narrow(at, Math.max(0, Math.min(spare(at), excess()))));
  while (excess() > 0) {
    const widest = widths.reduce((best, width, at) => (spare(at) > 0 && (best < 0 || width > (widths[best] ?? 0)) ? at : best), -1);
    if (widest < 0) break;
    narrow(widest, 1);
  }
  return widths;
}

function pad(text: string, width: number, isLast: boolean): string {
  return isLast ? text : text + " ".repeat(Math.max(0, width - cellWidth(text)));
}

function cut(text: string, maxWidth: number | undefined, isId: boolean = false): string {
  if (maxWidth === undefined || cellWidth(text) <= maxWidth) return text;
  const end = isId ? "" : "…";
  let kept = "";
  for (const character of text) {
    if (cellWidth(kept + character + end) > maxWidth) break;
    kept += character;
  }
  return kept + end;
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

/**
 * What cells can be besides characters in full: blanks that nothing was written to or that half of a wide character has left, halves
 * without the other half. Which of them they are decides how they are brought about again.
 */
import { COLOUR } from "./pen.ts";
import type { Cell } from "./screen-state.ts";

/** The column where the character in this one begins. */
export function startOf(cells: readonly Cell[], column: number): number {
  return column > 0 && cells[column]!.width === 0 && cells[column]!.text === "" ? column - 1 : column;
}

export function isBlank(cell: Cell): boolean {
  return cell.text === "" && cell.width === 1;
}

/** A wide character whose second half was written over. */
export function isHalved(cells: readonly Cell[], column: number): boolean {
  return cells[column]?.width === 2 && cells[column].text !== "" && cells[column + 1]?.width === 1;
}

/** The character there has as many cells as it needs. */
export function isSound(cells: readonly Cell[] | undefined, column: number): boolean {
  const cell = cells?.[column];
  if (!cell || cell.text === "") return false;
  const next = cells?.[column + 1];
  return cell.width < 2 || (next?.width === 0 && next.text === "");
}

export function isMarkedBlank(cell: Cell): boolean {
  const { fg, bg, underline, underlineColour, link } = cell;
  return isBlank(cell) && (fg !== 0 || (bg & ~COLOUR) !== 0 || underline !== 0 || underlineColour !== 0 || link !== 0);
}

/** A blank that was the first half of a wide character, whose second half was written over by what is there. */
export function isLeftBefore(cells: readonly Cell[], column: number): boolean {
  const next = cells[column + 1];
  return next !== undefined && isSound(cells, column + 1) && next.width > 0 && isSameLook(cells[column]!, next);
}

/** A blank that was the second half of a wide character, whose first half was written over by what is before. */
export function isLeftBehind(cells: readonly Cell[], column: number): boolean {
  if (column === 0 || column >= cells.length || !isMarkedBlank(cells[column]!)) return false;
  const from = startOf(cells, column - 1);
  const before = cells[from]!;
  return before.width > 0 && isSound(cells, from) && isSameLook(before, cells[column]!);
}

/** A second half that no wide character stands before. */
export function isLoneHalf(cells: readonly Cell[], column: number): boolean {
  const cell = cells[column]!;
  return cell.width === 0 && cell.text === "" && cells[column - 1]?.width !== 2;
}

export function isSameLook(a: Cell, b: Cell): boolean {
  return a.fg === b.fg && a.bg === b.bg && a.underline === b.underline && a.underlineColour === b.underlineColour && a.link === b.link;
}

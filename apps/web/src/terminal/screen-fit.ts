/**
 * How a session's terminal lies in the room that this page has for it. Pure: sizes in, sizes out.
 *
 * The page's own size is what fits at the chosen letter size. If the session has another size, because somebody else sets it,
 * the letters shrink until it fits; below the smallest legible size it is panned instead. It is never shown at a size that the
 * program did not draw for.
 */

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

export interface Room {
  readonly width: number;
  readonly height: number;
}

/** The size of a letter's cell in pixels at a letter size. */
export type CellAt = (fontSize: number) => Room;

export const SMALLEST_FONT = 7;
const SMALLEST: Size = { cols: 10, rows: 3 };
const STEP = 0.25;

/** Columns and rows that fit into the room at this letter size. */
export function ownSize(room: Room, cellAt: CellAt, fontSize: number): Size {
  const cell = cellAt(fontSize);
  return {
    cols: Math.max(SMALLEST.cols, Math.floor(room.width / cell.width)),
    rows: Math.max(SMALLEST.rows, Math.floor(room.height / cell.height)),
  };
}

/**
 * The letter size at which the session's terminal fits, never above the chosen one and never below the smallest. To fit in width
 * alone, pass a room of unlimited height.
 */
export function fittingFont(room: Room, cellAt: CellAt, session: Size, fontSize: number): number {
  const smallest = Math.min(SMALLEST_FONT, fontSize);
  for (let size = fontSize; size > smallest; size -= STEP) {
    const cell = cellAt(size);
    if (cell.width * session.cols <= room.width && cell.height * session.rows <= room.height) return size;
  }
  return smallest;
}

export function isSameSize(a: Size, b: Size): boolean {
  return a.cols === b.cols && a.rows === b.rows;
}

/** Where a window of `length` pixels over a longer content must begin so that the place `at` is inside it; moved no further than needed. */
export function revealed(start: number, length: number, contentLength: number, at: number): number {
  const most = Math.max(0, contentLength - length);
  if (at < start) return Math.max(0, at);
  if (at > start + length) return Math.min(most, at - length);
  return Math.min(most, start);
}

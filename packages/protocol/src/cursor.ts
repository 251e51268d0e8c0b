/**
 * A cursor names a place in a stream of one session: the incarnation of the stream and a byte position counted from the
 * session's birth, over all of its runs. Positions are never reused; the client owns its cursor (PROTOCOL §3).
 */

/** A place in a stream. Both numbers are safe integers; `offset` is in bytes. */
export interface Cursor {
  readonly incarnation: number;
  readonly offset: number;
}

const DIGITS = 16;
const PATTERN = /^(\d{16})_(\d{16})$/;

/** Writes a cursor as `<16-digit incarnation>_<16-digit byte>`; text order equals stream order. */
export function formatCursor(cursor: Cursor): string {
  return `${pad(cursor.incarnation)}_${pad(cursor.offset)}`;
}

/** Reads a cursor; `undefined` if the text is not one. */
export function parseCursor(text: string): Cursor | undefined {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  const cursor = { incarnation: Number(match[1]), offset: Number(match[2]) };
  return Number.isSafeInteger(cursor.incarnation) && Number.isSafeInteger(cursor.offset) ? cursor : undefined;
}

function pad(value: number): string {
  return String(value).padStart(DIGITS, "0");
}

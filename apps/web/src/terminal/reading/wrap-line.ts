/** Lines of the history in rows of this page's own width. Pure: a line and a width in, rows out. */
import type { StyledLine } from "@perdure/protocol";

/** Text of one look in a row; wide characters take two columns each. */
export interface RowRun {
  readonly text: string | readonly string[];
  readonly style: number;
}

/** A row: its runs, and the look of what is right of them, if it is not the page's own. */
export interface WrappedRow {
  readonly runs: readonly RowRun[];
  readonly fill: number;
}

/** At least one row, also for an empty line. */
export function wrapLine(line: StyledLine, cols: number): readonly WrappedRow[] {
  const rows: RowRun[][] = [[]];
  let used = 0;
  let fill = 0;
  const put = (text: string | readonly string[], style: number, columns: number): void => {
    rows.at(-1)?.push({ text, style });
    used += columns;
  };
  for (const run of line) {
    const [text, style] = typeof run === "string" ? [run, 0] : run;
    if (text.length === 0) fill = style;
    const width = typeof text === "string" ? 1 : 2;
    for (const { part, columns } of parts(text, width, () => cols - used)) {
      if (columns > cols - used) {
        rows.push([]);
        used = 0;
      }
      put(part, style, columns);
    }
  }
  return rows.map((runs, index) => ({ runs, fill: index === rows.length - 1 ? fill : 0 }));
}

/** How many rows it takes. Without a look at its characters where that can be. */
export function rowsOf(line: StyledLine, cols: number): number {
  const [only] = line;
  if (only === undefined) return 1;
  if (line.length === 1 && typeof only === "string" && isNarrow(only)) return Math.max(1, Math.ceil(only.length / cols));
  return wrapLine(line, cols).length;
}

/** One column a unit: nothing that needs two units or stands on the character before. */
function isNarrow(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const isSymbol = code >= 0x2010 && code < 0x2c00 && (code < 0x20d0 || code > 0x20ff);
    if (code >= 0x300 && !isSymbol) return false;
  }
  return true;
}

interface Part {
  readonly part: string | readonly string[];
  readonly columns: number;
}

/** Cuts text so that each part fits into what is left of its row; the first that does not begins a new one. */
function* parts(text: string | readonly string[], width: number, room: () => number): Generator<Part> {
  const characters: readonly string[] = typeof text === "string" ? clusters(text) : text;
  for (let at = 0; at < characters.length;) {
    const fitting = Math.floor(room() / width);
    const count = Math.min(characters.length - at, fitting > 0 ? fitting : 1);
    const part = characters.slice(at, at + count);
    yield { part: typeof text === "string" ? part.join("") : part, columns: count * width };
    at += count;
  }
}

const MARKS = /\p{M}|\u200d|\ufe0f/u;

/** Characters with the marks that stand on them: a cell each. */
function clusters(text: string): readonly string[] {
  if (isNarrow(text)) return text.split("");
  const cells: string[] = [];
  for (const character of text) {
    if (cells.length > 0 && MARKS.test(character)) cells[cells.length - 1] += character;
    else cells.push(character);
  }
  return cells;
}

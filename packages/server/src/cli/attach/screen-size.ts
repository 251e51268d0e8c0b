/** The size of a terminal, in cells. */
export interface Size {
  readonly cols: number;
  readonly rows: number;
}

export function isSameSize(a: Size, b: Size): boolean {
  return a.cols === b.cols && a.rows === b.rows;
}

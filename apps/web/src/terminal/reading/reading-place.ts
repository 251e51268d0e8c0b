/**
 * Where one reads in a history: the line at the upper edge and how much of it is above the edge. It is told by the line's number, so
 * it stays where it is whatever is printed below. Pure: heights are asked for, nothing is drawn.
 */

/** `px`: of the line with this number so many pixels are above the edge. */
export interface ReadingPlace {
  readonly line: number;
  readonly px: number;
}

/** The history as it lies on the page: lines from `first` up to and without `end`. */
export interface Extent {
  readonly first: number;
  readonly end: number;
  heightOf(line: number): number;
}

/** The place so many pixels further down, or up; no further than the edges. Lines that are not known yet count as one row. */
export function movedBy(place: ReadingPlace, px: number, extent: Extent): ReadingPlace {
  let { line } = place;
  let rest = place.px + px;
  while (rest < 0 && line > extent.first) {
    line -= 1;
    rest += extent.heightOf(line);
  }
  for (let height = extent.heightOf(line); rest >= height && line < extent.end - 1; height = extent.heightOf(line)) {
    rest -= height;
    line += 1;
  }
  return { line, px: Math.max(0, rest) };
}

/** The lowest place: its last line is at the lower edge of a page that is so high. */
export function lowestPlace(height: number, extent: Extent): ReadingPlace {
  let line = extent.end;
  let above = height;
  while (above > 0 && line > extent.first) {
    line -= 1;
    above -= extent.heightOf(line);
  }
  return { line: Math.max(line, extent.first), px: Math.max(0, -above) };
}

export function isBefore(a: ReadingPlace, b: ReadingPlace): boolean {
  return a.line < b.line || (a.line === b.line && a.px < b.px);
}

/** The place at this share of the history, from 0 to 1. */
export function placeAt(share: number, lowest: ReadingPlace, extent: Extent): ReadingPlace {
  const line = extent.first + (lowest.line - extent.first) * Math.min(1, Math.max(0, share));
  return share >= 1 ? lowest : { line: Math.floor(line), px: 0 };
}

/** The share of the history that is above a place. */
export function shareOf(place: ReadingPlace, lowest: ReadingPlace, extent: Extent): number {
  const room = lowest.line - extent.first;
  return room <= 0 ? 1 : Math.min(1, (place.line - extent.first) / room);
}

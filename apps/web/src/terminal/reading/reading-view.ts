/**
 * The history above the live screen, for reading: it lies over the terminal as soon as somebody scrolls up, and goes when the end is
 * reached again. Its place is told by a line's number, so new output moves nothing. Only the rows around the page are elements; what
 * is selected stays.
 */
import type { LineSource, SourcedLine } from "./line-source.ts";
import { isBefore, lowestPlace, movedBy, placeAt, type Extent, type ReadingPlace, shareOf } from "./reading-place.ts";
import { rowElement, type RowLook } from "./row-element.ts";
import { ScrollBar } from "./scroll-bar.ts";
import { selectedRows, selectedText } from "./selected-text.ts";
import { rowsOf, wrapLine } from "./wrap-line.ts";

/** How lines lie on the page. */
export interface ReadingLook extends RowLook {
  readonly cols: number;
  readonly rows: number;
  readonly rowHeightPx: number;
  readonly fontFamily: string;
  readonly fontSizePx: number;
}

export interface ReadingEvents {
  /** It was opened, closed or moved. */
  moved(): void;
  /** A link was clicked; hostile. */
  link(address: string): void;
  /** Clicked, not to select. */
  tapped(): void;
}

export interface ReadingOptions {
  readonly source: LineSource;
  readonly look: () => ReadingLook;
  readonly events: ReadingEvents;
}

/** Pixels above and below the page in which rows are elements already. */
const MARGIN_PX = 600;
/** Most lines that stay elements because they are selected. */
const MAX_SELECTED_LINES = 3_000;
/** Lines beyond the page that are asked for before they are reached. */
const AHEAD_LINES = 300;

export class ReadingView {
  readonly element: HTMLElement = document.createElement("div");
  readonly #rows: HTMLElement = document.createElement("div");
  readonly #bar: ScrollBar;
  readonly #options: ReadingOptions;
  readonly #shown = new Map<number, { readonly line: SourcedLine | undefined; readonly cols: number; readonly element: HTMLElement }>();
  readonly #heights = new Map<SourcedLine, number>();
  #heightsFor = 0;
  /** `null`: at the end, where the terminal itself is seen. */
  #place: ReadingPlace | null = null;
  #marked: number | null = null;
  #decorate: ((line: number, element: HTMLElement) => void) | undefined;
  #frame = 0;

  constructor(options: ReadingOptions) {
    this.#options = options;
    this.element.className = "reading";
    this.element.dataset["testid"] = "reading";
    this.#rows.className = "reading-rows";
    this.#bar = new ScrollBar({ dragged: (share) => this.goToShare(share) });
    this.element.append(this.#rows, this.#bar.element);
    this.element.addEventListener("copy", (event) => this.#copy(event));
    this.element.addEventListener("click", (event) => this.#click(event));
    this.#draw();
  }

  /** Where one reads; `null`: at the end. */
  get place(): ReadingPlace | null {
    return this.#place;
  }

  /** Scrolls so many pixels towards the end. */
  scrollBy(px: number): void {
    const extent = this.#extent();
    const lowest = lowestPlace(this.#height, extent);
    const from = this.#place ?? lowest;
    if (this.#place === null && (px >= 0 || !isBefore({ line: extent.first, px: 0 }, lowest))) return;
    this.#moveTo(movedBy(from, px, extent), lowest);
  }

  /** Shows a line, about a third below the upper edge. */
  goToLine(line: number, isMarked = false): void {
    const extent = this.#extent();
    this.#marked = isMarked ? line : null;
    const at = Math.min(Math.max(line, extent.first), extent.end - 1);
    this.#moveTo(movedBy({ line: at, px: 0 }, -this.#height / 3, extent), lowestPlace(this.#height, extent));
  }

  /** `decorate` adds to each line that is drawn what is shown beside it, or takes it away. */
  decorateWith(decorate: ((line: number, element: HTMLElement) => void) | undefined): void {
    this.#decorate = decorate;
    this.changed();
  }

  /** As before a reload. */
  goToPlace(place: ReadingPlace): void {
    const extent = this.#extent();
    this.#moveTo({ line: Math.max(place.line, extent.first), px: place.px }, lowestPlace(this.#height, extent));
  }

  goToShare(share: number): void {
    const extent = this.#extent();
    const lowest = lowestPlace(this.#height, extent);
    this.#moveTo(placeAt(share, lowest, extent), lowest);
  }

  goToEnd(): void {
    this.#marked = null;
    if (this.#place === null) return;
    this.#place = null;
    this.#draw();
    this.#options.events.moved();
  }

  /** The lines, the page or its look have changed: drawn with the next frame. */
  changed(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** Colours or letters are others. */
  lookChanged(): void {
    this.#shown.clear();
    this.#rows.replaceChildren();
    this.changed();
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.element.remove();
  }

  get #height(): number {
    const { rows, rowHeightPx } = this.#options.look();
    return rows * rowHeightPx;
  }

  #extent(): Extent {
    const { source, look } = this.#options;
    const { cols, rowHeightPx } = look();
    return { first: source.first, end: source.end, heightOf: (line) => this.#rowsOf(source.find(line), cols) * rowHeightPx };
  }

  #rowsOf(line: SourcedLine | undefined, cols: number): number {
    if (line === undefined) return 1;
    if (this.#heightsFor !== cols || this.#heights.size > 20_000) this.#heights.clear();
    this.#heightsFor = cols;
    const known = this.#heights.get(line) ?? rowsOf(line.line, cols);
    this.#heights.set(line, known);
    return known;
  }

  #moveTo(place: ReadingPlace, lowest: ReadingPlace): void {
    if (!isBefore(place, lowest)) return this.goToEnd();
    this.#place = place;
    this.changed();
    this.#options.events.moved();
  }

  #draw(): void {
    const place = this.#place;
    this.element.classList.toggle("is-open", place !== null);
    const { fontFamily, fontSizePx, rowHeightPx, rows, theme } = this.#options.look();
    this.element.style.color = theme.foreground ?? "";
    this.element.style.backgroundColor = place === null ? "" : (theme.background ?? "");
    const extent = this.#extent();
    const { first, end } = extent;
    const shown = Math.min(1, rows / Math.max(1, end - first));
    if (place === null) {
      this.#rows.replaceChildren();
      this.#shown.clear();
      this.#bar.show({ share: 1, shown, line: Math.max(first, end - rows), first, end });
      return;
    }
    const lowest = lowestPlace(this.#height, extent);
    this.#bar.show({ share: shareOf(place, lowest, extent), shown, line: place.line, first, end });
    Object.assign(this.#rows.style, { fontFamily, fontSize: `${fontSizePx}px`, lineHeight: `${rowHeightPx}px` });
    this.#drawLines(place, extent);
  }

  #drawLines(place: ReadingPlace, extent: Extent): void {
    const { source } = this.#options;
    const kept = this.#selectedLines();
    const top = movedBy(place, -MARGIN_PX, extent);
    const wanted = new Map<number, number>();
    let y = -place.px;
    for (let line = place.line - 1; line >= top.line; line -= 1) wanted.set(line, (y -= extent.heightOf(line)));
    y = -place.px;
    let last = place.line;
    for (let line = place.line; line < extent.end && y < this.#height + MARGIN_PX; line += 1) {
      wanted.set(line, y);
      y += extent.heightOf(line);
      last = line;
    }
    for (const [line, { element }] of this.#shown) {
      if (wanted.has(line)) continue;
      if (kept && line >= kept.from && line <= kept.to) element.style.visibility = "hidden";
      else {
        element.remove();
        this.#shown.delete(line);
      }
    }
    for (const [line, at] of [...wanted].toSorted(([a], [b]) => a - b)) this.#drawLine(line, at);
    this.#wantMissing(top.line, last, source);
  }

  #drawLine(number: number, y: number): void {
    const { source, look } = this.#options;
    const known = this.#shown.get(number);
    const line = source.find(number);
    const { cols } = look();
    const element = known && isSame(known.line, line) && known.cols === cols ? known.element : this.#make(number, line);
    if (known?.element !== element) {
      if (known) known.element.replaceWith(element);
      else this.#insert(number, element);
    }
    this.#shown.set(number, { line, cols, element });
    element.style.visibility = "";
    element.style.transform = `translateY(${y}px)`;
    element.classList.toggle("is-marked", number === this.#marked);
    this.#decorate?.(number, element);
  }

  #make(number: number, line: SourcedLine | undefined): HTMLElement {
    const look = this.#options.look();
    const element = document.createElement("div");
    element.className = line === undefined ? "reading-line is-missing" : "reading-line";
    element.dataset["line"] = String(number);
    const rows = line === undefined ? [{ runs: [], fill: 0 }] : wrapLine(line.line, look.cols);
    const goesOn = this.#options.source.find(number + 1)?.isContinued === true;
    for (const [index, row] of rows.entries()) {
      const child = rowElement(row, line?.styles ?? [], look);
      child.dataset["row"] = `${number}`;
      child.dataset["endsLine"] = String(index === rows.length - 1 && !goesOn);
      child.style.height = `${look.rowHeightPx}px`;
      element.append(child);
    }
    return element;
  }

  /** In the order of the lines, so that a selection goes through them as one reads. */
  #insert(number: number, element: HTMLElement): void {
    let after: HTMLElement | null = null;
    for (const child of this.#rows.children) {
      if (!(child instanceof HTMLElement) || Number(child.dataset["line"]) > number) {
        after = child instanceof HTMLElement ? child : null;
        break;
      }
    }
    this.#rows.insertBefore(element, after);
  }

  #selectedLines(): { readonly from: number; readonly to: number } | null {
    const numbers = selectedRows(document.getSelection(), this.#rows).map((row) => Number(row.dataset["row"]));
    if (numbers.length === 0) return null;
    const [from, to] = [Math.min(...numbers), Math.max(...numbers)];
    return to - from > MAX_SELECTED_LINES ? null : { from, to };
  }

  #wantMissing(top: number, bottom: number, source: LineSource): void {
    for (let line = top; line <= bottom; line += 1) if (source.find(line) === undefined) return source.want(line);
    if (source.find(top - AHEAD_LINES) === undefined) source.want(top - AHEAD_LINES);
    else if (source.find(bottom + AHEAD_LINES) === undefined) source.want(bottom + AHEAD_LINES);
  }

  #copy(event: ClipboardEvent): void {
    const selection = document.getSelection();
    const text = selection && selectedText(selection, this.#rows);
    if (text === null) return;
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
  }

  #click(event: MouseEvent): void {
    // It may be the end of a selection.
    if (!(document.getSelection()?.isCollapsed ?? true)) return;
    const target = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-link]") : null;
    const address = target?.dataset["link"];
    if (address !== undefined) this.#options.events.link(address);
    // A finger would bring the keyboard up over what it reads.
    else if (event instanceof PointerEvent && event.pointerType === "mouse") this.#options.events.tapped();
  }
}

/** Lines of the terminal are read again at each change: most are as they were. */
function isSame(a: SourcedLine | undefined, b: SourcedLine | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.isContinued !== b.isContinued || a.line.length !== b.line.length) return false;
  return JSON.stringify(looksOf(a)) === JSON.stringify(looksOf(b));
}

function looksOf({ line, styles }: SourcedLine): unknown {
  return line.map((run) => (typeof run === "string" ? run : [run[0], styles[run[1]]]));
}

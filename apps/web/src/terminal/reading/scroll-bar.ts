/** One scrollbar for the whole history. It says where one is as a share, and can be dragged by mouse and finger. */

export interface ScrollBarEvents {
  /** Dragged to this share of the history, from 0 to 1. */
  dragged(share: number): void;
}

export interface Extents {
  /** Share of the history that is above the page. */
  readonly share: number;
  /** Share of the history that the page shows. */
  readonly shown: number;
  readonly line: number;
  readonly first: number;
  readonly end: number;
}

const SMALLEST_THUMB_PX = 28;

export class ScrollBar {
  readonly element: HTMLElement = document.createElement("div");
  readonly #thumb: HTMLElement = document.createElement("div");
  readonly #events: ScrollBarEvents;
  /** Where in the thumb it is held; `undefined`: it is not. */
  #heldAt: number | undefined;
  #share = 1;
  #thumbPx = SMALLEST_THUMB_PX;

  constructor(events: ScrollBarEvents) {
    this.#events = events;
    this.element.className = "reading-bar";
    this.element.setAttribute("role", "scrollbar");
    this.element.setAttribute("aria-orientation", "vertical");
    this.element.setAttribute("aria-label", "History");
    this.#thumb.className = "reading-thumb";
    this.element.append(this.#thumb);
    this.element.addEventListener("pointerdown", (event) => this.#press(event));
    this.element.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"] as const) this.element.addEventListener(end, () => this.#release());
    // The terminal below takes touches for swipes, and a click for a wish to type.
    for (const type of ["touchstart", "touchmove", "touchend", "click"] as const) {
      this.element.addEventListener(type, (event) => event.stopPropagation(), { passive: true });
    }
  }

  show({ share, shown, line, first, end }: Extents): void {
    const height = this.element.clientHeight;
    this.element.classList.toggle("is-needed", shown < 1);
    this.element.setAttribute("aria-valuemin", String(first));
    this.element.setAttribute("aria-valuemax", String(end));
    this.element.setAttribute("aria-valuenow", String(line));
    this.#share = share;
    this.#thumbPx = Math.min(height, Math.max(SMALLEST_THUMB_PX, height * shown));
    this.#thumb.style.height = `${this.#thumbPx}px`;
    this.#thumb.style.transform = `translateY(${(height - this.#thumbPx) * share}px)`;
  }

  #press(event: PointerEvent): void {
    const y = event.clientY - this.element.getBoundingClientRect().top;
    const top = (this.element.clientHeight - this.#thumbPx) * this.#share;
    const isOnThumb = y >= top && y <= top + this.#thumbPx;
    this.#heldAt = isOnThumb ? y - top : this.#thumbPx / 2;
    this.element.setPointerCapture(event.pointerId);
    this.element.classList.add("is-held");
    event.preventDefault();
    if (!isOnThumb) this.#move(event);
  }

  #move(event: PointerEvent): void {
    if (this.#heldAt === undefined) return;
    const room = this.element.clientHeight - this.#thumbPx;
    const y = event.clientY - this.element.getBoundingClientRect().top - this.#heldAt;
    this.#events.dragged(room <= 0 ? 1 : Math.min(1, Math.max(0, y / room)));
  }

  #release(): void {
    this.#heldAt = undefined;
    this.element.classList.remove("is-held");
  }
}

/**
 * Who sets a session's size, and the colours that its programs are told: one controller, the last to type or to take over, and visible.
 * Others scale or pan. Hidden viewers do not count; with nobody visible the size stays as it is.
 */
import type { ScreenColours } from "@perdure/protocol";

/** A viewer's own size; a viewer without one (a log reader) never controls. */
export interface Sized {
  size: { readonly cols: number; readonly rows: number } | null;
  colours: ScreenColours | null;
  isVisible: boolean;
}

/** Keeps the controller of one session. */
export class SizeControl<V extends Sized> {
  /** In the order in which they last typed or came; the last one first. */
  #order: V[] = [];

  /** Who controls now; `null`: nobody whose screen could be seen. */
  get controller(): V | null {
    return this.#order.find((viewer) => viewer.isVisible && viewer.size) ?? null;
  }

  /** The size that the session should have now; `null`: leave it. */
  get wanted(): { readonly cols: number; readonly rows: number } | null {
    return this.controller?.size ?? null;
  }

  /** A newcomer controls only if no visible viewer does. */
  add(viewer: V): void {
    this.#order.push(viewer);
  }

  remove(viewer: V): void {
    this.#order = this.#order.filter((each) => each !== viewer);
  }

  /** The viewer typed, or asked for it: it controls from now on, once it can be seen. Answers whether the controller is another now. */
  take(viewer: V): boolean {
    if (this.#order[0] === viewer) return false;
    const before = this.controller;
    this.remove(viewer);
    this.#order.unshift(viewer);
    return this.controller !== before;
  }
}

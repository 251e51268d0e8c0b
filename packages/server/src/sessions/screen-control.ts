/**
 * What the controller's screen decides: the size of the program's terminal and the colours that programs are told. While a window is
 * dragged sizes come by the dozen, and each makes a program draw anew: the host is asked for the first and then, now and then, for the
 * last.
 */
import type { ScreenColours } from "@perdure/protocol";
import type { Clock } from "../platform/clock.ts";
import type { SizeControl, Sized } from "./size-control.ts";

/** At most one size in so long is asked for. */
const EVERY_MS = 50;

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

export interface ScreenControlOptions {
  readonly clock: Clock;
  readonly sizes: SizeControl<Sized>;
  /** The size that the terminal has; `null`: no program would take another. */
  readonly size: () => Size | null;
  readonly resize: (size: Size) => void;
  readonly recolour: (colours: ScreenColours) => void;
}

export class ScreenControl {
  readonly #options: ScreenControlOptions;
  #askedAt = -Infinity;
  #cancel: (() => void) | null = null;

  constructor(options: ScreenControlOptions) {
    this.#options = options;
  }

  /** Viewers, their screens or the terminal have changed. */
  apply(): void {
    const { sizes, recolour } = this.#options;
    const colours = sizes.controller?.colours;
    if (colours) recolour(colours);
    if (this.#cancel === null && this.#missing()) this.#resizeSoon();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #resizeSoon(): void {
    const { clock } = this.#options;
    const waitMs = this.#askedAt + EVERY_MS - clock.now();
    if (waitMs > 0) this.#cancel = clock.after(waitMs, () => this.#resize());
    else this.#resize();
  }

  #resize(): void {
    this.#cancel = null;
    const size = this.#missing();
    if (!size) return;
    this.#askedAt = this.#options.clock.now();
    this.#options.resize(size);
  }

  /** The size that is wanted and is not there. */
  #missing(): Size | null {
    const { wanted } = this.#options.sizes;
    const size = this.#options.size();
    if (!wanted || !size) return null;
    return wanted.cols === size.cols && wanted.rows === size.rows ? null : wanted;
  }
}

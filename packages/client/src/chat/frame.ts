/**
 * Runs something once a frame, however often it is asked for: with the page's next picture where there is one, else a moment later.
 * A hidden page draws no pictures, so a timer runs behind them.
 */
import { type Clock, Timer } from "../clock.ts";

/** Asks for the next picture; `undefined` where nothing is drawn. */
export type AskForPicture = ((run: () => void) => void) | undefined;

export const FRAME_MS = 16;
export const HIDDEN_FRAME_MS = 250;

export const pagePictures: AskForPicture =
  typeof globalThis.requestAnimationFrame === "function" ? (run) => void globalThis.requestAnimationFrame(run) : undefined;

export class Frame {
  readonly #timer: Timer;
  readonly #askForPicture: AskForPicture;
  readonly #run: () => void;
  /** Which asking is open; a picture of an earlier one comes too late. */
  #asking = 0;

  constructor(clock: Clock, askForPicture: AskForPicture, run: () => void) {
    this.#timer = new Timer(clock);
    this.#askForPicture = askForPicture;
    this.#run = run;
  }

  ask(): void {
    if (this.#timer.isRunning) return;
    const asking = ++this.#asking;
    this.#timer.start(this.#askForPicture ? HIDDEN_FRAME_MS : FRAME_MS, () => this.#due(asking));
    this.#askForPicture?.(() => this.#due(asking));
  }

  cancel(): void {
    this.#asking += 1;
    this.#timer.stop();
  }

  #due(asking: number): void {
    if (asking !== this.#asking) return;
    this.cancel();
    this.#run();
  }
}

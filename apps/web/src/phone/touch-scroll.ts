/**
 * A finger's way over the terminal becomes lines. Movement below one line is kept for the next; after the finger has left, the
 * movement runs on and slows down. Pure: time and distance are passed in.
 */

/** Distance in pixels before a touch is a swipe and no longer a tap. */
export const TAP_SLOP_PX = 8;
const FRICTION_PER_MS = 0.0032;
const STOP_PX_PER_MS = 0.02;
const VELOCITY_WINDOW_MS = 90;

/** What a swipe does: programs on the alternate screen have no scrollback of ours. */
export type ScrollTarget = "buffer" | "wheel" | "arrows";

export function scrollTarget(isMouseReported: boolean, isAlternateScreen: boolean): ScrollTarget {
  if (isMouseReported) return "wheel";
  return isAlternateScreen ? "arrows" : "buffer";
}

/** Whole lines to scroll (down is positive) for a movement in pixels, and the rest to keep. */
export function takeLines(pixels: number, rowHeightPx: number): { readonly lines: number; readonly restPx: number } {
  const lines = Math.trunc(pixels / rowHeightPx);
  return { lines, restPx: pixels - lines * rowHeightPx };
}

export interface Sample {
  readonly atMs: number;
  readonly y: number;
}

/** Speed at the moment of release, in pixels per millisecond, positive when the content should go on towards the end. */
export function releaseVelocity(samples: readonly Sample[], nowMs: number): number {
  const recent = samples.filter((sample) => nowMs - sample.atMs <= VELOCITY_WINDOW_MS);
  const [first, last] = [recent[0], recent.at(-1)];
  if (first === undefined || last === undefined || last.atMs === first.atMs) return 0;
  return (first.y - last.y) / (last.atMs - first.atMs);
}

/** One step of the glide: the pixels moved in it, and the speed after it (0: it has come to rest). */
export function glide(velocity: number, stepMs: number): { readonly movedPx: number; readonly velocity: number } {
  const next = velocity * Math.exp(-FRICTION_PER_MS * stepMs);
  const movedPx = (velocity - next) / FRICTION_PER_MS;
  return { movedPx, velocity: Math.abs(next) < STOP_PX_PER_MS ? 0 : next };
}

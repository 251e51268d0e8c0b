/**
 * Fingers on the terminal: a swipe scrolls its history, or turns the wheel of the program that took the mouse, or presses its
 * arrow keys on the alternate screen. xterm.js 6.0.0 does none of it. A tap stays a tap, so it brings the keyboard up.
 */
import { glide, releaseVelocity, scrollTarget, takeLines, TAP_SLOP_PX, type Sample, type ScrollTarget } from "./touch-scroll.ts";

export interface Touched {
  readonly element: HTMLElement;
  readonly rowHeightPx: number;
  readonly modes: { readonly mouse: boolean; readonly alternate: boolean };
  /** Moves the window over a terminal larger than the page; answers the vertical rest. */
  pan(x: number, y: number): number;
  scrollLines(lines: number): void;
  turnWheel(lines: number, clientX: number, clientY: number): void;
  pressArrows(lines: number): void;
}

const MAX_SAMPLES = 16;

/** Listens until the returned function is called. */
export function scrollByTouch(touched: Touched): () => void {
  const ended = new AbortController();
  const swipe = createSwipe(touched);
  const { element } = touched;
  const passive = { passive: true, signal: ended.signal };
  element.addEventListener("touchstart", (event) => swipe.start(event), passive);
  element.addEventListener("touchmove", (event) => swipe.move(event), { passive: false, signal: ended.signal });
  element.addEventListener("touchend", (event) => swipe.end(event), { passive: false, signal: ended.signal });
  element.addEventListener("touchcancel", () => swipe.stop(), passive);
  return () => {
    swipe.stop();
    ended.abort();
  };
}

interface Swipe {
  start(event: TouchEvent): void;
  move(event: TouchEvent): void;
  end(event: TouchEvent): void;
  stop(): void;
}

function createSwipe(touched: Touched): Swipe {
  let last: { readonly x: number; readonly y: number } | undefined;
  let samples: Sample[] = [];
  let isSwiping = false;
  let restPx = 0;
  let frame = 0;
  const scroll = (y: number, at: { readonly x: number; readonly y: number }): void => {
    const taken = takeLines(restPx + y, touched.rowHeightPx);
    restPx = taken.restPx;
    if (taken.lines !== 0) scrollBy(touched, taken.lines, at);
  };
  const stop = (): void => {
    cancelAnimationFrame(frame);
    last = undefined;
    isSwiping = false;
  };
  const run = (velocity: number, at: { readonly x: number; readonly y: number }, beforeMs: number): void => {
    frame = requestAnimationFrame((nowMs) => {
      // What is sent to a program ends with the finger: it may be another program a moment later.
      if (targetOf(touched) !== "buffer") return;
      const step = glide(velocity, Math.min(64, Math.max(0, nowMs - beforeMs)));
      scroll(touched.pan(0, step.movedPx), at);
      if (step.velocity !== 0) run(step.velocity, at, nowMs);
    });
  };
  return {
    start(event) {
      stop();
      const touch = event.touches[0];
      if (touch === undefined || event.touches.length !== 1) return;
      last = { x: touch.clientX, y: touch.clientY };
      samples = [{ atMs: event.timeStamp, y: touch.clientY }];
      restPx = 0;
    },
    move(event) {
      const touch = event.touches[0];
      if (touch === undefined || last === undefined) return;
      const [x, y] = [last.x - touch.clientX, last.y - touch.clientY];
      if (!isSwiping && Math.hypot(x, y) < TAP_SLOP_PX) return;
      isSwiping = true;
      if (event.cancelable) event.preventDefault();
      last = { x: touch.clientX, y: touch.clientY };
      samples = [...samples.slice(1 - MAX_SAMPLES), { atMs: event.timeStamp, y: touch.clientY }];
      scroll(touched.pan(x, y), last);
    },
    end(event) {
      if (!isSwiping || last === undefined) return stop();
      // No click follows a swipe: it would bring the keyboard up.
      if (event.cancelable) event.preventDefault();
      const at = last;
      const velocity = releaseVelocity(samples, event.timeStamp);
      stop();
      if (velocity !== 0) run(velocity, at, performance.now());
    },
    stop,
  };
}

function targetOf(touched: Touched): ScrollTarget {
  return scrollTarget(touched.modes.mouse, touched.modes.alternate);
}

function scrollBy(touched: Touched, lines: number, at: { readonly x: number; readonly y: number }): void {
  switch (targetOf(touched)) {
    case "buffer":
      return touched.scrollLines(lines);
    case "wheel":
      return touched.turnWheel(lines, at.x, at.y);
    case "arrows":
      return touched.pressArrows(lines);
  }
}

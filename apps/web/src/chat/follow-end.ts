/**
 * Keeps the end of a growing list in view, for as long as the reader is there. Any movement up stops it, at once, and so does opening or
 * folding something in it; coming back to the end begins it again. A selection is never pulled away.
 */

/** This close to the end, moving towards it, the reader means the end. */
const NEAR_PX = 48;

export interface EndFollower {
  readonly isFollowing: boolean;
  /** Goes to the end and follows it. */
  goToEnd(): void;
  /** The reader is put somewhere else. */
  release(): void;
  close(): void;
}

export interface FollowOptions {
  readonly scroller: HTMLElement;
  readonly content: HTMLElement;
  readonly changed: (isFollowing: boolean) => void;
}

/** Does not follow until it is told to, or the reader goes there. */
export function followEnd({ scroller, content, changed }: FollowOptions): EndFollower {
  let isFollowing = false;
  let lastTop = scroller.scrollTop;
  let lastHeight = scroller.scrollHeight;
  const ended = new AbortController();
  const set = (is: boolean): void => {
    isFollowing = is;
    changed(is);
  };
  const pin = (): void => {
    if (!isFollowing || hasSelection(scroller)) return;
    scroller.scrollTop = scroller.scrollHeight;
    lastTop = scroller.scrollTop;
    lastHeight = scroller.scrollHeight;
  };
  const moved = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    const distance = scrollHeight - scrollTop - clientHeight;
    // Content that shrinks moves the view up as well, and means nothing.
    if (scrollTop < lastTop - 1 && scrollHeight >= lastHeight && distance > 1) set(false);
    else if (distance <= 1 || (scrollTop > lastTop && distance <= NEAR_PX)) set(true);
    lastTop = scrollTop;
    lastHeight = scrollHeight;
  };
  const signal = { signal: ended.signal, passive: true } as const;
  scroller.addEventListener("scroll", moved, signal);
  listenForLeaving(scroller, () => set(false), ended.signal);
  listenForOpening(content, () => set(false), ended.signal);
  const sizes = new ResizeObserver(() => {
    // What was opened may still end where the view ends.
    if (!isFollowing && isAtEnd(scroller)) set(true);
    pin();
  });
  sizes.observe(content);
  sizes.observe(scroller);
  return {
    get isFollowing() {
      return isFollowing;
    },
    goToEnd() {
      set(true);
      document.getSelection()?.removeAllRanges();
      pin();
    },
    release: () => set(false),
    close() {
      ended.abort();
      sizes.disconnect();
    },
  };
}

function isAtEnd({ scrollHeight, scrollTop, clientHeight }: HTMLElement): boolean {
  return scrollHeight - scrollTop - clientHeight <= 1;
}

/** What a reader opens is what they want to look at, wherever the end goes. */
function listenForOpening(content: HTMLElement, opened: () => void, signal: AbortSignal): void {
  const react = ({ target }: Event): void => {
    if (target instanceof Element && target.closest("[aria-expanded]") !== null) opened();
  };
  content.addEventListener("click", react, { signal, capture: true });
}

/** The wheel and a finger say at once where they go, before the next words could pull the view back. */
function listenForLeaving(scroller: HTMLElement, left: () => void, signal: AbortSignal): void {
  let touchY = 0;
  const listen = <K extends keyof HTMLElementEventMap>(type: K, react: (event: HTMLElementEventMap[K]) => void): void =>
    scroller.addEventListener(type, react, { signal, passive: true });
  listen("wheel", (event) => {
    if (event.deltaY < 0 && scroller.scrollTop > 0) left();
  });
  listen("touchstart", (event) => {
    touchY = event.touches[0]?.clientY ?? 0;
  });
  listen("touchmove", (event) => {
    if ((event.touches[0]?.clientY ?? 0) > touchY + 4 && scroller.scrollTop > 0) left();
  });
}

function hasSelection(within: HTMLElement): boolean {
  const selection = document.getSelection();
  return selection !== null && !selection.isCollapsed && within.contains(selection.anchorNode);
}

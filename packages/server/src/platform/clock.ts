/** Time, passed in wherever something waits or stamps, so that tests decide when it passes. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after so many milliseconds; returns how to call it off. Does not keep the process alive. */
  after(ms: number, callback: () => void): () => void;
}

/** The platform takes a longer time for none at all. Who waits for a time looks at the clock when it is called. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, Math.min(ms, LONGEST_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

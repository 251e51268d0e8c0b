/**
 * What the device and the page tell about themselves. All of it is a hint: `online` may be a lie and `offline` does not cut a
 * connection to the same machine. Replaceable: a page has its own (`browser-surroundings.ts`), a Node program has none.
 */

/**
 * `online`, `pageshow`, `resume`, `visible` and `focus`: somebody is back, look at once whether the connection still lives.
 * `offline`: it probably does not. `pagehide` and `freeze`: the page stops running and its socket will not survive.
 */
export type SurroundingsEvent = "online" | "offline" | "pageshow" | "resume" | "visible" | "focus" | "pagehide" | "freeze";

export interface Surroundings {
  isOnline(): boolean;
  subscribe(listener: (event: SurroundingsEvent) => void): () => void;
}

/** For programs: always online, nothing ever happens. */
export const noSurroundings: Surroundings = {
  isOnline: () => true,
  subscribe: () => () => undefined,
};

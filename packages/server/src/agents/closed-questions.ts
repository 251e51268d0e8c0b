/**
 * Questions of an agent that are closed, the newest: so that a request that comes twice is not asked twice, and one that only has the
 * number of an earlier one is asked under a name of its own.
 */

export interface ClosedQuestion {
  readonly approval: string;
  /** The agent's own id of what it was about; empty if it did not say. */
  readonly about: string;
}

const MAX_CLOSED = 32;

export function closedWith(closed: readonly ClosedQuestion[], more: readonly ClosedQuestion[]): readonly ClosedQuestion[] {
  return [...closed, ...more.map(({ approval, about }) => ({ approval, about }))].slice(-MAX_CLOSED);
}

/** It was asked and is closed: the line came twice. */
export function wasAsked(closed: readonly ClosedQuestion[], { approval, about }: ClosedQuestion): boolean {
  return about !== "" && closed.some((one) => one.approval === approval && one.about === about);
}

export function isTaken(closed: readonly ClosedQuestion[], approval: string): boolean {
  return closed.some((one) => one.approval === approval);
}

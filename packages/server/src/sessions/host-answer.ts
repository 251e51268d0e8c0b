/** What the one who asked is told when the host does not answer: that it is not known, and what to do. */
import { PerdureError } from "@perdure/protocol";

/** The answer, or its failure; a deadline that passes is `host-unavailable` with this advice. */
export async function answered<T>(answer: Promise<T>, advice: string): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw isDeadline(cause) ? new PerdureError("host-unavailable", `The host did not answer in time. ${advice}`, { cause }) : cause;
  }
}

/** An `AbortSignal.timeout` has passed. */
export function isDeadline(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === "TimeoutError";
}

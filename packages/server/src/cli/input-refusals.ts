/** Why input did not get to a program, in words. */
import type { InputRefusal } from "@perdure/protocol";

export const REFUSALS: Readonly<Record<InputRefusal, string>> = {
  "run-ended": "its program has ended",
  "unknown-run": "its program is another one now",
  "read-only": "it is read-only",
  gap: "a part of it was lost",
  "queue-full": "the program does not read",
  "host-unavailable": "its host cannot be reached",
};

/** Typed bytes that are not known to have got to the program. */
export interface Undelivered {
  readonly bytes: number;
  /** `unconfirmed`: sent or not, no server has acknowledged them. */
  readonly because: InputRefusal | "unconfirmed";
}

/** One line for each reason. */
export function explainUndelivered(name: string, undelivered: readonly Undelivered[]): readonly string[] {
  const sums = new Map<Undelivered["because"], number>();
  for (const { bytes, because } of undelivered) sums.set(because, (sums.get(because) ?? 0) + bytes);
  return [...sums].map(([because, sum]) => {
    const bytes = `${sum} typed ${sum === 1 ? "byte" : "bytes"}`;
    return because === "unconfirmed"
      ? `${bytes} may not have reached "${name}": the server has not confirmed ${sum === 1 ? "it" : "them"}.`
      : `${bytes} did not reach "${name}": ${REFUSALS[because]}.`;
  });
}

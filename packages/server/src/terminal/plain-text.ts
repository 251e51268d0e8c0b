/** Text that came from a program and goes to a person: one line, bounded, without anything that a terminal or page would act on. */

const MAX_LENGTH = 256;

/** Controls (C0, DEL, C1), line and paragraph separators, and marks that reorder text. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** At most 256 characters; unsafe ones become a space each run, the ends are trimmed. */
export function plainText(text: string): string {
  const plain = text
    .slice(0, MAX_LENGTH * 4)
    .replace(UNSAFE, " ")
    .trim();
  return plain.length <= MAX_LENGTH ? plain : plain.slice(0, MAX_LENGTH).toWellFormed();
}

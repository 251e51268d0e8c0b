/** How much of what was typed has not reached the program's host yet, in the user's measure: keys, not bytes. */

export interface UnsentCounter {
  /** Something of this many bytes was typed. */
  typed(bytes: number): void;
  /** Words for what is pending now; "" for nothing. */
  words(pendingBytes: number): string;
}

const LONGEST_KEY_BYTES = 8;

export function countUnsent(): UnsentCounter {
  let pieces: number[] = [];
  let total = 0;
  return {
    typed(bytes) {
      pieces.push(bytes);
      total += bytes;
    },
    words(pendingBytes) {
      let acknowledged = 0;
      while (acknowledged < pieces.length && total > pendingBytes) {
        total -= pieces[acknowledged] ?? 0;
        acknowledged += 1;
      }
      if (acknowledged > 0) pieces = pieces.slice(acknowledged);
      if (pendingBytes === 0) return "";
      const isAllKeys = pieces.length > 0 && total === pendingBytes && pieces.every((piece) => piece <= LONGEST_KEY_BYTES);
      if (!isAllKeys) return "Typed text not sent yet";
      return pieces.length === 1 ? "1 key not sent yet" : `${pieces.length} keys not sent yet`;
    },
  };
}

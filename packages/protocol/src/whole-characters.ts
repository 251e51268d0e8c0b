/**
 * Holds back the beginning of a UTF-8 character until the rest of it has come. xterm.js 6.0.0 loses a character that is handed over in two
 * parts when the second byte is 0x80, as it is in every dash, quotation mark and ellipsis.
 */
export class WholeCharacters {
  #held: Uint8Array = new Uint8Array(0);

  /** What can be handed over now, with what was held back before. May be a view of `data`. */
  take(data: Uint8Array): Uint8Array {
    const all = this.#held.length === 0 ? data : joined(this.#held, data);
    const end = all.length - unfinished(all);
    this.#held = all.slice(end);
    return all.subarray(0, end);
  }

  /** Forgets what is held back: another stream begins. */
  reset(): void {
    this.#held = new Uint8Array(0);
  }
}

/** Bytes at the end that begin a character and do not finish it; at most three. */
function unfinished(data: Uint8Array): number {
  for (let count = 1; count <= Math.min(3, data.length); count++) {
    const byte = data[data.length - count]!;
    if ((byte & 0xc0) !== 0x80) return lengthOf(byte) > count ? count : 0;
  }
  return 0;
}

function lengthOf(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 1;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

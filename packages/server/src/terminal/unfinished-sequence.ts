/**
 * The sequence that an emulator was left inside of, as the bytes that lead a fresh one into it. The engine hands over whole sequences,
 * so there is one only after what it reads otherwise than the emulator: broken characters inside of a sequence, and controls in one
 * that a resize came into.
 */

const ESC = 0x1b;
const C1_LEAD = 0xc2;
const MAX_BYTES = 4096;

export class UnfinishedSequence {
  #bytes: Uint8Array = new Uint8Array(0);

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** `bytes` were written, and left the emulator inside of a sequence or not. */
  follow(bytes: Uint8Array, isInside: boolean): void {
    if (!isInside && this.#bytes.length === 0) return;
    if (!isInside) this.#bytes = new Uint8Array(0);
    else {
      const start = lastStart(bytes);
      const all = start < 0 ? new Uint8Array([...this.#bytes, ...bytes.subarray(-MAX_BYTES)]) : bytes.subarray(start);
      this.#bytes = all.filter(isKept).slice(0, MAX_BYTES);
    }
  }
}

function lastStart(bytes: Uint8Array): number {
  for (let index = bytes.length - 1; index >= 0; index--) {
    const byte = bytes[index]!;
    if (byte === ESC || (byte === C1_LEAD && (bytes[index + 1] ?? 0) < 0xa0)) return index;
  }
  return -1;
}

/** Controls have been executed; bytes that are no characters were dropped. */
function isKept(byte: number, index: number, all: Uint8Array): boolean {
  return byte === ESC || (byte >= 0x20 && byte < 0x7f) || byte === C1_LEAD || all[index - 1] === C1_LEAD;
}

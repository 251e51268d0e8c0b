/** The parts of a snapshot that has not come whole (PROTOCOL §5.2): kept until the frame that ends it, within a bound. */

/** Most bytes of a snapshot, its last frame aside. */
export const MAX_SNAPSHOT_BYTES: number = 512 * 1024 * 1024;

export class SnapshotParts {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** `false`: it is more than can be kept. */
  push(part: Uint8Array): boolean {
    this.#parts.push(part);
    this.#bytes += part.length;
    return this.#bytes <= MAX_SNAPSHOT_BYTES;
  }

  /** All of it, in order; from then on the next one is gathered. */
  joinedWith(last: Uint8Array): Uint8Array {
    if (this.#parts.length === 0) return last;
    const whole = new Uint8Array(this.#bytes + last.length);
    let at = 0;
    for (const part of [...this.#parts, last]) {
      whole.set(part, at);
      at += part.length;
    }
    this.forget();
    return whole;
  }

  forget(): void {
    this.#parts = [];
    this.#bytes = 0;
  }
}

// Bytes of a stream by their offsets, gathered over many connections. What is given twice must be the same both times; a hole is an error.

const firstCapacity = 1024 * 1024;

export class ByteRecord {
  /** Offset of the first byte. */
  readonly start: number;
  #bytes: Buffer = Buffer.alloc(firstCapacity);
  #length = 0;

  constructor(start = 0) {
    this.start = start;
  }

  /** Offset behind the last byte. */
  get end(): number {
    return this.start + this.#length;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Takes the bytes at `offset`. Throws at a hole and at bytes that differ from those that were there. */
  take(offset: number, data: Uint8Array): void {
    if (offset > this.end) throw new Error(`a hole: bytes from ${offset} on came, ${this.end} was expected`);
    const at = offset - this.start;
    if (at < 0) throw new Error(`bytes from ${offset} on came, the record begins at ${this.start}`);
    const known = Math.min(data.length, this.#length - at);
    if (known > 0 && !this.#bytes.subarray(at, at + known).equals(data.subarray(0, known))) {
      throw new Error(`other bytes than before came between ${offset} and ${offset + known}`);
    }
    if (known >= data.length) return;
    this.#reserve(at + data.length);
    this.#bytes.set(data.subarray(known), at + known);
    this.#length = at + data.length;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(length, this.#bytes.length * 2));
    this.bytes.copy(larger);
    this.#bytes = larger;
  }
}

/** Where two byte strings first differ, in words; `null` if `part` is a prefix of `whole`. */
export function prefixDifference(part: Buffer, whole: Buffer): string | null {
  const length = Math.min(part.length, whole.length);
  if (part.subarray(0, length).equals(whole.subarray(0, length))) {
    return part.length <= whole.length ? null : `${part.length - whole.length} bytes too many after ${whole.length}`;
  }
  let at = 0;
  while (part[at] === whole[at]) at += 1;
  const around = (bytes: Buffer): string => JSON.stringify(bytes.subarray(Math.max(0, at - 20), at + 40).toString("latin1"));
  return `they differ from byte ${at} on: ${around(part)} against ${around(whole)}`;
}

/** Where two byte strings differ, in words; `null` if they are equal. */
export function difference(actual: Buffer, expected: Buffer): string | null {
  return (
    prefixDifference(actual, expected) ?? (actual.length < expected.length ? `${expected.length - actual.length} bytes missing` : null)
  );
}

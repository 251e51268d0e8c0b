/**
 * Splits a terminal's byte stream into control sequences of interest and all that lies between them. The pieces are in order,
 * and together they are the stream, byte for byte. How the stream is cut into chunks does not change which sequences are found:
 * an unfinished one is held back until it ends. The engine and the client's filter for queries stand on it.
 */
import {
  CHARACTER_C1,
  ENDED,
  ENDED_BEFORE,
  ENDED_BEFORE_LAST,
  GROUND,
  isInDoubt,
  kindOf,
  open,
  reopened,
  skipText,
  step,
  type SequenceKind,
} from "./sequence-states.ts";

/** `text`: everything not asked for, as long as possible. `overlong`: part of a sequence that grew beyond what is held back. */
export interface Piece {
  readonly kind: SequenceKind | "text" | "overlong";
  readonly bytes: Uint8Array;
}

/** What interests the caller; `bytes` is the whole sequence with its introducer and end. */
export type IsOfInterest = (kind: SequenceKind, bytes: Uint8Array) => boolean;

export class SequenceSplitter {
  readonly #isOfInterest: IsOfInterest;
  readonly #maxHeldBytes: number;
  #state = GROUND;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #isOverlong = false;

  /** At most `maxHeldBytes` of an unfinished sequence are held back; a longer one passes in parts, as `overlong`. */
  constructor(isOfInterest: IsOfInterest, maxHeldBytes: number) {
    this.#isOfInterest = isOfInterest;
    this.#maxHeldBytes = maxHeldBytes;
  }

  /** Bytes of an unfinished sequence that are held back. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The kind of the overlong sequence that the stream is inside of. */
  get overlong(): SequenceKind | null {
    return this.#isOverlong ? kindOf(this.#state) : null;
  }

  /** What has just been handed out was abandoned for a C1 control, if it was a string without its end: it takes no effect. */
  get isAbandoned(): boolean {
    return this.#state === CHARACTER_C1;
  }

  /** A control is held back inside of a sequence: a terminal executes it as soon as it comes. */
  get holdsControl(): boolean {
    const kind = kindOf(this.#state);
    if (this.#heldBytes === 0 || (kind !== "escape" && kind !== "csi")) return false;
    return this.#held.some((bytes) => bytes.some((byte) => byte < 0x20 && byte !== 0x1b));
  }

  /** Hands out what is held back, unfinished as it is; what follows is read as if nothing were open. */
  release(): Uint8Array {
    const held = this.#takeHeld();
    this.reset();
    return held;
  }

  /** Forgets what is unfinished: another stream begins. */
  reset(): void {
    this.#state = GROUND;
    this.#takeHeld();
    this.#isOverlong = false;
  }

  /** Pieces may be views of `data`; read on before `data` changes. */
  *split(data: Uint8Array): Generator<Piece, void> {
    let run = 0; // first byte that has not been handed out
    let start = this.#state === GROUND ? 0 : -1; // where the open sequence begins; -1: in an earlier chunk
    let index = 0;
    while (index < data.length) {
      if (this.#state === GROUND) {
        start = index = skipText(data, index);
        if (index === data.length) break;
      }
      const state = this.#state;
      const next = state === GROUND ? open(data[index]!) : step(state, data[index]!);
      if (next < ENDED) {
        this.#state = next;
        index++;
        continue;
      }
      const end = index + (next === ENDED ? 1 : next === ENDED_BEFORE ? 0 : -1);
      this.#state = next === ENDED_BEFORE_LAST ? reopened(state) : GROUND;
      if (start < 0) {
        yield this.#finishHeld(kindOf(state), data, end);
        run = Math.max(end, 0);
      } else if (this.#isOfInterest(kindOf(state), data.subarray(start, end))) {
        if (run < start) yield { kind: "text", bytes: data.subarray(run, start) };
        yield { kind: kindOf(state), bytes: data.subarray(start, end) };
        run = end;
      }
      start = end;
      if (next === ENDED) index++;
    }
    if (this.#state === GROUND) start = data.length;
    if (run < start) yield { kind: "text", bytes: data.subarray(run, start) };
    if (this.#state !== GROUND) yield* this.#hold(data.subarray(Math.max(start, 0)));
  }

  /** The sequence that began in an earlier chunk, now with its end. An `end` of -1 leaves the last held byte to the next sequence. */
  #finishHeld(kind: SequenceKind, data: Uint8Array, end: number): Piece {
    const held = this.#takeHeld();
    const bytes = end < 0 ? held.subarray(0, end) : concat([held, data.subarray(0, end)]);
    if (end < 0) this.#keep(held.subarray(end));
    const isOverlong = this.#isOverlong;
    this.#isOverlong = false;
    if (isOverlong) return { kind: "overlong", bytes };
    return { kind: this.#isOfInterest(kind, bytes) ? kind : "text", bytes };
  }

  *#hold(bytes: Uint8Array): Generator<Piece, void> {
    this.#keep(bytes);
    if (!this.#isOverlong && this.#heldBytes <= this.#maxHeldBytes) return;
    this.#isOverlong = true;
    const held = this.#takeHeld();
    const end = held.length - (isInDoubt(this.#state) ? 1 : 0);
    this.#keep(held.subarray(end));
    if (end > 0) yield { kind: "overlong", bytes: held.subarray(0, end) };
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#held.push(bytes.slice());
    this.#heldBytes += bytes.length;
  }

  #takeHeld(): Uint8Array {
    const held = concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return held;
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

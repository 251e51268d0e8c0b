/**
 * Finds the detach key in what is typed. It is a sequence of one or more keys, Control-backslash twice unless chosen otherwise:
 * it is what dtach and abduco use and no prefix of tmux or screen, and pressed once it still reaches the program.
 *
 * Keys arrive as plain bytes or, when the program has asked the terminal for it, as `CSI … u` (kitty's protocol) or
 * `CSI 27 ; … ~` (modifyOtherKeys), in pieces of any size. A part of the sequence is held back until the next key or until the
 * hold time is over; then it goes to the program, in order. Nothing is looked for inside a bracketed paste.
 */
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { keyToText } from "../key-names.ts";

export const DEFAULT_DETACH_KEY = "C-\\ C-\\";

/** How long a begun sequence is held back, and an unfinished escape sequence, which may be a lone Escape. */
const HOLD_KEY_MS = 1000;
const HOLD_ESCAPE_MS = 25;
/** A longer control sequence is no key. */
const MAX_SEQUENCE_BYTES = 64;

const ESC = 0x1b;
const MODIFIER = { shift: 1, alt: 2, control: 4, locks: 64 | 128 } as const;

interface Chord {
  readonly text: string;
  /** Of the `CSI u` encodings. */
  readonly code: number;
  readonly modifiers: number;
}

export interface Detected {
  /** To be sent to the program, in order. */
  readonly pass: Uint8Array;
  readonly isDetach: boolean;
  /** Something is held back: call `release` if nothing is typed within this time. */
  readonly holdMs: number | undefined;
}

export class DetachKey {
  readonly #chords: readonly Chord[];
  /** Raw bytes of the keys matched so far. */
  #held: number[] = [];
  #matched = 0;
  /** The beginning of an escape sequence that has not arrived whole. */
  #unfinished: Uint8Array = new Uint8Array();
  #isPasting = false;

  /** Keys in the words of `send --keys`, separated by blanks; `none`: there is no detach key. Throws a usage error. */
  constructor(keys: string) {
    this.#chords = keys.trim() === "none" ? [] : keys.trim().split(/\s+/).map(parseChord);
  }

  /** Takes what was typed. */
  feed(data: Uint8Array): Detected {
    if (this.#chords.length === 0) return { pass: data, isDetach: false, holdMs: undefined };
    const bytes = this.#unfinished.length === 0 ? data : Buffer.concat([this.#unfinished, data]);
    this.#unfinished = new Uint8Array();
    const pass: number[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = tokenLength(bytes, at);
      if (length === undefined) {
        this.#unfinished = bytes.slice(at);
        break;
      }
      if (this.#take(bytes.subarray(at, at + length), pass)) return this.#detach(pass);
      at += length;
    }
    return { pass: Uint8Array.from(pass), isDetach: false, holdMs: this.#holdMs() };
  }

  /** The hold time is over: what was held back, for the program. */
  release(): Uint8Array {
    const bytes = Buffer.concat([Uint8Array.from(this.#held), this.#unfinished]);
    this.#forget();
    return bytes;
  }

  /** Takes one key; true when it completes the sequence. */
  #take(token: Uint8Array, pass: number[]): boolean {
    const key = readKey(token);
    if (key.is === "paste") this.#isPasting = key.isStart;
    if (this.#matched > 0 && key.is === "released") {
      this.#held.push(...token);
      return false;
    }
    if (this.#matched > 0 && !this.#isNext(key)) {
      pass.push(...this.#held);
      this.#held = [];
      this.#matched = 0;
    }
    if (this.#isPasting || !this.#isNext(key)) {
      pass.push(...token);
      return false;
    }
    this.#held.push(...token);
    this.#matched += 1;
    return this.#matched === this.#chords.length;
  }

  #isNext(key: Key): boolean {
    const chord = this.#chords[this.#matched];
    if (chord === undefined) return false;
    if (key.is === "text") return key.text === chord.text;
    return key.is === "coded" && key.code === chord.code && key.modifiers === chord.modifiers;
  }

  #detach(pass: readonly number[]): Detected {
    this.#forget();
    return { pass: Uint8Array.from(pass), isDetach: true, holdMs: undefined };
  }

  #forget(): void {
    this.#held = [];
    this.#matched = 0;
    this.#unfinished = new Uint8Array();
  }

  #holdMs(): number | undefined {
    if (this.#unfinished.length > 0) return HOLD_ESCAPE_MS;
    return this.#matched > 0 ? HOLD_KEY_MS : undefined;
  }
}

function parseChord(name: string): Chord {
  const text = keyToText(name);
  const base = name.replace(/^(?:[CMS]-)*(?=.)/, "");
  const character = base.toLowerCase() === "space" ? " " : base;
  if (!/^[\u0020-\u007e]$/.test(character)) {
    throw new CommandFailure(
      EXIT.usage,
      `"${name}" cannot be a detach key; use keys like C-\\ or C-] or letters, as in "C-\\ d", or "none".`,
    );
  }
  const has = (letter: string) => name.slice(0, name.length - base.length).includes(`${letter}-`);
  const modifiers = (has("C") ? MODIFIER.control : 0) + (has("M") ? MODIFIER.alt : 0) + (has("S") ? MODIFIER.shift : 0);
  return { text, code: character.toLowerCase().codePointAt(0) ?? 0, modifiers };
}

type Key =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "coded"; readonly code: number; readonly modifiers: number }
  | { readonly is: "released" }
  | { readonly is: "paste"; readonly isStart: boolean };

/** What a whole token is: `CSI code:… ; modifiers:event ; … u`, `CSI 27 ; modifiers ; code ~`, a paste's border, or text. */
function readKey(token: Uint8Array): Key {
  const text = Buffer.from(token).toString("latin1");
  if (text === "\x1b[200~" || text === "\x1b[201~") return { is: "paste", isStart: text === "\x1b[200~" };
  // oxlint-disable-next-line no-control-regex -- escape sequences are what it reads
  const match = /^\x1b\[([\d:;]*)([u~A-Z])$/.exec(text);
  if (match === null) return { is: "text", text };
  const [first = "", second = "", third = ""] = (match[1] ?? "").split(";");
  const [modifiers = "1", event = "1"] = second.split(":");
  if (event === "3") return { is: "released" };
  const pressed = (Number(modifiers || "1") - 1) & ~MODIFIER.locks;
  if (match[2] === "u") return { is: "coded", code: Number.parseInt(first, 10), modifiers: pressed };
  if (match[2] === "~" && first === "27") return { is: "coded", code: Number.parseInt(third, 10), modifiers: pressed };
  return { is: "text", text };
}

/** Bytes of the token at a place: one byte, `ESC x`, or a whole control sequence; `undefined` if it has not arrived whole. */
function tokenLength(bytes: Uint8Array, at: number): number | undefined {
  if (bytes[at] !== ESC) return 1;
  if (at + 1 >= bytes.length) return undefined;
  if (bytes[at + 1] === ESC) return 1;
  if (bytes[at + 1] !== 0x5b) return 2;
  for (let end = at + 2; end < bytes.length && end - at < MAX_SEQUENCE_BYTES; end += 1) {
    const byte = bytes[end] ?? 0;
    if (byte >= 0x40 && byte <= 0x7e) return end + 1 - at;
    if (byte < 0x20 || byte > 0x3f) return 1;
  }
  return bytes.length - at < MAX_SEQUENCE_BYTES ? undefined : 1;
}

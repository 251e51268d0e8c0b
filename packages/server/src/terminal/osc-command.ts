/** An operating system command as a program sent it: its number, its content, and how it ended. */

export interface OscCommand {
  readonly code: number;
  readonly content: string;
  readonly terminator: "\x07" | "\x1b\\";
  /** False if another sequence cut it off: the emulator has not seen its end yet. */
  readonly isTerminated: boolean;
}

const ST = 0x9c;
const BACKSLASH = 0x5c;
const BEL = 0x07;

/** Reads a whole sequence with its introducer; `null` if it has no number, or was cancelled. */
export function readOsc(sequence: Uint8Array): OscCommand | null {
  const last = sequence.at(-1);
  if (last === 0x18 || last === 0x1a) return null;
  const tail = tailLength(sequence);
  const text = new TextDecoder().decode(sequence.subarray(2, sequence.length - tail));
  const match = /^(\d{1,5})(?:;|$)/.exec(text);
  if (!match) return null;
  return {
    code: Number(match[1]),
    content: text.slice(match[0].length),
    terminator: tail === 1 ? "\x07" : "\x1b\\",
    isTerminated: tail > 0,
  };
}

/** Bytes of the terminator: BEL, or ST in one of its two forms; 0 if there is none. */
export function tailLength(sequence: Uint8Array): number {
  const last = sequence.at(-1);
  const before = sequence.at(-2);
  if (last === BEL) return 1;
  return (last === BACKSLASH && before === 0x1b) || (last === ST && before === 0xc2) ? 2 : 0;
}

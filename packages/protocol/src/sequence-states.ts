/**
 * Where terminal control sequences begin and end, byte by byte: the state machine behind the sequence splitter. It follows the
 * VT500 parser as terminals for UTF-8 have it: C1 controls count only in their two-byte form, a new introducer abandons an
 * unfinished CSI, a string ends with ST, BEL (OSC only), CAN, SUB or another introducer.
 */

const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;
const ESC = 0x1b;
const ENQ = 0x05;
/** First byte of the two-byte form of the C1 controls; it is never a continuation byte. */
const C1_LEAD = 0xc2;
/** Last byte that can begin a character. */
const LAST_LEAD = 0xf4;

/** Nothing is open. */
export const GROUND = 0;
const ESCAPE = 1;
const ESCAPE_INTERMEDIATE = 2;
const CSI = 3;
const OSC = 4;
const OSC_ESCAPE = 5;
const OSC_C1 = 6;
const DCS_HEAD = 7;
const DCS = 8;
const DCS_ESCAPE = 9;
const DCS_C1 = 10;
const STRING = 11;
const STRING_ESCAPE = 12;
/** A character of which this many bytes are missing. */
const CHARACTER_1 = 13;
const CHARACTER_2 = 14;
const CHARACTER_3 = 15;
/** A two-byte character that may be a C1 control. */
export const CHARACTER_C1 = 16;

/** Results of {@link step} from here on are no states: the sequence has ended. */
export const ENDED = 17;
/** It ended before this byte. */
export const ENDED_BEFORE = 18;
/** It ended before the byte before this one, which has opened the next: see {@link reopened}. */
export const ENDED_BEFORE_LAST = 19;

/** What a sequence is. `control`: BEL or ENQ alone; `string`: SOS, PM or APC; `character`: one of several bytes. */
export type SequenceKind = "control" | "character" | "escape" | "csi" | "osc" | "dcs" | "string";

const KINDS: readonly SequenceKind[] = [
  "control",
  "escape",
  "escape",
  "csi",
  "osc",
  "osc",
  "osc",
  "dcs",
  "dcs",
  "dcs",
  "dcs",
  "string",
  "string",
  "character",
  "character",
  "character",
  "character",
];

export function kindOf(state: number): SequenceKind {
  return KINDS[state] ?? "character";
}

/** Index of the first byte from `from` on that opens a sequence, is a BEL or ENQ, or begins a character that the data may not hold whole. */
export function skipText(data: Uint8Array, from: number): number {
  for (let index = from; index < data.length; index++) {
    const byte = data[index]!;
    if (byte < C1_LEAD ? byte === ESC || byte === BEL || byte === ENQ : byte === C1_LEAD || (index + 4 > data.length && byte <= LAST_LEAD))
      return index;
  }
  return data.length;
}

/** The state after the byte where {@link skipText} stopped: {@link ENDED} for a byte that stands alone. */
export function open(byte: number): number {
  if (byte === ESC) return ESCAPE;
  if (byte < C1_LEAD || byte > LAST_LEAD) return ENDED;
  if (byte === C1_LEAD) return CHARACTER_C1;
  if (byte < 0xe0) return CHARACTER_1;
  return byte < 0xf0 ? CHARACTER_2 : CHARACTER_3;
}

/** The state after {@link ENDED_BEFORE_LAST}, of the sequence that the last byte has opened. */
export function reopened(state: number): number {
  return state === OSC_C1 || state === DCS_C1 ? CHARACTER_C1 : ESCAPE;
}

/** True while the last byte may belong to the next sequence. */
export function isInDoubt(state: number): boolean {
  return state === OSC_ESCAPE || state === OSC_C1 || state === DCS_ESCAPE || state === DCS_C1 || state === STRING_ESCAPE;
}

/** The next state of an open sequence, or how it ended. */
export function step(state: number, byte: number): number {
  switch (state) {
    case OSC:
    case OSC_C1:
      if (byte === BEL) return ENDED;
      return stepString(state, byte, OSC);
    case DCS:
    case DCS_C1:
      return stepString(state, byte, DCS);
    case STRING:
      return byte === ESC ? STRING_ESCAPE : stepControl(state, byte);
    case OSC_ESCAPE:
    case DCS_ESCAPE:
    case STRING_ESCAPE:
      return byte === 0x5c ? ENDED : ENDED_BEFORE_LAST;
    case CHARACTER_1:
    case CHARACTER_2:
    case CHARACTER_3:
      if ((byte & 0xc0) !== 0x80) return ENDED_BEFORE;
      return state === CHARACTER_1 ? ENDED : state - 1;
    case CHARACTER_C1:
      if ((byte & 0xc0) !== 0x80) return ENDED_BEFORE;
      return byte < 0xa0 ? afterC1(byte) : ENDED;
    default:
      return stepControl(state, byte);
  }
}

/** `body`: OSC or DCS; the two states after it are "ESC seen" and "C1 lead seen". */
function stepString(state: number, byte: number, body: number): number {
  if (state !== body && (byte & 0xe0) === 0x80) return byte === 0x9c ? ENDED : ENDED_BEFORE_LAST;
  if (byte === CAN || byte === SUB) return ENDED;
  if (byte === ESC) return body + 1;
  return byte === C1_LEAD ? body + 2 : body;
}

function stepControl(state: number, byte: number): number {
  if (byte === CAN || byte === SUB) return ENDED;
  if (byte === ESC || (byte >= C1_LEAD && byte <= LAST_LEAD)) return ENDED_BEFORE;
  if (byte < 0x20 || byte > 0x7e) return state; // executed or ignored inside the sequence
  switch (state) {
    case ESCAPE:
      return afterEscape(byte);
    case ESCAPE_INTERMEDIATE:
      return byte < 0x30 ? state : ENDED;
    case CSI:
      return byte < 0x40 ? state : ENDED;
    case DCS_HEAD:
      return byte < 0x40 ? state : DCS;
    default:
      return state;
  }
}

function afterEscape(byte: number): number {
  if (byte < 0x30) return ESCAPE_INTERMEDIATE;
  return byte >= 0x40 && byte <= 0x5f ? afterC1(byte + 0x40) : ENDED;
}

function afterC1(byte: number): number {
  switch (byte) {
    case 0x90:
      return DCS_HEAD;
    case 0x98:
    case 0x9e:
    case 0x9f:
      return STRING;
    case 0x9b:
      return CSI;
    case 0x9d:
      return OSC;
    default:
      return ENDED;
  }
}

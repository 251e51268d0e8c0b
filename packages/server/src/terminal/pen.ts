/**
 * How text looks, as the SGR sequence that brings a terminal there from any state: bit for bit as the emulator packs it. Colours of
 * the palette keep what an earlier colour has left in their unused bits, so that one is asked for first.
 */
import type { Pen } from "./screen-state.ts";

export const PLAIN_PEN: Pen = { fg: 0, bg: 0, underline: 0, underlineColour: 0, link: 0 };

/** Mode and value of a colour; the rest of `fg` and `bg` are flags. */
export const COLOUR = 0x3ffffff;
export const UNDERLINED = 0x10000000;
/** A cell has an underline's style or a link with it; only then the emulator keeps these with the cell. */
export const EXTENDED = 0x10000000;
export const PROTECTED = 0x20000000;

const PALETTE_VALUE = 0xff;
const LEFT_OVER = 0xffff00;

interface Flag {
  readonly of: "fg" | "bg";
  readonly bit: number;
  readonly on: string;
  readonly off: string;
}

/** Bold and dim are switched off together. */
const FLAGS: readonly Flag[] = [
  { of: "fg", bit: 0x8000000, on: "1", off: "22" },
  { of: "bg", bit: 0x8000000, on: "2", off: "22" },
  { of: "bg", bit: 0x4000000, on: "3", off: "23" },
  { of: "fg", bit: 0x20000000, on: "5", off: "25" },
  { of: "fg", bit: 0x4000000, on: "7", off: "27" },
  { of: "fg", bit: 0x40000000, on: "8", off: "28" },
  { of: "fg", bit: 0x80000000, on: "9", off: "29" },
  { of: "bg", bit: 0x40000000, on: "53", off: "55" },
];

/** From anything. Leaves out the link, protection, and flags that do not follow from the underline's style: see {@link PenWriter}. */
export function sgr({ fg, bg, underline, underlineColour }: Pen): string {
  const codes = FLAGS.filter(({ of, bit }) => has(of === "fg" ? fg : bg, bit)).map(({ on }) => on);
  if (underline > 0) codes.push(underline > 1 ? `4:${underline}` : "4");
  codes.push(...colour(fg & COLOUR, 30), ...colour(bg & COLOUR, 40), ...colour(underlineColour, 50));
  return codes.length === 0 ? "\x1b[m" : `\x1b[0;${codes.join(";")}m`;
}

/** From one pair of colours and flags to another, without a word on underlines: what is known of them stays. Empty if there is nothing to do. */
export function change(from: Pick<Pen, "fg" | "bg">, to: Pick<Pen, "fg" | "bg">): string {
  const codes = new Set<string>();
  const isOff = ({ of, bit }: Flag) => has(from[of], bit) && !has(to[of], bit);
  for (const flag of FLAGS) if (isOff(flag)) codes.add(flag.off);
  const isLit = codes.has("22");
  for (const flag of FLAGS) {
    const isLost = isLit && flag.off === "22";
    if (has(to[flag.of], flag.bit) && (isLost || !has(from[flag.of], flag.bit))) codes.add(flag.on);
  }
  const all = [...codes];
  if ((from.fg & COLOUR) !== (to.fg & COLOUR)) all.push("39", ...colour(to.fg & COLOUR, 30));
  if ((from.bg & COLOUR) !== (to.bg & COLOUR)) all.push("49", ...colour(to.bg & COLOUR, 40));
  return all.length === 0 ? "" : `\x1b[${all.join(";")}m`;
}

export function has(value: number, bit: number): boolean {
  return (value & bit) !== 0;
}

/** `base`: 30 foreground, 40 background, 50 underline. Modes: default, 16 colours, 256 colours, red green blue. */
function colour(packed: number, base: number): string[] {
  const value = packed & PALETTE_VALUE;
  const leftOver = has(packed, LEFT_OVER) ? [direct(packed & LEFT_OVER, base)] : [];
  switch (packed >> 24) {
    case 1:
      return [...leftOver, `${value < 8 ? base + value : base + 60 + value - 8}`];
    case 2:
      return [...leftOver, `${base + 8}:5:${value}`];
    case 3:
      return [direct(packed, base)];
    default:
      return [];
  }
}

function direct(packed: number, base: number): string {
  return `${base + 8}:2::${(packed >> 16) & 0xff}:${(packed >> 8) & 0xff}:${packed & 0xff}`;
}

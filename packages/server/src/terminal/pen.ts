/** How text looks, as the SGR sequence that brings a terminal there from any state. */
import type { Attributes, Cell } from "./xterm-screen.ts";

/** Nothing but default colours and no attribute. */
export const PLAIN = "\x1b[0m";

export function sgr(attributes: Attributes): string {
  return `\x1b[${["0", ...flags(attributes), ...colours(attributes)].join(";")}m`;
}

/** Only the background: what erasing leaves behind. */
function backgroundSgr(attributes: Attributes): string {
  return `\x1b[${["0", ...colour(attributes.getBgColorMode(), attributes.getBgColor(), 40)].join(";")}m`;
}

/** Remembers the last answers: neighbouring cells mostly look the same, and a screen has a hundred thousand of them. */
export class PenMemo {
  #fg = 0;
  #bg = 0;
  #ext = 0;
  #sgr = PLAIN;
  #backgroundOf = 0;
  #background = PLAIN;

  sgr(cell: Cell): string {
    const { ext } = cell.extended;
    if (cell.fg !== this.#fg || cell.bg !== this.#bg || ext !== this.#ext) {
      this.#fg = cell.fg;
      this.#bg = cell.bg;
      this.#ext = ext;
      this.#sgr = sgr(cell);
    }
    return this.#sgr;
  }

  background(cell: Cell): string {
    if (cell.bg !== this.#backgroundOf) {
      this.#backgroundOf = cell.bg;
      this.#background = backgroundSgr(cell);
    }
    return this.#background;
  }
}

function flags(attributes: Attributes): string[] {
  const underline = attributes.getUnderlineStyle();
  const set: readonly (readonly [string, unknown])[] = [
    ["1", attributes.isBold()],
    ["2", attributes.isDim()],
    ["3", attributes.isItalic()],
    [underline > 1 ? `4:${underline}` : "4", underline],
    ["5", attributes.isBlink()],
    ["7", attributes.isInverse()],
    ["8", attributes.isInvisible()],
    ["9", attributes.isStrikethrough()],
    ["53", attributes.isOverline()],
  ];
  return set.filter(([, isSet]) => isSet).map(([code]) => code);
}

function colours(attributes: Attributes): string[] {
  return [
    ...colour(attributes.getFgColorMode(), attributes.getFgColor(), 30),
    ...colour(attributes.getBgColorMode(), attributes.getBgColor(), 40),
    ...(attributes.isUnderlineColorDefault() ? [] : colour(attributes.getUnderlineColorMode(), attributes.getUnderlineColor(), 50)),
  ];
}

/** `base`: 30 foreground, 40 background, 50 underline. Modes: default, 16 colours, 256 colours, red green blue. */
function colour(mode: number, value: number, base: number): string[] {
  switch (mode >> 24) {
    case 1:
      return [base === 50 ? `58:5:${value}` : `${value < 8 ? base + value : base + 60 + value - 8}`];
    case 2:
      return [`${base + 8}:5:${value}`];
    case 3:
      return [`${base + 8}:2::${(value >> 16) & 0xff}:${(value >> 8) & 0xff}:${value & 0xff}`];
    default:
      return [];
  }
}

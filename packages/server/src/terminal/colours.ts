/** The colours that programs are told when they ask. Each as red, green, blue of 0–255; numbered as the emulator does: the palette of 256, then the three below. */
import type { ScreenColours } from "@perdure/protocol";

export type Colour = readonly [red: number, green: number, blue: number];

export const FOREGROUND = 256;
export const BACKGROUND = 257;
export const CURSOR = 258;

/** Those of a dark terminal, until a viewer has told its own. */
export const DARK_COLOURS: ScreenColours = {
  foreground: "#e6e6e6",
  background: "#121418",
  cursor: "#e6e6e6",
  palette: "2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf 555753 ef2929 8ae234 fce94f 729fcf ad7fa8 34e2e2 eeeeec"
    .split(" ")
    .map((hex) => `#${hex}`),
};

const CUBE_LEVELS = [0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff] as const;

/** The colour of a number: 16 basic ones, a cube of 6×6×6, 24 greys, foreground, background, cursor. */
export function colourOf(colours: ScreenColours, index: number): Colour | undefined {
  if (!Number.isInteger(index) || index < 0 || index > CURSOR) return undefined;
  if (index < 16) return rgb(colours.palette[index]!);
  if (index === FOREGROUND) return rgb(colours.foreground);
  if (index === BACKGROUND) return rgb(colours.background);
  if (index === CURSOR) return rgb(colours.cursor);
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return [grey, grey, grey];
  }
  const level = (divisor: number) => CUBE_LEVELS[Math.floor((index - 16) / divisor) % 6]!;
  return [level(36), level(6), level(1)];
}

/** As X11 writes it, with 16 bits a channel. */
export function formatColour(colour: Colour): string {
  return `rgb:${colour.map((channel) => (channel * 257).toString(16).padStart(4, "0")).join("/")}`;
}

function rgb(hex: string): Colour {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}

/** The colours that a program is told when it asks: those of a dark terminal, whatever the viewers show. Each as red, green, blue of 0–255. */

export type Colour = readonly [red: number, green: number, blue: number];

/** By the number of the OSC that asks for it. */
export const DYNAMIC_COLOURS: ReadonlyMap<number, Colour> = new Map([
  [10, [0xe6, 0xe6, 0xe6]], // foreground
  [11, [0x12, 0x14, 0x18]], // background
  [12, [0xe6, 0xe6, 0xe6]], // cursor
]);

const BASIC: readonly Colour[] = [
  [0x2e, 0x34, 0x36],
  [0xcc, 0x00, 0x00],
  [0x4e, 0x9a, 0x06],
  [0xc4, 0xa0, 0x00],
  [0x34, 0x65, 0xa4],
  [0x75, 0x50, 0x7b],
  [0x06, 0x98, 0x9a],
  [0xd3, 0xd7, 0xcf],
  [0x55, 0x57, 0x53],
  [0xef, 0x29, 0x29],
  [0x8a, 0xe2, 0x34],
  [0xfc, 0xe9, 0x4f],
  [0x72, 0x9f, 0xcf],
  [0xad, 0x7f, 0xa8],
  [0x34, 0xe2, 0xe2],
  [0xee, 0xee, 0xec],
];

const CUBE_LEVELS = [0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff] as const;

/** Colour `index` of the palette of 256: 16 basic ones, a cube of 6×6×6, 24 greys. */
export function paletteColour(index: number): Colour | undefined {
  if (!Number.isInteger(index) || index < 0 || index > 255) return undefined;
  if (index < 16) return BASIC[index];
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

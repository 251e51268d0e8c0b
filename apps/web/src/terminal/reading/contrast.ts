/** Colours that stay legible: text on a ground that it hardly differs from is made darker or lighter, step by step, as xterm.js does. */

type Channels = readonly [number, number, number];

/** The ink as `#rrggbb`, changed as little as gives this contrast to the ground. Colours that are no `#rrggbb` stay as they are. */
export function legible(ink: string, ground: string, ratio: number): string {
  const [fore, back] = [channelsOf(ink), channelsOf(ground)];
  if (ratio <= 1 || fore === null || back === null || contrast(fore, back) >= ratio) return ink;
  const isDarker = luminance(fore) < luminance(back);
  const first = until(fore, back, ratio, isDarker);
  if (contrast(first, back) >= ratio) return textOf(first);
  const second = until(fore, back, ratio, !isDarker);
  return textOf(contrast(first, back) > contrast(second, back) ? first : second);
}

function until(ink: Channels, ground: Channels, ratio: number, isDarkened: boolean): Channels {
  const end = isDarkened ? 0 : 255;
  let now = ink;
  while (contrast(now, ground) < ratio && now.some((channel) => channel !== end)) {
    now = now.map((channel) =>
      isDarkened ? channel - Math.ceil(channel * 0.1) : channel + Math.ceil((255 - channel) * 0.1),
    ) as unknown as Channels;
  }
  return now;
}

function contrast(a: Channels, b: Channels): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** Relative luminance as WCAG 2 defines it. */
function luminance([red, green, blue]: Channels): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function linear(channel: number): number {
  const share = channel / 255;
  return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function channelsOf(colour: string): Channels | null {
  const hex = /^#([0-9a-f]{6})$/i.exec(colour)?.[1];
  if (hex === undefined) return null;
  const value = Number.parseInt(hex, 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}

function textOf(channels: Channels): string {
  return `#${channels.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

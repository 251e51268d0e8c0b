/** A row of the history as an element that looks as the terminal would draw it. What is in it is hostile: it is set as text. */
import type { Colour, LineStyle } from "@perdure/protocol";
import type { ITheme } from "@xterm/xterm";
import { legible } from "./contrast.ts";
import type { WrappedRow } from "./wrap-line.ts";

/** How rows look on this page. */
export interface RowLook {
  readonly theme: ITheme;
  /** Least contrast of text to its ground; 1: as the program wants it. */
  readonly contrast: number;
  readonly cellWidthPx: number;
}

export function rowElement({ runs, fill }: WrappedRow, styles: readonly LineStyle[], look: RowLook): HTMLElement {
  const row = document.createElement("div");
  for (const { text, style } of runs) {
    const pieces = typeof text === "string" ? [text] : text;
    for (const piece of pieces) row.append(pieceOf(piece, styles[style] ?? {}, typeof text !== "string", look));
  }
  const background = styles[fill]?.bg;
  if (fill > 0 && background !== undefined) row.style.backgroundColor = cssColour(background, look.theme);
  return row;
}

function pieceOf(text: string, style: LineStyle, isWide: boolean, look: RowLook): Node {
  if (!isWide && Object.keys(style).length === 0) return document.createTextNode(text);
  const piece = document.createElement("span");
  piece.textContent = text;
  if (isWide) {
    piece.style.display = "inline-block";
    piece.style.width = `${2 * look.cellWidthPx}px`;
  }
  dress(piece, style, look);
  return piece;
}

function dress(piece: HTMLElement, style: LineStyle, { theme, contrast }: RowLook): void {
  const css = piece.style;
  const fg = style.fg === undefined ? undefined : cssColour(style.fg, theme);
  const bg = style.bg === undefined ? undefined : cssColour(style.bg, theme);
  const [ink, ground] = style.inverse ? [bg ?? theme.background, fg ?? theme.foreground] : [fg, bg];
  const text = ink ?? theme.foreground;
  if (text !== undefined && (ink ?? ground) !== undefined) css.color = legible(text, ground ?? theme.background ?? "", contrast);
  if (ground !== undefined) css.backgroundColor = ground;
  if (style.bold) css.fontWeight = "bold";
  if (style.italic) css.fontStyle = "italic";
  if (style.dim) css.opacity = "0.5";
  if (style.invisible) css.visibility = "hidden";
  const lines = [style.underline || style.link ? "underline" : "", style.strike ? "line-through" : "", style.overline ? "overline" : ""];
  css.textDecorationLine = lines.filter((line) => line !== "").join(" ");
  css.textDecorationStyle = UNDERLINES[style.underline ?? 1] ?? "solid";
  if (style.underlineColour !== undefined) css.textDecorationColor = cssColour(style.underlineColour, theme);
  if (style.link === undefined) return;
  piece.dataset["link"] = style.link;
  css.cursor = "pointer";
}

const UNDERLINES: Readonly<Record<number, string>> = { 1: "solid", 2: "double", 3: "wavy", 4: "dotted", 5: "dashed" };

const NAMED = [
  "black",
  "red",
  "green",
  "yellow",
  "blue",
  "magenta",
  "cyan",
  "white",
  "brightBlack",
  "brightRed",
  "brightGreen",
  "brightYellow",
  "brightBlue",
  "brightMagenta",
  "brightCyan",
  "brightWhite",
] as const;
const LEVELS = [0, 95, 135, 175, 215, 255] as const;

/** A colour of the page's theme, of the cube of 216, of the greys, or as it was given. */
function cssColour(colour: Colour, theme: ITheme): string {
  if (typeof colour === "string") return colour;
  const name = NAMED[colour];
  if (name !== undefined) return theme[name] ?? "inherit";
  if (colour >= 232) return hex(Array.from({ length: 3 }, () => 8 + (colour - 232) * 10));
  const cube = colour - 16;
  const [red, green, blue] = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6];
  return hex([LEVELS[red] ?? 0, LEVELS[green] ?? 0, LEVELS[blue] ?? 0]);
}

function hex(channels: readonly number[]): string {
  return `#${channels.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

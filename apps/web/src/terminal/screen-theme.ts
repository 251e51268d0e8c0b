/** The terminal's colours, in the family of the page's. Light ones are dark enough to be read on paper. */
import type { ScreenColours } from "@perdure/protocol";
import type { ITheme } from "@xterm/xterm";

export const DARK_SCREEN: ITheme = {
  background: "#0f0e0c",
  foreground: "#e8e4dc",
  cursor: "#79d9b8",
  cursorAccent: "#0f0e0c",
  selectionBackground: "#3a5b50b0",
  overviewRulerBorder: "#00000000",
  scrollbarSliderBackground: "#e8e4dc22",
  scrollbarSliderHoverBackground: "#e8e4dc3c",
  scrollbarSliderActiveBackground: "#e8e4dc55",
  black: "#2a2823",
  red: "#f0806f",
  green: "#7fce9b",
  yellow: "#e5c06c",
  blue: "#82b4ee",
  magenta: "#cfa0e4",
  cyan: "#6fcfd0",
  white: "#d4cfc5",
  brightBlack: "#8a857a",
  brightRed: "#ff9f8f",
  brightGreen: "#9fe5b6",
  brightYellow: "#f6d78b",
  brightBlue: "#a5cbfa",
  brightMagenta: "#e2bcf3",
  brightCyan: "#93e4e4",
  brightWhite: "#fbf8f2",
};

export const LIGHT_SCREEN: ITheme = {
  background: "#fefdfb",
  foreground: "#2a2621",
  cursor: "#14795c",
  cursorAccent: "#fefdfb",
  selectionBackground: "#9fd8c480",
  overviewRulerBorder: "#00000000",
  scrollbarSliderBackground: "#2a262122",
  scrollbarSliderHoverBackground: "#2a26213c",
  scrollbarSliderActiveBackground: "#2a262155",
  black: "#2a2621",
  red: "#b3362a",
  green: "#2c7a43",
  yellow: "#8a6100",
  blue: "#2161ae",
  magenta: "#84409f",
  cyan: "#0c7377",
  white: "#d9d4ca",
  brightBlack: "#746e63",
  brightRed: "#cf4535",
  brightGreen: "#33884c",
  brightYellow: "#9b6f08",
  brightBlue: "#2f74c8",
  brightMagenta: "#9a53b6",
  brightCyan: "#138086",
  brightWhite: "#f3efe8",
};

const PALETTE = [
  ...(["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const),
  ...(["brightBlack", "brightRed", "brightGreen", "brightYellow", "brightBlue", "brightMagenta", "brightCyan", "brightWhite"] as const),
];

/** What a program is told when it asks for the colours of this page. */
export function screenColours(isDark: boolean): ScreenColours {
  const theme = isDark ? DARK_SCREEN : LIGHT_SCREEN;
  const { foreground = "#000000", background = "#ffffff", cursor = foreground } = theme;
  return { foreground, background, cursor, palette: PALETTE.map((name) => theme[name] ?? foreground) };
}

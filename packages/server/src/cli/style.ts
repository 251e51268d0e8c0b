/**
 * Colours, where a person reads: only on a terminal, and never with NO_COLOR.
 */

export interface Style {
  /** There are none: texts stay as they are. */
  readonly isPlain: boolean;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly italic: (text: string) => string;
  readonly underline: (text: string) => string;
  readonly strike: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
  readonly whiteOnBlack: (text: string) => string;
}

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  strike: [9, 29],
  cyan: [36, 39],
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
  whiteOnBlack: ["97;40", "39;49"],
} as const;

/** The style for a stream. NO_COLOR counts when it is not empty (no-color.org). */
export function styleFor(stream: { readonly isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): Style {
  const isPlain = stream.isTTY !== true || Boolean(env["NO_COLOR"]) || env["TERM"] === "dumb";
  const paint = ([on, off]: readonly [number | string, number | string]) =>
    isPlain ? (text: string) => text : (text: string) => `\x1b[${on}m${text}\x1b[${off}m`;
  return {
    isPlain,
    bold: paint(CODES.bold),
    dim: paint(CODES.dim),
    italic: paint(CODES.italic),
    underline: paint(CODES.underline),
    strike: paint(CODES.strike),
    cyan: paint(CODES.cyan),
    green: paint(CODES.green),
    yellow: paint(CODES.yellow),
    red: paint(CODES.red),
    whiteOnBlack: paint(CODES.whiteOnBlack),
  };
}

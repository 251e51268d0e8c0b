/**
 * The server's engine alone answers what a program asks its terminal; a second answer from a page would be typed into the
 * program. The page's terminal still parses every query, so that colours set in the same sequence take effect, but what it
 * says while one is parsed is no input.
 */
import type { IFunctionIdentifier, IParser } from "@xterm/xterm";

/** Sequences that make xterm.js 6.0.0 speak: device attributes, status, mode and size reports, and focus when it is switched on. */
const CSI: readonly IFunctionIdentifier[] = [
  { final: "c" },
  { prefix: ">", final: "c" },
  { prefix: "=", final: "c" },
  { final: "n" },
  { prefix: "?", final: "n" },
  { intermediates: "$", final: "p" },
  { prefix: "?", intermediates: "$", final: "p" },
  { prefix: ">", final: "q" },
  { final: "t" },
  { final: "x" },
  { prefix: "?", final: "u" },
  { prefix: "?", final: "h" },
];
const DCS: readonly IFunctionIdentifier[] = [
  { intermediates: "$", final: "q" },
  { intermediates: "+", final: "q" },
];
/** Colours: the palette, foreground, background, cursor and the special ones. */
const OSC: readonly number[] = [4, 5, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19];

/** Tells, at any moment, whether what the terminal says now is an answer of its own. */
export function watchOwnAnswers(parser: IParser): () => boolean {
  let isAnswering = false;
  // Parsing is synchronous and so are the answers: the microtask runs after them and before anything a user can do.
  const mark = (): false => {
    if (!isAnswering) {
      isAnswering = true;
      queueMicrotask(() => (isAnswering = false));
    }
    return false;
  };
  for (const id of CSI) parser.registerCsiHandler(id, mark);
  for (const id of DCS) parser.registerDcsHandler(id, mark);
  for (const id of OSC) parser.registerOscHandler(id, mark);
  return () => isAnswering;
}

/** Focus reports would be typed by every page that is merely looked at. */
export function isFocusReport(data: string): boolean {
  return data === "\u001b[I" || data === "\u001b[O";
}

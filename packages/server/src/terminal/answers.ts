/**
 * Answers to queries that the emulator leaves to its surroundings: colours (OSC 4, 10, 11, 12) and the terminal's name
 * (XTVERSION). All others it answers itself. Keyboard protocols are declined by silence.
 */
import { BACKGROUND, CURSOR, FOREGROUND, formatColour, type Colour } from "./colours.ts";
import type { OscCommand } from "./osc-command.ts";

/** The terminal that viewers have, so that programs adapt to how it behaves. */
const VERSION = "\x1bP>|xterm.js(6.0.0)\x1b\\";

/** Numbers of colours by the OSC that asks for them; one with several fields asks for the next ones, too. */
const DYNAMIC: ReadonlyMap<number, number> = new Map([
  [10, FOREGROUND],
  [11, BACKGROUND],
  [12, CURSOR],
]);

/** The colour that a number has now. */
export type ColourOf = (index: number) => Colour | undefined;

/** Answers `CSI > q`; the introducer has two bytes in either form. */
export function answerCsi(sequence: Uint8Array): string {
  return /^>0*q$/.test(String.fromCharCode(...sequence.subarray(2))) ? VERSION : "";
}

/** Answers with the terminator that the query had. */
export function answerOsc({ code, content, terminator }: OscCommand, colourOf: ColourOf): string {
  const fields = content.split(";");
  if (code === 4) return answerPalette(fields, terminator, colourOf);
  if (!DYNAMIC.has(code)) return "";
  const ask = (asked: number): string => answer(`${asked}`, colourOf(DYNAMIC.get(asked) ?? -1), terminator);
  return fields.map((field, index) => (field === "?" ? ask(code + index) : "")).join("");
}

/** Fields are pairs of index and colour. */
function answerPalette(fields: readonly string[], terminator: string, colourOf: ColourOf): string {
  let answers = "";
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const index = fields[at]!;
    if (fields[at + 1] === "?" && /^\d{1,3}$/.test(index) && Number(index) < 256)
      answers += answer(`4;${index}`, colourOf(Number(index)), terminator);
  }
  return answers;
}

function answer(name: string, colour: Colour | undefined, terminator: string): string {
  return colour ? `\x1b]${name};${formatColour(colour)}${terminator}` : "";
}

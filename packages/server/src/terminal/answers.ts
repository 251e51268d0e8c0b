/**
 * Answers to queries that the emulator leaves to its surroundings: colours (OSC 4, 10, 11, 12) and the terminal's name
 * (XTVERSION). All others it answers itself. Keyboard protocols are declined by silence.
 */
import { DYNAMIC_COLOURS, formatColour, paletteColour } from "./colours.ts";
import type { OscCommand } from "./osc-command.ts";

/** The terminal that viewers have, so that programs adapt to how it behaves. */
const VERSION = "\x1bP>|xterm.js(6.0.0)\x1b\\";

/** Answers `CSI > q`; the introducer has two bytes in either form. */
export function answerCsi(sequence: Uint8Array): string {
  return /^>0*q$/.test(String.fromCharCode(...sequence.subarray(2))) ? VERSION : "";
}

/** Answers with the terminator that the query had. */
export function answerOsc({ code, content, terminator }: OscCommand): string {
  const fields = content.split(";");
  if (code === 4) return answerPalette(fields, terminator);
  if (!DYNAMIC_COLOURS.has(code)) return "";
  return fields
    .map((field, index) => (field === "?" ? colour(`${code + index}`, DYNAMIC_COLOURS.get(code + index), terminator) : ""))
    .join("");
}

/** Fields are pairs of index and colour. */
function answerPalette(fields: readonly string[], terminator: string): string {
  let answer = "";
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (fields[at + 1] === "?" && /^\d+$/.test(fields[at]!))
      answer += colour(`4;${fields[at]}`, paletteColour(Number(fields[at])), terminator);
  }
  return answer;
}

function colour(name: string, value: ReturnType<typeof paletteColour>, terminator: string): string {
  return value ? `\x1b]${name};${formatColour(value)}${terminator}` : "";
}

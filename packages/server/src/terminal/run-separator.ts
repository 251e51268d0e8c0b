/**
 * What stands between two runs in a session's log: all modes back to where they were in a new terminal, then one visible line.
 * Engine and clients get there by the same bytes, so neither needs to be told. What is on the screen stays, above the line, which is
 * found from the cursor: a terminal of another size shows the same rows around it, but not at the same place.
 *
 * The order matters. DECSTR comes first because it forgets origin mode and margins without moving the cursor. DECSC before 1049
 * makes "restore the cursor" on the way out of the alternate screen harmless where the main screen is already shown. DECSTR
 * again is for the margins of the main screen.
 */
import { plainText } from "./plain-text.ts";

const CAN = "\x18";
const ESC = "\x1b";
const CSI = `${ESC}[`;
const ST = `${ESC}\\`;
const DECSTR = `${CSI}!p`;
const DECSC = `${ESC}7`;
const LEAVE_ALTERNATE_SCREEN = `${CSI}?1049l`;
/** Further than any screen is high: the cursor stops in the last row. */
const TO_LAST_ROW = `${CSI}9999B`;

/** Cursor keys, wrapping, cursor shown, reverse wrap, keypad; mouse in all protocols and encodings; focus, paste, synchronized output. */
const PRIVATE_MODES = `${CSI}?1;45;66;9;1000;1002;1003;1005;1006;1015;1016;1004;2004;2026l${CSI}?7;25h`;
/** Replace, no automatic return; keypad of numbers; character sets; attributes, protection, cursor style. */
const MODES = `${CSI}4;20l${ESC}>${ESC}(B${ESC})B\x0f${CSI}0m${CSI}0"q${CSI}0 q`;
/** Keyboard protocols of kitty and xterm. */
const KEYBOARD = `${CSI}=0u${CSI}>4m`;
/** Hyperlink, palette, foreground, background, cursor colour, title. */
const STRINGS = ["8;;", "104", "110", "111", "112", "2;"].map((content) => `${ESC}]${content}${ST}`).join("");

const RESET_MODES = `${CAN}${DECSTR}${DECSC}${LEAVE_ALTERNATE_SCREEN}${DECSTR}${PRIVATE_MODES}${MODES}${KEYBOARD}${STRINGS}`;

/**
 * The bytes for the log: reset, a dim line `── text ──` below everything on the screen, and the start of a new line. `toFreeRow`: where
 * that is, as a snapshot tells it; `null`: not known, then below the last row.
 */
export function RUN_SEPARATOR(text: string, toFreeRow: number | null): Uint8Array {
  return new TextEncoder().encode(`${RESET_MODES}${toFreeLine(toFreeRow)}${CSI}2m── ${plainText(text)} ──${CSI}0m\r\n`);
}

/** The last step down is a line feed: below the last row it scrolls. */
function toFreeLine(rows: number | null): string {
  if (rows === null) return `${TO_LAST_ROW}\r\n`;
  if (rows > 0) return `${rows > 1 ? `${CSI}${rows - 1}B` : ""}\r\n`;
  return `${rows < 0 ? `${CSI}${-rows}A` : ""}\r`;
}

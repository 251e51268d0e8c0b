/** Sequences that set what needs no cursor: names, colours, modes and the keyboard. None of them prints. */
import type { KeyboardStack, Modes, Rgb, ScreenState } from "./screen-state.ts";

const CSI = "\x1b[";
const ST = "\x1b\\";
const DYNAMIC_COLOURS = 256;
/** Application keypad as a mode; tmux knows only its older sequence. */
const KEYPAD = 66;

/** Title and icon, then the colours that were set. */
export function setNames({ title, icon, colours }: Pick<ScreenState, "title" | "icon" | "colours">): string {
  const isBoth = title !== "" && title === icon;
  const names = isBoth ? osc(`0;${title}`) : (title && osc(`2;${title}`)) + (icon && osc(`1;${icon}`));
  return names + [...colours].map(([index, rgb]) => osc(setColour(index, rgb))).join("");
}

/** None of these moves the cursor, but origin mode, which comes before it; insert mode comes last of all. */
export function setModes(modes: Modes): string {
  const on = modes.on.filter((mode) => mode !== KEYPAD);
  return [
    modes.isOrigin ? `${CSI}?6h` : "",
    on.length > 0 ? `${CSI}?${on.join(";")}h` : "",
    modes.on.includes(KEYPAD) ? "\x1b=" : "",
    modes.isBlinkOption ? `${CSI}?12h` : "",
    modes.isNewLine ? `${CSI}20h` : "",
    modes.isWrapping ? "" : `${CSI}?7l`,
    modes.isCursorHidden ? `${CSI}?25l` : "",
    cursorStyle(modes.cursorShape, modes.cursorBlinks),
    modes.otherKeys === null ? "" : `${CSI}>4;${modes.otherKeys}m`,
  ].join("");
}

/** The stack as it was built up, for the screen that is shown. */
export function setKeyboard({ flags, pushed }: KeyboardStack): string {
  if (flags === 0 && pushed.length === 0) return "";
  const [lowest, ...above] = [...pushed, flags];
  return `${CSI}=${lowest ?? 0};1u${above.map((pushedOn) => `${CSI}>${pushedOn}u`).join("")}`;
}

/** A number above six sets only whether it blinks. */
function cursorStyle(shape: number, blinks: boolean | undefined): string {
  if (blinks === undefined) return "";
  return `${CSI}${(shape === 0 ? 7 : shape) + (blinks ? 0 : 1)} q`;
}

function setColour(index: number, rgb: Rgb): string {
  const spec = `rgb:${rgb.map((value) => value.toString(16).padStart(2, "0")).join("/")}`;
  return index < DYNAMIC_COLOURS ? `4;${index};${spec}` : `${index - DYNAMIC_COLOURS + 10};${spec}`;
}

function osc(content: string): string {
  return `\x1b]${content}${ST}`;
}

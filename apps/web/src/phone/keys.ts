/** What the keys of the key bar send. Cursor keys depend on the program's cursor mode and on the modifiers held. */

export type BarKey =
  | "escape"
  | "tab"
  | "shift-tab"
  | "enter"
  | "interrupt"
  | "up"
  | "down"
  | "left"
  | "right"
  | "home"
  | "end"
  | "page-up"
  | "page-down";

export interface HeldModifiers {
  readonly ctrl: boolean;
  readonly alt: boolean;
}

const ESC = "\u001b";
const LETTERS: Readonly<Partial<Record<BarKey, string>>> = { up: "A", down: "B", right: "C", left: "D", end: "F", home: "H" };
const TILDES: Readonly<Partial<Record<BarKey, string>>> = { "page-up": "5", "page-down": "6" };
const PLAIN: Readonly<Partial<Record<BarKey, string>>> = {
  escape: ESC,
  tab: "\t",
  "shift-tab": `${ESC}[Z`,
  enter: "\r",
  interrupt: "\u0003",
};

/** The bytes of a key, as text. `isApplicationMode`: the program asked for application cursor keys (DECCKM). */
export function keySequence(key: BarKey, held: HeldModifiers, isApplicationMode: boolean): string {
  const modifier = 1 + (held.alt ? 2 : 0) + (held.ctrl ? 4 : 0);
  const letter = LETTERS[key];
  if (letter !== undefined) {
    if (modifier > 1) return `${ESC}[1;${modifier}${letter}`;
    return isApplicationMode ? `${ESC}O${letter}` : `${ESC}[${letter}`;
  }
  const tilde = TILDES[key];
  if (tilde !== undefined) return modifier > 1 ? `${ESC}[${tilde};${modifier}~` : `${ESC}[${tilde}~`;
  const plain = PLAIN[key] ?? "";
  return held.alt ? ESC + plain : plain;
}

/** Keys that repeat while they are held down. */
export function isRepeating(key: BarKey): boolean {
  return key in LETTERS || key in TILDES;
}

/**
 * Names of keys for `send --keys` and `--detach-key`, in tmux's words: `C-c`, `M-x`, `S-Up`, `Escape`, `Enter`, `F5`, or any
 * text as it is typed.
 */
import { CommandFailure, EXIT } from "./exit-codes.ts";

/** Keys that always send the same bytes. */
const FIXED: Readonly<Record<string, string>> = {
  enter: "\r",
  return: "\r",
  tab: "\t",
  btab: "\x1b[Z",
  escape: "\x1b",
  esc: "\x1b",
  space: " ",
  bspace: "\x7f",
  backspace: "\x7f",
};

/** Keys that carry modifiers as a number, `CSI 1 ; m X` or `CSI n ; m ~`. */
const CURSOR: Readonly<Record<string, string>> = { up: "A", down: "B", right: "C", left: "D", end: "F", home: "H" };
const TILDE: Readonly<Record<string, number>> = {
  insert: 2,
  delete: 3,
  pageup: 5,
  pagedown: 6,
  f5: 15,
  f6: 17,
  f7: 18,
  f8: 19,
  f9: 20,
  f10: 21,
  f11: 23,
  f12: 24,
};
const FUNCTION: Readonly<Record<string, string>> = { f1: "P", f2: "Q", f3: "R", f4: "S" };

interface Modifiers {
  readonly control: boolean;
  readonly meta: boolean;
  readonly shift: boolean;
}

/** The text to send for key names; a name that is none is an error, a single character is itself. */
export function keysToText(names: readonly string[]): string {
  return names.map(keyToText).join("");
}

/** The text one key sends. Throws a usage error for a name that is no key. */
export function keyToText(name: string): string {
  const { modifiers, base } = splitModifiers(name);
  const text = namedKey(base.toLowerCase(), modifiers) ?? characterKey(base, modifiers);
  if (text === undefined) {
    throw new CommandFailure(
      EXIT.usage,
      `"${name}" is no key. Keys are written like C-c, M-x, Escape, Enter, Tab, Up, PageDown, F5; for text use \`perdure send SESSION TEXT\`.`,
    );
  }
  return text;
}

function splitModifiers(name: string): { modifiers: Modifiers; base: string } {
  const prefix = /^(?:[CMS]-)*(?=.)/s.exec(name)?.[0] ?? "";
  const has = (letter: string) => prefix.includes(`${letter}-`);
  return { modifiers: { control: has("C"), meta: has("M"), shift: has("S") }, base: name.slice(prefix.length) };
}

function namedKey(name: string, modifiers: Modifiers): string | undefined {
  const number = 1 + Number(modifiers.shift) + 2 * Number(modifiers.meta) + 4 * Number(modifiers.control);
  const letter = CURSOR[name] ?? FUNCTION[name];
  if (letter !== undefined) return number > 1 ? `\x1b[1;${number}${letter}` : `\x1b${FUNCTION[name] === undefined ? "[" : "O"}${letter}`;
  const tilde = TILDE[name];
  if (tilde !== undefined) return number > 1 ? `\x1b[${tilde};${number}~` : `\x1b[${tilde}~`;
  if (name === "tab" && modifiers.shift) return `${modifiers.meta ? "\x1b" : ""}\x1b[Z`;
  const fixed = name === "space" && modifiers.control ? "\0" : FIXED[name];
  return fixed === undefined ? undefined : `${modifiers.meta ? "\x1b" : ""}${fixed}`;
}

function characterKey(base: string, modifiers: Modifiers): string | undefined {
  if (Array.from(base).length !== 1) return undefined;
  const plain = modifiers.shift ? base.toUpperCase() : base;
  const text = modifiers.control ? controlCharacter(base) : plain;
  return text === undefined ? undefined : `${modifiers.meta ? "\x1b" : ""}${text}`;
}

/** The character a terminal sends for Control and a key; `undefined` where there is none. */
function controlCharacter(base: string): string | undefined {
  if (base === "?") return "\x7f";
  const code = base.toUpperCase().codePointAt(0) ?? 0;
  return code >= 0x40 && code <= 0x5f ? String.fromCodePoint(code & 0x1f) : undefined;
}

/**
 * Ctrl and Alt of the key bar. A soft keyboard cannot hold a key, so a tap arms the modifier for the next key, a second tap
 * keeps it until a third.
 */
import type { HeldModifiers } from "./keys.ts";

export type Stickiness = "off" | "armed" | "locked";

export interface StickyModifiers {
  readonly ctrl: Stickiness;
  readonly alt: Stickiness;
}

export const NO_MODIFIERS: StickyModifiers = { ctrl: "off", alt: "off" };

const NEXT: Readonly<Record<Stickiness, Stickiness>> = { off: "armed", armed: "locked", locked: "off" };

export function tapModifier(modifiers: StickyModifiers, name: "ctrl" | "alt"): StickyModifiers {
  return { ...modifiers, [name]: NEXT[modifiers[name]] };
}

/** After a key: what was armed for one key is off again. */
export function afterKey(modifiers: StickyModifiers): StickyModifiers {
  if (modifiers.ctrl !== "armed" && modifiers.alt !== "armed") return modifiers;
  return { ctrl: modifiers.ctrl === "armed" ? "off" : modifiers.ctrl, alt: modifiers.alt === "armed" ? "off" : modifiers.alt };
}

export function heldBy(modifiers: StickyModifiers): HeldModifiers {
  return { ctrl: modifiers.ctrl !== "off", alt: modifiers.alt !== "off" };
}

/**
 * What a typed character becomes under the modifiers. Only a single character is changed: a paste, a word of a swipe keyboard
 * or an escape sequence is not a key.
 */
export function applyModifiers(text: string, held: HeldModifiers): string {
  if (Array.from(text).length !== 1) return text;
  const key = held.ctrl ? controlCharacter(text) : text;
  return held.alt ? `\u001b${key}` : key;
}

function controlCharacter(text: string): string {
  if (text === " ") return "\u0000";
  if (text === "?") return "\u007f";
  const code = text.toUpperCase().codePointAt(0) ?? 0;
  return code >= 0x40 && code <= 0x5f ? String.fromCodePoint(code & 0x1f) : text;
}

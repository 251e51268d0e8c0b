import { describe, expect, test } from "vitest";
import { isRepeating, keySequence } from "./keys.ts";
import { afterKey, applyModifiers, heldBy, NO_MODIFIERS, tapModifier } from "./sticky-modifiers.ts";

const none = { ctrl: false, alt: false };
const ctrl = { ctrl: true, alt: false };
const alt = { ctrl: false, alt: true };

describe("the key bar", () => {
  test("keys send what a keyboard sends", () => {
    expect(keySequence("escape", none, false)).toBe("\u001b");
    expect(keySequence("tab", none, false)).toBe("\t");
    expect(keySequence("shift-tab", none, false)).toBe("\u001b[Z");
    expect(keySequence("enter", none, false)).toBe("\r");
    expect(keySequence("interrupt", none, false)).toBe("\u0003");
    expect(keySequence("page-up", none, false)).toBe("\u001b[5~");
  });

  test("cursor keys follow the program's mode", () => {
    expect(keySequence("up", none, false)).toBe("\u001b[A");
    expect(keySequence("up", none, true)).toBe("\u001bOA");
    expect(keySequence("home", none, true)).toBe("\u001bOH");
  });

  test("modifiers change cursor keys in either mode", () => {
    expect(keySequence("left", ctrl, true)).toBe("\u001b[1;5D");
    expect(keySequence("right", { ctrl: true, alt: true }, false)).toBe("\u001b[1;7C");
    expect(keySequence("page-down", alt, false)).toBe("\u001b[6;3~");
    expect(keySequence("enter", alt, false)).toBe("\u001b\r");
  });

  test("only keys that move repeat", () => {
    expect(isRepeating("up")).toBe(true);
    expect(isRepeating("page-down")).toBe(true);
    expect(isRepeating("interrupt")).toBe(false);
    expect(isRepeating("enter")).toBe(false);
  });
});

describe("sticky modifiers", () => {
  test("one tap holds for one key, two taps until the third", () => {
    const armed = tapModifier(NO_MODIFIERS, "ctrl");
    expect(heldBy(armed)).toEqual(ctrl);
    expect(heldBy(afterKey(armed))).toEqual(none);
    const locked = tapModifier(armed, "ctrl");
    expect(heldBy(afterKey(locked))).toEqual(ctrl);
    expect(heldBy(tapModifier(locked, "ctrl"))).toEqual(none);
  });

  test("a key lets go of what was armed and keeps what was locked", () => {
    const both = tapModifier(tapModifier(tapModifier(NO_MODIFIERS, "ctrl"), "ctrl"), "alt");
    expect(heldBy(afterKey(both))).toEqual(ctrl);
  });

  test("a typed character becomes its control character", () => {
    expect(applyModifiers("c", ctrl)).toBe("\u0003");
    expect(applyModifiers("C", ctrl)).toBe("\u0003");
    expect(applyModifiers("[", ctrl)).toBe("\u001b");
    expect(applyModifiers(" ", ctrl)).toBe("\u0000");
    expect(applyModifiers("é", ctrl)).toBe("é");
    expect(applyModifiers("b", alt)).toBe("\u001bb");
    expect(applyModifiers("x", { ctrl: true, alt: true })).toBe("\u001b\u0018");
  });

  test("what is no single key stays as it is", () => {
    expect(applyModifiers("hello", ctrl)).toBe("hello");
    expect(applyModifiers("\u001b[A", alt)).toBe("\u001b[A");
    expect(applyModifiers("c", none)).toBe("c");
  });
});

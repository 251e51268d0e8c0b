import * as fc from "fast-check";
import { expect, test } from "vitest";
import { DEFAULT_DETACH_KEY, DetachKey } from "./detach-key.ts";

const bytes = (text: string) => Buffer.from(text, "utf8");

/** Feeds the pieces; what went to the program, and whether it was detached. */
function type(pieces: readonly string[], keys = "C-\\ d"): { passed: string; isDetached: boolean } {
  const detector = new DetachKey(keys);
  let passed = "";
  for (const piece of pieces) {
    const { pass, isDetach } = detector.feed(bytes(piece));
    passed += Buffer.from(pass).toString();
    if (isDetach) return { passed, isDetached: true };
  }
  return { passed: passed + Buffer.from(detector.release()).toString(), isDetached: false };
}

test("unless chosen otherwise it is Control-backslash twice; once it is for the program", () => {
  expect(type(["hello\x1c\x1c"], DEFAULT_DETACH_KEY)).toEqual({ passed: "hello", isDetached: true });
  expect(type(["\x1b[92;5u", "\x1b[92;5u"], DEFAULT_DETACH_KEY)).toEqual({ passed: "", isDetached: true });
  expect(type(["\x1c", "ls"], DEFAULT_DETACH_KEY)).toEqual({ passed: "\x1cls", isDetached: false });
});

test("another sequence detaches in one piece or two, and what was typed before is sent", () => {
  expect(type(["hello\x1cd"])).toEqual({ passed: "hello", isDetached: true });
  expect(type(["hello\x1c", "d"])).toEqual({ passed: "hello", isDetached: true });
});

test("Control-backslash and anything else goes to the program, in order", () => {
  expect(type(["a\x1cb"])).toEqual({ passed: "a\x1cb", isDetached: false });
  expect(type(["\x1c", "\x1c", "x"])).toEqual({ passed: "\x1c\x1cx", isDetached: false });
  expect(type(["\x1c\x1cd"])).toEqual({ passed: "\x1c", isDetached: true });
});

test("a lone Control-backslash is held for a moment and then sent", () => {
  const detector = new DetachKey(DEFAULT_DETACH_KEY);
  expect(detector.feed(bytes("\x1c"))).toEqual({ pass: new Uint8Array(), isDetach: false, holdMs: 1000 });
  expect([...detector.release()]).toEqual([0x1c]);
  expect(detector.feed(bytes("d")).isDetach).toBe(false);
});

test("Escape is held only as long as it may be the beginning of a key", () => {
  const detector = new DetachKey(DEFAULT_DETACH_KEY);
  expect(detector.feed(bytes("\x1b")).holdMs).toBe(25);
  expect([...detector.release()]).toEqual([0x1b]);
  expect(type(["\x1b\x1b[A"])).toEqual({ passed: "\x1b\x1b[A", isDetached: false });
});

test.each([
  ["kitty's protocol", "\x1b[92;5u", "d"],
  ["kitty's protocol with all keys", "\x1b[92;5u", "\x1b[100u"],
  ["kitty's protocol with Num Lock", "\x1b[92;133u", "\x1b[100;129u"],
  ["kitty's protocol with events", "\x1b[92;5:1u\x1b[92;5:3u", "\x1b[100;1:1u"],
  ["kitty's protocol with Control's own release", "\x1b[92;5:1u\x1b[92;5:3u\x1b[57442;1:3u", "\x1b[100;1:1u"],
  ["modifyOtherKeys", "\x1b[27;5;92~", "d"],
])("it is found in %s, split anywhere", (_, first, second) => {
  const typed = `x${first}${second}`;
  for (let cut = 1; cut < typed.length; cut += 1) {
    expect(type([typed.slice(0, cut), typed.slice(cut)])).toEqual({ passed: "x", isDetached: true });
  }
});

test("in a bracketed paste it is text", () => {
  const paste = "\x1b[200~a\x1cd b\x1b[201~";
  expect(type([paste])).toEqual({ passed: paste, isDetached: false });
  expect(type([`${paste}\x1cd`])).toEqual({ passed: paste, isDetached: true });
});

test("another key can be chosen, or none", () => {
  expect(type(["a\x1d"], "C-]")).toEqual({ passed: "a", isDetached: true });
  expect(type(["\x01\x1cd"], "C-a d")).toEqual({ passed: "\x01\x1cd", isDetached: false });
  expect(type(["\x1bq"], "M-q").isDetached).toBe(true);
  expect(type(["a\x1cd\x1b"], "none")).toEqual({ passed: "a\x1cd\x1b", isDetached: false });
});

test("a key that cannot be told apart is refused with what to do", () => {
  expect(() => new DetachKey("Up")).toThrow(/cannot be a detach key/);
  expect(() => new DetachKey("Ctrl+D")).toThrow(/is no key/);
});

test("whatever is typed without the sequence arrives byte for byte, however it is split", () => {
  const piece = fc.oneof(fc.string(), fc.constantFrom("\x1b", "[", "\x1b[", "\x1b[1;", "\x1c", "\x1b[92;5u", "\x1b[A", "x"));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const { passed, isDetached } = type(pieces);
      const whole = pieces.join("");
      expect(passed).toBe(isDetached ? whole.slice(0, passed.length) : whole);
    }),
    { numRuns: 2000 },
  );
});

import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { Typing } from "./typing.ts";

const [here, there] = ["here", "there"] as const;
let clock: FakeClock;
let typing: Typing;
beforeEach(() => {
  clock = new FakeClock();
  typing = new Typing(clock);
});

describe("who types", () => {
  it("is elsewhere for all other sessions", () => {
    expect(typing.isElsewhere(here)).toBe(false);
    typing.note(here);
    expect(typing.isElsewhere(here)).toBe(false);
    expect(typing.isElsewhere(there)).toBe(true);
  });

  it("has stopped after half a second", () => {
    typing.note(here);
    clock.advance(499);
    expect(typing.isElsewhere(there)).toBe(true);
    clock.advance(1);
    expect(typing.isElsewhere(there)).toBe(false);
  });

  it("is somebody who holds a key down, and no program that sends without a pause", () => {
    for (let key = 0; key < 100; key += 1) {
      clock.advance(30);
      typing.note(here);
    }
    expect(typing.isElsewhere(there)).toBe(true);
    for (let line = 0; line < 40; line += 1) {
      clock.advance(5);
      typing.note(here);
    }
    expect(typing.isElsewhere(there)).toBe(false);
    clock.advance(200);
    typing.note(here);
    expect(typing.isElsewhere(there)).toBe(true);
  });
});

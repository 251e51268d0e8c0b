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
});

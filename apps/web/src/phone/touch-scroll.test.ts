import { describe, expect, test } from "vitest";
import { glide, releaseVelocity, scrollTarget, takeLines } from "./touch-scroll.ts";

/** How far a glide of this speed goes, and that it ends. */
function run(stepMs: number): number {
  let [velocity, way, steps] = [2, 0, 0];
  while (velocity !== 0 && steps < 10_000) {
    const step = glide(velocity, stepMs);
    way += step.movedPx;
    velocity = step.velocity;
    steps += 1;
  }
  expect(velocity).toBe(0);
  return way;
}

describe("what a swipe does", () => {
  test("history on the normal screen, arrow keys on the alternate one, the wheel where the program has the mouse", () => {
    expect(scrollTarget(false, false)).toBe("buffer");
    expect(scrollTarget(false, true)).toBe("arrows");
    expect(scrollTarget(true, true)).toBe("wheel");
    expect(scrollTarget(true, false)).toBe("wheel");
  });
});

describe("pixels to lines", () => {
  test("nothing is lost between two movements, in either direction", () => {
    for (const direction of [1, -1]) {
      let [rest, lines] = [0, 0];
      for (let moved = 0; moved < 100; moved += 1) {
        const taken = takeLines(rest + direction * 3.7, 17);
        rest = taken.restPx;
        lines += taken.lines;
      }
      expect(lines).toBe(direction * Math.trunc(370 / 17));
      expect(Math.abs(rest)).toBeLessThan(17);
    }
  });
});

describe("letting go", () => {
  test("the speed is that of the last moments, not of the whole swipe", () => {
    const samples = [
      { atMs: 0, y: 500 },
      { atMs: 400, y: 300 },
      { atMs: 460, y: 300 },
    ];
    expect(releaseVelocity(samples, 480)).toBe(0);
    expect(
      releaseVelocity(
        [
          { atMs: 400, y: 300 },
          { atMs: 450, y: 250 },
        ],
        455,
      ),
    ).toBe(1);
  });

  test("a finger that rested before it left does not fling", () => {
    expect(
      releaseVelocity(
        [
          { atMs: 0, y: 300 },
          { atMs: 50, y: 200 },
        ],
        900,
      ),
    ).toBe(0);
  });

  test("the glide slows down, comes to rest, and goes as far in long steps as in short ones", () => {
    expect(Math.abs(run(16) - run(8))).toBeLessThan(2);
    expect(run(16)).toBeGreaterThan(400);
  });
});

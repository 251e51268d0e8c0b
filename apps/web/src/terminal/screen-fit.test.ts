import { describe, expect, test } from "vitest";
import { fittingFont, ownSize, revealed, SMALLEST_FONT, type CellAt } from "./screen-fit.ts";

const cellAt: CellAt = (fontSize) => ({ width: fontSize * 0.6, height: Math.ceil(fontSize * 1.17) });

describe("the page's own size", () => {
  test("is what fits whole", () => {
    expect(ownSize({ width: 390, height: 694 }, cellAt, 12)).toEqual({ cols: 54, rows: 46 });
  });

  test("is never nothing, however small the room", () => {
    expect(ownSize({ width: 0, height: -20 }, cellAt, 12)).toEqual({ cols: 10, rows: 3 });
  });
});

describe("another's size", () => {
  test("fits whole, with the largest letters that do", () => {
    const room = { width: 1000, height: 700 };
    const session = { cols: 151, rows: 46 };
    const font = fittingFont(room, cellAt, session, 14);
    const cell = cellAt(font);
    expect(cell.width * session.cols).toBeLessThanOrEqual(room.width);
    expect(cell.height * session.rows).toBeLessThanOrEqual(room.height);
    const larger = cellAt(font + 0.25);
    expect(larger.width * session.cols > room.width || larger.height * session.rows > room.height).toBe(true);
  });

  test("is never blown up beyond the chosen letters", () => {
    expect(fittingFont({ width: 3000, height: 2000 }, cellAt, { cols: 80, rows: 24 }, 14)).toBe(14);
  });

  test("stays legible and is panned instead, on a phone", () => {
    expect(fittingFont({ width: 390, height: 690 }, cellAt, { cols: 220, rows: 60 }, 12)).toBe(SMALLEST_FONT);
  });
});

describe("the window over a larger terminal", () => {
  test("moves only when the place is outside, and only as far as needed", () => {
    expect(revealed(0, 300, 1000, 200)).toBe(0);
    expect(revealed(0, 300, 1000, 450)).toBe(150);
    expect(revealed(400, 300, 1000, 100)).toBe(100);
    expect(revealed(0, 300, 1000, 2000)).toBe(700);
  });

  test("never begins beyond the end", () => {
    expect(revealed(900, 300, 1000, 950)).toBe(700);
  });
});

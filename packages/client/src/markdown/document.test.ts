import { beforeEach, expect, test, vi } from "vitest";
import { EMPTY_DOCUMENT, readDocument } from "./document.ts";
import * as parsing from "./parse-blocks.ts";

vi.mock("./parse-blocks.ts", { spy: true });

const taken = vi.mocked(parsing.takeBlock);

beforeEach(() => {
  taken.mockClear();
});

/** Each block begins with a line that no other has, nor begins with. */
function section(index: number): string {
  const number = String(index).padStart(3, "0");
  return [
    `## Section ${number}`,
    `Paragraph ${number}, with **bold** and \`code\`,\nand a second line.`,
    `- item ${number}\n- another\n\n  with a paragraph`,
    `\`\`\`ts ${number}\nconst a = 1;\n\nconst b = 2;\n\`\`\``,
    `> quote ${number}`,
    `| table ${number} | b |\n|---|---|\n| 1 | 2 |`,
  ].join("\n\n");
}

const SECTIONS = 40;
const TEXT = Array.from({ length: SECTIONS }, (_, index) => section(index)).join("\n\n");

test.each([1, 7, 120])("a text that grows by %i characters: no block is parsed again once it is closed", (step) => {
  const parsedClosed: string[] = [];
  const closedLines = new Set<string>();
  let document = EMPTY_DOCUMENT;
  let calls = 0;
  for (let end = step; end < TEXT.length + step; end += step) {
    taken.mockClear();
    const before = document.closed;
    document = readDocument(TEXT.slice(0, end), before.length === 0 ? EMPTY_DOCUMENT : document);
    for (const [lines, at] of taken.mock.calls) if (closedLines.has(lines[at] ?? "")) parsedClosed.push(lines[at] ?? "");
    calls += taken.mock.calls.length;
    for (const line of document.closedText.slice(-400).split("\n")) if (/\d/.test(line)) closedLines.add(line);
    // What is closed stays the very same, so that it is not drawn again either.
    expect(before.every((block, index) => document.closed[index] === block)).toBe(true);
  }
  expect(parsedClosed).toEqual([]);
  expect(document.closed.length + document.open.length).toBe(SECTIONS * 6);
  // Two blocks at most are open at a time: the last one, and the one before it until a line behind it is whole.
  expect(calls).toBeLessThanOrEqual(2 * Math.ceil(TEXT.length / step) + SECTIONS * 6 * 2);
});

/** How many lines are looked at, at most, for one more word behind so many sections. */
function linesLookedAt(sections: number): number {
  const before = readDocument(`${Array.from({ length: sections }, (_, index) => section(index)).join("\n\n")}\n\nThe last`);
  taken.mockClear();
  readDocument(`${before.text} words`, before);
  return Math.max(...taken.mock.calls.map(([lines]) => lines.length));
}

test("the work for one more piece does not depend on how much was said before", () => {
  expect(linesLookedAt(400)).toBe(linesLookedAt(2));
});

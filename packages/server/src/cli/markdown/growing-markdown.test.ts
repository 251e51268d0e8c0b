import * as fc from "fast-check";
import { expect, test } from "vitest";
import { styleFor } from "../style.ts";
import { GrowingMarkdown, type Painted } from "./growing-markdown.ts";
import { MarkdownPainter } from "./terminal-markdown.ts";

const STYLE = styleFor({ isTTY: true }, { TERM: "xterm" });
const painter = new MarkdownPainter(STYLE, 80);

function atOnce(text: string): string {
  return new GrowingMarkdown(painter).paint(text, true).whole;
}

/** What each piece makes of it. */
function steps(pieces: readonly string[]): readonly Painted[] {
  const growing = new GrowingMarkdown(painter);
  let text = "";
  return pieces.map((piece) => {
    text += piece;
    return growing.paint(text, false);
  });
}

const ANSWER = `I **fixed** \`parse\` and *two* others, see [the file](https://example.com/a).

# What was wrong

- a timer that _never_ came
- \`snake_case\` and 2 * 3

\`\`\`ts
const a = 1;
\`\`\`

| what | n |
|---|--:|
| apples | 7 |

Done, **all** of it.
`;

test("letter by letter, what is firm stays, and the end is the same as at once", () => {
  const growing = new GrowingMarkdown(painter);
  let firm = "";
  for (let end = 1; end <= ANSWER.length; end += 1) {
    const painted = growing.paint(ANSWER.slice(0, end), false);
    expect(painted.firm.startsWith(firm)).toBe(true);
    expect(painted.whole.startsWith(painted.firm)).toBe(true);
    // Nothing is held back for long.
    expect(painted.whole.length - painted.firm.length).toBeLessThan(130);
    firm = painted.firm;
  }
  const { firm: all } = growing.paint(ANSWER, true);
  expect(all.startsWith(firm)).toBe(true);
  expect(all).toBe(atOnce(ANSWER));
});

test("words are firm as they come; what may become emphasis waits for its end", () => {
  const firm = steps(["Some ", "words ", "and **bo", "ld", "**", " more"]).map((painted) => painted.firm);
  expect(firm.slice(0, 5)).toEqual(["Some", "Some words", "Some words and", "Some words and", "Some words and"]);
  expect(firm.at(-1)).toBe(`Some words and ${STYLE.bold("bold")}`);
});

test("a table is firm when it is complete: its columns grow", () => {
  const painted = steps(["| a | b |\n", "|---|---|\n", "| long words | 2 |\n", "\nAnd then\n\n"]);
  expect(painted.slice(0, 3).map(({ firm }) => firm)).toEqual(["", "", ""]);
  expect(painted.at(-1)?.firm).toContain("long words");
});

test("lines of a long block are firm, whatever its length", () => {
  const lines = Array.from({ length: 300 }, (_, index) => `- item ${index}\n`);
  const startedAt = performance.now();
  const painted = steps(lines.map((_, index) => lines[index] ?? ""));
  expect(painted.at(-1)?.firm).toContain("item 298");
  expect(performance.now() - startedAt).toBeLessThan(5000);
});

test("whatever comes in whatever pieces: what is firm stays, and nothing is lost", () => {
  const piece = fc.constantFrom(
    "word ",
    "a",
    "**",
    "*",
    "_",
    "`",
    "~~",
    "[",
    "](https://a.b)",
    "\n",
    "\n\n",
    "\n- x",
    "\n1. ",
    "\n# ",
    "\n> ",
    "\n```\n",
    "! ",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join("");
      let firm = "";
      for (const painted of steps(pieces)) {
        expect(painted.firm.startsWith(firm)).toBe(true);
        firm = painted.firm;
      }
      expect(atOnce(text).startsWith(firm)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

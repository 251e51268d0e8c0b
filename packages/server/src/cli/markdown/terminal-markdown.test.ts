import { parseBlocks } from "@perdure/client/markdown";
import { expect, test } from "vitest";
import { styleFor } from "../style.ts";
import { MarkdownPainter } from "./terminal-markdown.ts";

const STYLE = styleFor({ isTTY: true }, { TERM: "xterm" });

function painted(markdown: string, cols = 80): string {
  const painter = new MarkdownPainter(STYLE, cols);
  return parseBlocks(markdown.split("\n"))
    .map((block) => painter.lines(block).join("\n"))
    .join("\n\n");
}

test("headings, emphasis, code and links", () => {
  const { bold, italic, underline, cyan, dim, strike } = STYLE;
  expect(painted("# Top\n## Next")).toBe(`${bold(underline("Top"))}\n\n${bold("Next")}`);
  expect(painted("a **b** *c* `d` ~~e~~")).toBe(`a ${bold("b")} ${italic("c")} ${cyan("d")} ${strike("e")}`);
  expect(painted("see [the page](https://example.com/a)")).toBe(`see ${underline("the page")}${dim(" (https://example.com/a)")}`);
  expect(painted("https://example.com/a")).toBe(underline("https://example.com/a"));
  expect(painted("```ts\nlet a = 1;\n\nlet b = 2;\n```")).toBe(`  ${cyan("let a = 1;")}\n\n  ${cyan("let b = 2;")}`);
});

test("a style never goes over the end of a line", () => {
  const { bold } = STYLE;
  expect(painted("**two\nlines**")).toBe(`${bold("two")}\n${bold("lines")}`);
});

test("lists with their numbers, tasks and what is below an item", () => {
  const { dim } = STYLE;
  expect(painted("- one\n- two\n  - deeper\n\n1. a\n2. b")).toBe(
    [`${dim("•")} one`, `${dim("•")} two`, `  ${dim("◦")} deeper`, "", `${dim("1.")} a`, `${dim("2.")} b`].join("\n"),
  );
  expect(painted("- [x] done\n- [ ] open")).toBe(`${dim("☑")} done\n${dim("☐")} open`);
  expect(painted("3. first\n\n   more of it")).toBe(`${dim("3.")} first\n\n   more of it`);
});

test("quotes and rules", () => {
  const { dim } = STYLE;
  expect(painted("> said\n> twice\n\n---")).toBe(`${dim("│")} said\n${dim("│")} twice\n\n${dim("─".repeat(24))}`);
});

test("the columns of a table are aligned, unless it is wider than the terminal", () => {
  const { bold, dim } = STYLE;
  const table = "| what | n |\n|---|--:|\n| **apples** | 7 |\n| 梨 | 12 |";
  const bar = dim(" │ ");
  expect(painted(table)).toBe(`${bold(`what  ${bar} n`)}\n${dim("───────┼───")}\n${bold("apples")}${bar} 7\n梨    ${bar}12`);
  expect(painted(table, 8)).toBe(`${bold(`what${bar}n`)}\n${dim("─".repeat(24))}\n${bold("apples")}${bar}7\n梨${bar}12`);
});

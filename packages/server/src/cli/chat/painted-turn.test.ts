import { parseBlocks } from "@perdure/client/markdown";
import type { Conversation } from "@perdure/protocol";
import { expect, test } from "vitest";
import { MarkdownPainter } from "../markdown/terminal-markdown.ts";
import { styleFor } from "../style.ts";
import { after, asked, ended, more, run, text } from "../testing/talk.ts";
import { AnswerAsText } from "./answer.ts";
import { PaintedTurn } from "./painted-turn.ts";

const STYLE = styleFor({ isTTY: true }, { TERM: "xterm" });
const painter = new MarkdownPainter(STYLE, 80);
const WORDS = "I **fixed** it, as you said:\n\n- `one`\n- two\n\nAnd that is *all* of it.";

function spoken(conversation: Conversation, step: (shown: PaintedTurn) => string): string {
  const shown = new PaintedTurn(painter);
  return step(shown) + shown.next(conversation, "t.i") + shown.end();
}

/** The same words in pieces of so many characters. */
function inPieces(size: number): string {
  let now = after(run(), asked("i"), text("i", "p1", ""));
  let printed = "";
  const shown = new PaintedTurn(painter);
  for (let at = 0; at < WORDS.length; at += size) {
    now = more(now, [{ type: "part.delta", message: "m.i", part: "p1", text: WORDS.slice(at, at + size) }]);
    printed += shown.next(now, "t.i");
  }
  return printed + shown.next(more(now, ended("i")), "t.i") + shown.end();
}

test("an answer in Markdown is printed as it comes, each word once, painted", () => {
  const whole = `${parseBlocks(WORDS.split("\n"))
    .map((block) => painter.lines(block).join("\n"))
    .join("\n\n")}\n`;
  for (const size of [1, 5, 1000]) expect(inPieces(size)).toBe(whole);
});

test("parts stand below each other, and what an outage left out comes behind", () => {
  const first = after(run(), asked("i"), text("i", "p1", "Begun **here"));
  const second = more(
    first,
    [
      { type: "part.delta", message: "m.i", part: "p1", text: "** and done" },
      { type: "part.ended", message: "m.i", part: "p1" },
      { type: "part.started", message: "m.i", part: "p2", kind: "text" },
      { type: "part.delta", message: "m.i", part: "p2", text: "# Next" },
    ],
    ended("i"),
  );
  const { bold, underline } = STYLE;
  expect(spoken(second, (shown) => shown.next(first, "t.i"))).toBe(`Begun ${bold("here")} and done\n\n${bold(underline("Next"))}\n`);
});

test("what is cut in a mark is said in the end, and control characters of an agent never", () => {
  const cut = more(after(run(), asked("i"), text("i", "p1", "half **of it\u001b[2J and")), ended("i", "interrupted"));
  expect(spoken(cut, () => "")).toBe("half **of it and\n");
});

test("a pipe gets every character, and so does a terminal without colours, but for sequences", () => {
  const now = more(after(run(), asked("i"), text("i", "p1", "# **b**\u001b[2J")), ended("i"));
  const printed = (output: { isTTY?: boolean }, style = styleFor(output, { TERM: "xterm" })): string => {
    let all = "";
    const answer = new AnswerAsText({ ...output, write: (added) => (all += added) }, "i", style);
    answer.show(now);
    answer.end();
    return all;
  };
  expect(printed({})).toBe("# **b**\u001b[2J\n");
  expect(printed({ isTTY: true }, styleFor({ isTTY: true }, { NO_COLOR: "1" }))).toBe("# **b**\n");
  expect(printed({ isTTY: true })).toBe(`${STYLE.bold(STYLE.underline(STYLE.bold("b")))}\n`);
});

import type { Conversation, DriverEvent } from "@perdure/protocol";
import { beforeEach, expect, test } from "vitest";
import { styleFor } from "../style.ts";
import { after, asked, ended, more, run, text } from "../testing/talk.ts";
import { Transcript } from "./transcript.ts";

let transcript: Transcript;
let kept: string[];
let live: readonly string[];

beforeEach(() => {
  transcript = new Transcript(styleFor({}, {}));
  kept = [];
  live = [];
});

function show(conversation: Conversation): void {
  const shown = transcript.next(conversation);
  kept.push(...shown.settled.map((line) => line.text));
  live = shown.live.map((line) => line.text);
}

const tool = (part: string, title: string): DriverEvent => ({
  type: "part.started",
  message: "m.i",
  part,
  kind: "tool",
  tool: "sh",
  toolKind: "execute",
  title,
});
const delta = (part: string, words: string): DriverEvent => ({ type: "part.delta", message: "m.i", part, text: words });

test("whole lines stay, the last one may grow", () => {
  const first = after(run(), asked("i", "say it"), text("i", "p1", "one\ntw"));
  show(first);
  expect({ kept, live }).toEqual({ kept: ["", "› say it", "", "one"], live: ["tw"] });
  show(first);
  const second = more(first, [delta("p1", "o\nthree")]);
  show(second);
  expect({ kept, live }).toEqual({ kept: ["", "› say it", "", "one", "two"], live: ["three"] });
  show(more(second, [{ type: "message.ended", message: "m.i" }], ended("i")));
  expect({ kept, live }).toEqual({ kept: ["", "› say it", "", "one", "two", "three"], live: [] });
});

test("what stands behind a tool that works waits for it, in order", () => {
  const working = after(run(), asked("i"), text("i", "p1", "I look."), [
    { type: "part.ended", message: "m.i", part: "p1" },
    tool("p2", "ls"),
    { type: "part.started", message: "m.i", part: "p3", kind: "text" },
    delta("p3", "Meanwhile"),
  ]);
  show(working);
  expect({ kept, live }).toEqual({ kept: ["", "› i", "", "I look."], live: ["", "◌ ls", "", "Meanwhile"] });
  const done = more(working, [delta("p2", "a\nb\n"), { type: "part.updated", message: "m.i", part: "p2", status: "completed" }]);
  show(done);
  expect({ kept: kept.slice(4), live }).toEqual({ kept: ["", "● ls", "  │ a", "  │ b"], live: ["", "Meanwhile"] });
});

test("a turn that was cut says so behind its words, once", () => {
  const cut = more(after(run(), asked("i"), text("i", "p1", "half")), ended("i", "interrupted"));
  show(cut);
  show(more(cut, asked("j")));
  expect(kept).toEqual(["", "› i", "", "half", "", "— interrupted (agent-ended)", "", "› j"]);
});

test("a notice is one line with its offers; control characters of an agent are not shown", () => {
  show(
    more(after(run(), asked("i"), text("i", "p1", "\x1b[2Jred\x1b]0;title\x07")), ended("i"), [
      { type: "notice", notice: "n", level: "warning", code: "restarted", text: "A fresh one.", offers: ["retry-old-conversation"] },
    ]),
  );
  expect(kept).toEqual(["", "› i", "", "red", "", "— A fresh one. [retry-old-conversation]"]);
});

test("a history that became another one is told, and not printed again", () => {
  show(after(run(), asked("i"), ended("i")));
  show(after(run(), asked("x"), ended("x")));
  expect(kept).toEqual(["", "› i", "", "(the history above was changed on the server)"]);
});

test("plans stay when they are done or something stands behind them", () => {
  const steps = [{ text: "Read", status: "running" }] as const;
  const planned = after(run(), asked("i"), [
    { type: "message.started", message: "m.i", turn: "t.i" },
    { type: "part.started", message: "m.i", part: "p1", kind: "plan", steps },
  ]);
  show(planned);
  expect(live).toEqual(["", "  ▸ Read"]);
  show(more(planned, [{ type: "part.updated", message: "m.i", part: "p1", steps: [{ text: "Read", status: "completed" }] }]));
  expect({ kept: kept.slice(2), live }).toEqual({ kept: ["", "  ☑ Read"], live: [] });
});

test("whoever looked all the time has the same lines as who looks at the end", () => {
  const events: readonly DriverEvent[] = [
    ...run(),
    ...asked("i", "first"),
    ...text("i", "p1", "one\n\ntwo, "),
    delta("p1", "and more\n"),
    { type: "part.ended", message: "m.i", part: "p1" },
    tool("p2", "make"),
    { type: "part.updated", message: "m.i", part: "p2", status: "running" },
    tool("p3", "test"),
    delta("p3", "fine\n"),
    { type: "part.updated", message: "m.i", part: "p3", status: "completed" },
    delta("p2", "done\n"),
    { type: "part.updated", message: "m.i", part: "p2", status: "failed" },
    { type: "notice", notice: "n", level: "info", code: "x", text: "By the way." },
    { type: "part.started", message: "m.i", part: "p4", kind: "text" },
    delta("p4", "last"),
    delta("p4", " words"),
    ...ended("i", "interrupted"),
    { type: "run.ended", run: "r1", cause: "agent-ended", wasAsked: false },
    ...run("r2", 2),
    ...asked("j", "second", "r2"),
    ...text("j", "q1", "answer"),
    ...ended("j"),
  ];
  for (let at = 1; at <= events.length; at += 1) show(after(events.slice(0, at)));
  const atEnd = new Transcript(styleFor({}, {})).next(after(events));
  expect(kept).toEqual(atEnd.settled.map((line) => line.text));
  expect(atEnd.live).toEqual([]);
  expect(kept.filter((line) => line !== "")).toEqual([
    "› first",
    "one",
    "two, and more",
    "✗ make (failed)",
    "  │ done",
    "● test",
    "  │ fine",
    "last words",
    "— interrupted (agent-ended)",
    "— By the way.",
    "› second",
    "answer",
  ]);
});

test("on a terminal with colours Markdown is painted: its lines stay when nothing can change them", () => {
  const style = styleFor({ isTTY: true }, { TERM: "xterm" });
  transcript = new Transcript(style);
  const words = "# Done\n\nI **fixed** it:\n\n- `one`\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
  let now = after(run(), asked("i"), text("i", "p1", ""));
  for (const character of words) {
    now = more(now, [delta("p1", character)]);
    show(now);
  }
  expect(kept).toContain(`I ${style.bold("fixed")} it:`);
  expect(kept.join("\n")).not.toContain("1 ");
  expect(live.join("\n")).toContain("1");
  show(more(now, [{ type: "message.ended", message: "m.i" }], ended("i")));
  const { bold, underline, dim, cyan } = style;
  const bar = dim(" │ ");
  const table = [bold(`a${bar}b`), dim("──┼──"), `1${bar}2`];
  const said = [
    "",
    bold(underline("Done")),
    "",
    `I ${bold("fixed")} it:`,
    "",
    `${dim("•")} ${cyan("one")}`,
    `${dim("•")} two`,
    "",
    ...table,
  ];
  expect({ kept: kept.slice(2), live }).toEqual({ kept: said, live: [] });
});

test("with colours, whoever looked all the time has the same lines as who looks at the end", () => {
  const style = styleFor({ isTTY: true }, { TERM: "xterm" });
  transcript = new Transcript(style);
  const words = "One *two\nthree* four.\n\n```ts\nlet a = 1;\n\nlet b;\n```\n> said\n\n1. a\n2. b\n\nThe end";
  let now = after(run(), asked("i"), text("i", "p1", ""));
  for (const word of words.split(/(?<= )/)) {
    now = more(now, [delta("p1", word)]);
    show(now);
  }
  const over = more(now, ended("i"));
  show(over);
  expect(kept).toEqual(new Transcript(style).next(over).settled.map((line) => line.text));
});

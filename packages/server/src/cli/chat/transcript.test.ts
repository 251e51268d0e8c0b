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

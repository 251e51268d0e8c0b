/** The parts of a transcript as lines of a terminal. */
import type { Input, Notice, Part, ToolPart, Turn } from "@perdure/protocol";
import type { Style } from "../style.ts";
import { plainText } from "../table.ts";
import { changeSize } from "./approval-words.ts";
import type { LiveLine } from "./live-area.ts";
import { printable } from "./printable.ts";

/** Of a tool's output the end is shown. */
const OUTPUT_LINES = 4;
const MAX_LINE_CHARACTERS = 160;
const STEPS = { pending: "☐", running: "▸", completed: "☑" } as const;

/** Will it not change any more? `isOver`: its message is; `isLast`: nothing stands behind it yet. */
export function isPartSettled(part: Part, isOver: boolean, isLast: boolean): boolean {
  switch (part.kind) {
    case "text":
    case "reasoning":
      return isOver || !part.isOpen;
    case "tool":
      return isOver || (part.status !== "pending" && part.status !== "running");
    case "plan":
      return isOver || !isLast || part.steps.every(({ status }) => status === "completed");
    case "notice":
    case "error":
      return true;
  }
}

export function inputLines({ text }: Input, style: Style): readonly LiveLine[] {
  const lines = printable(text).split("\n");
  return [{ text: "" }, ...lines.map((line, index) => ({ text: `${index === 0 ? "› " : "  "}${line}`, paint: style.bold }))];
}

export function noticeLines({ text, level, offers }: Notice, style: Style): readonly LiveLine[] {
  const paint = level === "error" ? style.red : level === "warning" ? style.yellow : style.dim;
  const offered = offers.length === 0 ? "" : ` [${offers.join(", ")}]`;
  return [{ text: "" }, { text: `— ${plainText(text)}${offered}`, paint }];
}

export function turnEndLine({ state, cause, text }: Turn, style: Style): readonly LiveLine[] {
  const why = [cause, text].filter((part) => part !== undefined && part !== "").join(": ");
  const what = state === "failed" ? "failed" : "interrupted";
  return [
    { text: "" },
    { text: `— ${what}${why === "" ? "" : ` (${plainText(why)})`}`, paint: state === "failed" ? style.red : style.yellow },
  ];
}

/** Below an empty line. */
export function textLines(text: string): readonly LiveLine[] {
  if (text === "") return [];
  const lines = text.replace(/\n$/, "").split("\n");
  return [{ text: "" }, ...lines.map((line) => ({ text: line }))];
}

export function partLines(part: Part, style: Style, isDone: boolean): readonly LiveLine[] {
  switch (part.kind) {
    case "text":
      return textLines(printable(part.text));
    case "reasoning": {
      const line = plainText(part.text).trim();
      const shown = isDone ? cut(line) : line.slice(-MAX_LINE_CHARACTERS);
      return line === "" ? [] : [{ text: "" }, { text: `(thinks) ${shown}`, paint: style.dim }];
    }
    case "tool":
      return toolLines(part, style);
    case "plan":
      return [{ text: "" }, ...part.steps.map(({ text, status }) => ({ text: `  ${STEPS[status]} ${plainText(text)}` }))];
    case "notice":
    case "error":
      return [{ text: "" }, { text: plainText(part.text), paint: part.kind === "error" ? style.red : style.dim }];
  }
}

function toolLines({ title, tool, status, output, diffs }: ToolPart, style: Style): readonly LiveLine[] {
  const mark = { pending: "◌", running: "◌", completed: "●", failed: "✗", interrupted: "✗" }[status];
  const paint = { pending: style.dim, running: style.dim, completed: style.green, failed: style.red, interrupted: style.yellow }[status];
  const end = status === "failed" || status === "interrupted" ? ` (${status})` : "";
  const lines = printable(output)
    .split("\n")
    .filter((line) => line.trim() !== "");
  const more = lines.length > OUTPUT_LINES ? [{ text: `  │ … ${lines.length - OUTPUT_LINES} lines`, paint: style.dim }] : [];
  return [
    { text: "" },
    { text: `${mark} ${cut(plainText(title || tool))}${end}`, paint },
    ...diffs.map(({ path, before, after }) => ({ text: `  ${plainText(path)} ${changeSize(before, after)}` })),
    ...more,
    ...lines.slice(-OUTPUT_LINES).map((line) => ({ text: `  │ ${cut(line)}`, paint: style.dim })),
  ];
}

function cut(text: string): string {
  return text.length > MAX_LINE_CHARACTERS ? `${text.slice(0, MAX_LINE_CHARACTERS - 1)}…` : text;
}

import type { FileDiff, ToolPart, Turn } from "@perdure/protocol";
import type { ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { DiffView } from "../diff/diff-view.tsx";
import { PlanList } from "./plan-list.tsx";
import { LongText, ToolCall } from "./tool-call.tsx";
import { TurnEnd } from "./turn-end.tsx";

function drawn(node: ReactNode): string {
  return renderToStaticMarkup(node);
}

function lines(count: number): string {
  return Array.from({ length: count }, (_, index) => `line ${index}\n`).join("");
}

const TOOL: ToolPart = {
  id: "p",
  kind: "tool",
  tool: "shell",
  toolKind: "execute",
  title: "ls -1",
  input: { command: "ls -1" },
  output: "",
  status: "running",
  diffs: [],
};

test("a tool call that has nothing more to show cannot be opened", () => {
  expect(drawn(<ToolCall part={TOOL} isAsking={false} />)).toContain("disabled");
  expect(drawn(<ToolCall part={{ ...TOOL, output: "a" }} isAsking={false} />)).toContain('aria-expanded="false"');
  expect(drawn(<ToolCall part={TOOL} isAsking />)).toContain('aria-label="asks"');
  expect(drawn(<ToolCall part={{ ...TOOL, status: "interrupted" }} isAsking={false} />)).toContain('aria-label="interrupted"');
});

test("a few changed files stand open, many when they are asked for", () => {
  const many = ["a", "b", "c", "d"].map((path): FileDiff => ({ path, before: "a\n", after: "b\n" }));
  expect(drawn(<ToolCall part={{ ...TOOL, diffs: many.slice(0, 1) }} isAsking={false} />)).toContain('aria-expanded="true"');
  expect(drawn(<ToolCall part={{ ...TOOL, diffs: many }} isAsking={false} />)).toContain('aria-expanded="false"');
});

test("a change of 30 lines is shown whole, one of 300 from its beginning with the way to the rest", () => {
  const whole = drawn(<DiffView diff={{ path: "a.ts", before: null, after: lines(30) }} />);
  expect(whole).toContain("line 29<");
  expect(whole).not.toContain("Show all");
  const cut = drawn(<DiffView diff={{ path: "a.ts", before: null, after: lines(300) }} />);
  expect(cut).toContain("line 19<");
  expect(cut).not.toContain("line 20<");
  expect(cut).toContain("Show all 300 lines");
});

test("long output is cut: at its end while it comes, at its beginning later", () => {
  const text = `first ${"x".repeat(20_000)} last`;
  expect(drawn(<LongText label="Output" text={text} />)).toMatch(/first x+….*Show all 20,011 characters/s);
  expect(drawn(<LongText label="Output" text={text} isEnd />)).toMatch(/…x+ last.*Show all/s);
});

test("a plan says how far it has come, to the ear as well", () => {
  const steps = [
    { text: "Read", status: "completed" },
    { text: "Write", status: "running" },
  ] as const;
  expect(drawn(<PlanList steps={steps} />)).toMatch(/1.* of .*2.*Read.*\(.*done.*\).*Write.*\(.*in work.*\)/s);
});

test("the line of an earlier interrupted turn says why and offers nothing", () => {
  const turn: Turn = {
    id: "t",
    run: "r",
    state: "interrupted",
    isStopping: false,
    startedAt: 0,
    cause: "rebooted",
    text: "The machine was restarted.",
  };
  const line = drawn(<TurnEnd turn={turn} isLast={false} />);
  expect(line).toContain("response interrupted by a restart of the machine");
  expect(line).not.toContain("<button");
});

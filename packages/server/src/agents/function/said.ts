/**
 * What a function yields or asks, checked and bounded: the lines that it comes to. The function is the embedder's own code and not
 * hostile, but what it passes on may be: nothing here is longer than its bound, and nothing throws.
 */
import { MAX_ERROR_TEXT, type ApprovalOption, type FileDiff, type PlanStep, type ToolKind, type Usage } from "@perdure/protocol";
import { errorText } from "../error-text.ts";
import type { FunctionQuestion } from "./function-parts.ts";
import type { FromFunction } from "./function-lines.ts";

/** Text goes in pieces of so many characters, so that each line is small. */
const MAX_PIECE = 16 * 1024;
const MAX_ID = 128;
const MAX_NAME = 200;
const MAX_TITLE = 500;
const MAX_DETAIL = 16 * 1024;
const MAX_INPUT = 64 * 1024;
const MAX_OUTPUT = 256 * 1024;
const MAX_DIFFS = 1024 * 1024;
const MAX_STEPS = 100;
const MAX_OPTIONS = 20;
const CUT = "... (truncated)";

type Fields = Readonly<Record<string, unknown>>;
/** Lines, or in words what is wrong. */
export type Said = readonly FromFunction[] | string;

export function linesOf(part: unknown): Said {
  if (typeof part === "string") return textLines("text", part);
  if (typeof part !== "object" || part === null) return `It yielded ${part === null ? "null" : typeof part} in the place of a part.`;
  const fields = part as Fields;
  switch (fields["type"]) {
    case "text":
    case "reasoning":
      return typeof fields["text"] === "string" ? textLines(fields["type"], fields["text"]) : "It yielded a text without text.";
    case "tool":
      return toolLines(fields);
    case "tool-output":
      return idIn(fields) && typeof fields["text"] === "string"
        ? pieces(fields["text"]).map((text) => ({ type: "tool-output", tool: String(fields["id"]), text }))
        : "It yielded output of a tool without an id or a text.";
    case "tool-end":
      return toolEnd(fields);
    case "plan":
      return Array.isArray(fields["steps"]) ? [{ type: "plan", steps: stepsIn(fields["steps"]) }] : "It yielded a plan without steps.";
    case "notice":
      return noticeLines(fields);
    case "usage":
      return [{ type: "usage", usage: usageIn(fields["usage"]) }];
    case "title":
      return textIn(fields, "title", MAX_NAME) === ""
        ? "It yielded an empty title."
        : [{ type: "title", title: textIn(fields, "title", MAX_NAME) }];
    default:
      return `It yielded a part of the unknown type ${quoted(fields["type"])}.`;
  }
}

/** The line of a question. */
export function questionLine(approval: string, question: FunctionQuestion): Extract<FromFunction, { type: "approval" }> | string {
  const fields: Fields = { ...question };
  const title = textIn(fields, "title", MAX_TITLE);
  if (title === "") return "The question has no title.";
  const options = question.options ?? ALLOW_OR_DENY;
  if (!Array.isArray(options) || options.length === 0 || options.length > MAX_OPTIONS || !options.every(isOption)) {
    return `The question needs 1 to ${MAX_OPTIONS} options with an id, a label and a kind.`;
  }
  const detail = textIn(fields, "detail", MAX_DETAIL);
  const diffs = diffsIn(question.diffs);
  return {
    type: "approval",
    approval,
    title,
    options: options.map(({ id, label, kind }) => ({ id, label: cut(label, MAX_NAME), kind })),
    ...(detail === "" ? {} : { detail }),
    ...(diffs.length === 0 ? {} : { diffs }),
    ...(typeof question.tool === "string" ? { tool: question.tool } : {}),
  };
}

const ALLOW_OR_DENY: readonly ApprovalOption[] = [
  { id: "allow", label: "Allow", kind: "allow-once" },
  { id: "deny", label: "Deny", kind: "reject-once" },
];
const OPTION_KINDS: ReadonlySet<unknown> = new Set(["allow-once", "allow-always", "reject-once", "reject-always", "answer"]);

function isOption(option: unknown): option is ApprovalOption {
  const { id, label, kind } = (option ?? {}) as Fields;
  const isNamed = typeof id === "string" && id !== "" && id.length <= MAX_ID && typeof label === "string" && label !== "";
  return isNamed && OPTION_KINDS.has(kind);
}

/** What was thrown, in words that may be kept. */
export function errorWords(error: unknown): string {
  return errorText(rawWords(error));
}

function rawWords(error: unknown): string {
  try {
    if (!(error instanceof Error)) return typeof error === "string" ? error : (JSON.stringify(error) ?? String(error));
    const isNamed = error.name !== "Error" && error.message !== "";
    return isNamed ? `${error.name}: ${error.message}` : error.message;
  } catch {
    return "";
  }
}

function textLines(type: "text" | "reasoning", text: string): readonly FromFunction[] {
  return pieces(text).map((piece) => ({ type, text: piece }));
}

/** Never between the halves of a character. */
function pieces(text: string): readonly string[] {
  const made: string[] = [];
  for (let at = 0; at < text.length;) {
    let end = Math.min(at + MAX_PIECE, text.length);
    if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1] ?? "")) end -= 1;
    made.push(text.slice(at, end));
    at = end;
  }
  return made;
}

const TOOL_KINDS: ReadonlySet<unknown> = new Set(["read", "edit", "execute", "search", "fetch", "think", "delegate", "other"]);

function toolLines(fields: Fields): Said {
  const name = textIn(fields, "name", MAX_NAME);
  if (!idIn(fields) || name === "") return "It yielded a tool without an id or a name.";
  const kind = (TOOL_KINDS.has(fields["kind"]) ? fields["kind"] : "other") as ToolKind;
  const input = inputIn(fields["input"]);
  const about = { tool: String(fields["id"]), name, kind, title: textIn(fields, "title", MAX_TITLE) || name };
  return [{ type: "tool", ...about, ...(input === undefined ? {} : { input }) }];
}

function toolEnd(fields: Fields): Said {
  if (!idIn(fields)) return "It yielded the end of a tool without an id.";
  const status = fields["status"] === "failed" ? "failed" : "completed";
  const { output } = fields;
  const diffs = diffsIn(fields["diffs"]);
  const words = typeof output === "string" ? { output: cut(output, MAX_OUTPUT) } : {};
  return [{ type: "tool-end", tool: String(fields["id"]), status, ...words, ...(diffs.length === 0 ? {} : { diffs }) }];
}

function noticeLines(fields: Fields): Said {
  const text = textIn(fields, "text", MAX_ERROR_TEXT);
  if (text === "") return "It yielded an empty notice.";
  const level = fields["level"] === "warning" || fields["level"] === "error" ? fields["level"] : "info";
  return [{ type: "notice", level, code: "function", text: errorText(text) }];
}

function idIn({ id }: Fields): boolean {
  return typeof id === "string" && id !== "" && id.length <= MAX_ID;
}

function textIn(fields: Fields, name: string, maxCharacters: number): string {
  const text = fields[name];
  return typeof text === "string" ? cut(text.trim(), maxCharacters) : "";
}

function cut(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  return text.slice(0, maxCharacters - CUT.length).replace(/[\uD800-\uDBFF]$/, "") + CUT;
}

/** As JSON would keep it; what cannot be kept, or is too long, says so. */
function inputIn(input: unknown): unknown {
  if (input === undefined) return undefined;
  try {
    const json = JSON.stringify(input) as string | undefined;
    if (json === undefined) return undefined;
    return json.length <= MAX_INPUT ? (JSON.parse(json) as unknown) : cut(json, MAX_INPUT);
  } catch {
    return "(it cannot be written as JSON)";
  }
}

/** As many as fit together, whole. */
function diffsIn(diffs: unknown): readonly FileDiff[] {
  let room = MAX_DIFFS;
  const kept: FileDiff[] = [];
  for (const diff of Array.isArray(diffs) ? (diffs as readonly unknown[]) : []) {
    const { path, before, after } = (diff ?? {}) as Fields;
    if (typeof path !== "string" || typeof after !== "string") continue;
    const one = {
      path: cut(path, MAX_NAME * 5),
      before: typeof before === "string" ? cut(before, MAX_OUTPUT) : null,
      after: cut(after, MAX_OUTPUT),
    };
    room -= one.path.length + one.after.length + (one.before?.length ?? 0);
    if (room < 0) break;
    kept.push(one);
  }
  return kept;
}

function stepsIn(steps: readonly unknown[]): readonly PlanStep[] {
  return steps.slice(0, MAX_STEPS).flatMap((step): PlanStep[] => {
    const fields = (step ?? {}) as Fields;
    const text = textIn(fields, "text", MAX_TITLE);
    const status = fields["status"] === "running" || fields["status"] === "completed" ? fields["status"] : "pending";
    return text === "" ? [] : [{ text, status }];
  });
}

const USAGE = ["inputTokens", "outputTokens", "cachedTokens", "costUsd"] as const;

function usageIn(usage: unknown): Usage {
  const fields = (typeof usage === "object" && usage !== null ? usage : {}) as Fields;
  return Object.fromEntries(
    USAGE.flatMap((name) => {
      const value = fields[name];
      return typeof value === "number" && Number.isFinite(value) && value >= 0 ? [[name, value] as const] : [];
    }),
  );
}

function quoted(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(cut(value, MAX_ID)) : typeof value;
}

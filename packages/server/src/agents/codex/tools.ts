/** What a tool of codex does, in the words of a conversation. */
import * as path from "node:path";
import type { FileDiff, ToolKind, ToolStatus } from "@perdure/protocol";
import type { FileUpdate, ToolItem } from "./messages.ts";
import { readUnifiedDiff } from "./unified-diff.ts";

/** Longer outputs and texts are cut. */
export const MAX_OUTPUT_CHARACTERS: number = 256 * 1024;
const MAX_TITLE_CHARACTERS = 200;
const MAX_DIFFS = 200;

export interface ToolCall {
  readonly tool: string;
  readonly toolKind: ToolKind;
  readonly title: string;
  readonly input: unknown;
  readonly status: ToolStatus;
  /** `null`: it says nothing of it. */
  readonly output: string | null;
  readonly diffs: readonly FileDiff[] | null;
}

export function describeTool(item: ToolItem, cwd: string): ToolCall {
  const { tool, toolKind, title, input, output = null, diffs = null } = describe(item, cwd);
  const status = "status" in item ? statusOf(item.status) : "completed";
  const words = status === "failed" && "status" in item && item.status === "declined" ? (output ?? "Declined.") : output;
  return { tool, toolKind, title: cutLine(title) || tool, input, status, output: words?.slice(0, MAX_OUTPUT_CHARACTERS) ?? null, diffs };
}

type Described = Pick<ToolCall, "tool" | "toolKind" | "title" | "input"> & Partial<Pick<ToolCall, "output" | "diffs">>;

function describe(item: ToolItem, cwd: string): Described {
  switch (item.type) {
    case "commandExecution": {
      const title = commandOf(item);
      const input = { command: item.command, cwd: item.cwd ?? null };
      return { tool: "shell", toolKind: commandKind(item.commandActions), title, input, output: item.aggregatedOutput ?? null };
    }
    case "fileChange": {
      const diffs = diffsOf(item.changes, cwd);
      const paths = diffs.map((diff) => diff.path);
      return { tool: "apply_patch", toolKind: "edit", title: `Change ${paths.join(", ")}`, input: { paths }, diffs };
    }
    case "mcpToolCall": {
      const output = item.error?.message ?? (item.result ? contentText(item.result.content) : null);
      return {
        tool: `${item.server}.${item.tool}`,
        toolKind: "other",
        title: `${item.server}: ${item.tool}`,
        input: item.arguments,
        output,
      };
    }
    case "dynamicToolCall": {
      const output = item.contentItems ? contentText(item.contentItems) : null;
      return { tool: item.tool, toolKind: "other", title: item.tool, input: item.arguments, output };
    }
    case "collabAgentToolCall":
      return { tool: item.tool, toolKind: "delegate", title: item.prompt ?? item.tool, input: { prompt: item.prompt ?? null } };
    case "webSearch":
      return { tool: "web_search", toolKind: "search", title: item.query, input: { query: item.query } };
    case "imageView":
      return { tool: "view_image", toolKind: "read", title: relative(item.path, cwd), input: { path: item.path } };
  }
}

/** The command as the model wrote it, without the shell around it where codex tells it apart. */
function commandOf({ command, commandActions }: Extract<ToolItem, { type: "commandExecution" }>): string {
  const [only, ...others] = commandActions;
  return (others.length === 0 ? only?.command : null) ?? command;
}

function commandKind(actions: readonly { readonly type: string }[]): ToolKind {
  const kinds = new Set(actions.map(({ type }) => type));
  if (kinds.size === 0 || kinds.has("unknown")) return "execute";
  if (kinds.has("search") || kinds.has("listFiles")) return "search";
  return kinds.has("read") ? "read" : "execute";
}

function statusOf(status: string): ToolStatus {
  if (status === "inProgress" || status === "") return "running";
  return status === "completed" ? "completed" : "failed";
}

/** A new or deleted file is told by its text, a changed one by a unified diff. */
export function diffsOf(changes: readonly FileUpdate[], cwd: string): readonly FileDiff[] {
  return changes.slice(0, MAX_DIFFS).map(({ path: file, kind, diff }) => {
    const shown = relative(kind.move_path ?? file, cwd);
    if (kind.type === "add") return { path: shown, before: null, after: diff.slice(0, MAX_OUTPUT_CHARACTERS) };
    if (kind.type === "delete") return { path: shown, before: diff.slice(0, MAX_OUTPUT_CHARACTERS), after: "" };
    const { before, after } = readUnifiedDiff(diff.slice(0, MAX_OUTPUT_CHARACTERS));
    return { path: shown, before, after };
  });
}

/** Parts of a result that are not text are named by their kind. */
function contentText(content: readonly unknown[]): string {
  return content
    .map((part) => {
      if (typeof part !== "object" || part === null) return String(part);
      if ("text" in part && typeof part.text === "string") return part.text;
      return "type" in part && typeof part.type === "string" ? `[${part.type}]` : "";
    })
    .join("\n");
}

function relative(file: string, cwd: string): string {
  const inside = path.relative(cwd, file);
  return inside === "" || inside.startsWith("..") || path.isAbsolute(inside) ? file : inside;
}

/** The first line, short. */
export function cutLine(text: string): string {
  const [line = ""] = text.trim().split("\n");
  return line.length > MAX_TITLE_CHARACTERS ? `${line.slice(0, MAX_TITLE_CHARACTERS - 1)}…` : line;
}
